#!/usr/bin/env bash
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prepares this checkout: system programs, a Python for the controller, .venv with tests/requirements.txt, and the
# link that makes the checkout an importable collection. Runs again in no time when nothing has changed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$(pwd -P)
requirements=tests/requirements.txt
stamp=.venv/.setup-done
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf 'setup: %s\n' "$*"; }

die() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

apt_lists_fresh=no
apt_install() {
    if [ "$apt_lists_fresh" = no ]; then
        apt-get -qq update || say "the package lists could not all be refreshed; going on with what is there"
        apt_lists_fresh=yes
    fi
    apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" </dev/null >/dev/null
}

# Programs that the tests and the demonstration call on this machine, by the package that brings each.
system_programs() {
    local missing=() pair
    for pair in ssh:openssh-client ssh-keygen:openssh-client openssl:openssl git:git; do
        if ! command -v "${pair%%:*}" >/dev/null 2>&1; then
            case " ${missing[*]-} " in
                *" ${pair#*:} "*) ;;
                *) missing+=("${pair#*:}") ;;
            esac
        fi
    done
    if [ "${#missing[@]}" -eq 0 ]; then
        return 0
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        die "these packages are missing: ${missing[*]}." "Install them with this system's package manager, then run \`make setup\` again."
    fi
    is_root || die "these packages are missing: ${missing[*]}." \
        "Ask for: sudo apt-get install ${missing[*]}" "then run \`make setup\` again."
    say "installing ${missing[*]}"
    apt_install "${missing[@]}"
}

# Prints the real path of an interpreter that can hold the environment, or fails. The probe runs the interpreter,
# because a version manager's shim may exist and yet start nothing, and Debian's python3 has no ensurepip by itself.
usable_python() {
    "$1" -I -c '
import ensurepip, os, sys, venv
if not (3, 11) <= sys.version_info[:2]:
    raise SystemExit(1)
print(os.path.realpath(sys.executable))' </dev/null 2>/dev/null
}

find_python() {
    local name place
    for name in python3.13 python3.12 python3.14 python3.11 python3; do
        for place in "$name" "/usr/bin/$name" "/usr/local/bin/$name"; do
            if usable_python "$place"; then
                return 0
            fi
        done
    done
    return 1
}

install_python() {
    local version
    command -v apt-get >/dev/null 2>&1 ||
        die "no Python of 3.11 or later with venv was found." "Install one, then run \`make setup\` again."
    is_root || die "no Python of 3.11 or later with venv was found. Ask for one of:" \
        "  sudo apt-get install python3 python3-venv        (Debian 12 and later, Ubuntu 24.04 and later)" \
        "  sudo apt-get install python3.11 python3.11-venv  (Ubuntu 22.04, component universe)" \
        "then run \`make setup\` again."
    say "installing a Python for the controller"
    apt_install python3 python3-venv || true
    find_python >/dev/null && return 0
    for version in 3.13 3.12 3.11; do
        if apt_install "python$version" "python$version-venv" 2>/dev/null && find_python >/dev/null; then
            return 0
        fi
    done
    die "the package archive holds no Python of 3.11 or later." \
        "On Ubuntu 22.04 enable the component universe (add-apt-repository universe), then run \`make setup\` again."
}

# An environment is kept while its interpreter runs and its scripts still name this folder.
environment_stands() {
    [ -x .venv/bin/python ] && usable_python .venv/bin/python >/dev/null &&
        head -n 1 .venv/bin/pip 2>/dev/null | grep -qF "#!$root/.venv/bin/python"
}

# What the stamp must say for nothing to be left to do.
fingerprint() {
    sha256sum <"$requirements"
    .venv/bin/python -I -c 'import os, sys; print(os.path.realpath(sys.executable), sys.version)'
    printf '%s\n' "$root"
}

make_environment() {
    local python
    if ! environment_stands; then
        python=$(find_python) || { install_python; python=$(find_python); }
        say "creating .venv with $python"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    if [ -f "$stamp" ] && [ "$(fingerprint)" = "$(cat "$stamp")" ]; then
        return 0
    fi
    say "installing $requirements (about a minute)"
    .venv/bin/python -m pip install --quiet --requirement "$requirements" ||
        die "pip could not install $requirements: see its message above." \
            "It needs the Python package index; behind a proxy or mirror set HTTPS_PROXY, PIP_INDEX_URL or PIP_CERT."
    fingerprint >"$stamp"
}

# The link is relative, so that the checkout can be moved.
link_collection() {
    local folder=.ansible/collections/ansible_collections/constellation
    mkdir -p "$folder"
    if [ "$(readlink "$folder/edge" 2>/dev/null)" != ../../../.. ]; then
        if [ -L "$folder/edge" ]; then
            rm "$folder/edge"
        elif [ -e "$folder/edge" ]; then
            die "$folder/edge is in the way: move it elsewhere, then run \`make setup\` again."
        fi
        ln -s ../../../.. "$folder/edge"
    fi
}

started=$SECONDS
system_programs
make_environment
link_collection
versions=$(.venv/bin/python -I -c '
import importlib.metadata, sys
print("Python", sys.version.split()[0] + ", ansible-core", importlib.metadata.version("ansible-core"))')
say "ready: $versions ($((SECONDS - started)) s)"
