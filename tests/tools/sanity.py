# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a place in which ``ansible-test`` runs on a copy of this checkout.

``ansible-test`` wants the collection at ``ansible_collections/constellation/edge`` and follows links, so it gets a
copy. It keeps its environments in the home folder; it is given one below ``.cache``, so that nothing outside the
checkout is written and a second run finds them again. ``python -m tools.sanity`` makes all of them without a test.
"""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from .checkout import BIN, CACHE, copy_sources, tool_environment

HOME = CACHE / "sanity-home"
COLLECTION = CACHE / "sanity" / "ansible_collections" / "constellation" / "edge"

# Its changelog test is our check of that name with an older release of the same tool, whose libraries print warnings
# under Python 3.12 and later, and what a test prints ansible-test takes for a failure. What pep8 asks, ruff asks, too.
LEFT_OUT = ("changelog", "pep8")

_ADDRESS = re.compile(r" *@ *https?://\S+", re.MULTILINE)

# Runs in place of the script that ansible-test would fetch from its own server, which many networks do not reach.
# Each of its ten environments needs pip: the wheel, fetched once from the configured index, is unpacked into it.
_GET_PIP = '''\
"""Bring pip into this environment from a wheel."""

import sys
import sysconfig
import zipfile

with zipfile.ZipFile({wheel!r}) as wheel:
    wheel.extractall(sysconfig.get_path("purelib"))
others = [arg for arg in sys.argv[1:] if arg[:1] != "-" and not arg.startswith("pip==")]
if others:
    import subprocess

    subprocess.check_call([sys.executable, "-m", "pip", "install", *others])
'''


def command(*options: str) -> tuple[str, ...]:
    """Return the command that runs ansible-test's own checks with this Python."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return (str(BIN / "ansible-test"), "sanity", "--local", "--python", version, "--color", "no", *options)


def without(*tests: str) -> tuple[str, ...]:
    """Return the options that leave tests of ansible-test out, beside those that are always left out."""
    return tuple(word for name in (*LEFT_OUT, *tests) for word in ("--skip-test", name))


def main() -> int:
    """Make the environments of ansible-test; return its exit code."""
    prepare()
    argv = command("--prime-venvs", *without())
    return subprocess.run(argv, cwd=COLLECTION, env=environment(), check=False).returncode


def prepare() -> None:
    """Bring the copy and the private home up to date."""
    _ask_the_index()
    COLLECTION.mkdir(parents=True, exist_ok=True)
    if not (COLLECTION / ".git").exists():
        # Without a repository of its own ansible-test would take the checkout's, in which this folder is ignored.
        subprocess.run(["git", "init", "--quiet", str(COLLECTION)], check=True, env=environment())
    copy_sources(COLLECTION)
    scripts = HOME / ".ansible" / "test" / "cache"
    scripts.mkdir(parents=True, exist_ok=True)
    for version in _pip_versions():
        script = _GET_PIP.format(wheel=str(_pip_wheel(version)))
        (scripts / f"get_pip_{version.replace('.', '_')}.py").write_text(script, encoding="utf-8")
    _write_pip_settings(HOME / ".config" / "pip" / "pip.conf")


def environment() -> dict[str, str]:
    """Return the environment for tools that run in the copy."""
    return tool_environment(HOME=str(HOME), ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]))


def _ansible_test() -> Path:
    """Return the folder of the installed ansible-test."""
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ansible-test is not installed: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations)))


def _ask_the_index() -> None:
    """Make ansible-test take every library from the package index.

    A release candidate may name one by its address at a code host, which many networks do not reach.
    """
    for path in (_ansible_test() / "_data" / "requirements").glob("sanity.*.txt"):
        text = path.read_text(encoding="utf-8")
        asked = _ADDRESS.sub("", text)
        if asked != text:
            path.write_text(asked, encoding="utf-8")


def _pip_versions() -> set[str]:
    """Return the versions of pip that the installed ansible-test may ask for."""
    source = _ansible_test() / "_internal" / "python_requirements.py"
    return set(re.findall(r"pip='([0-9.]+)'", source.read_text(encoding="utf-8")))


def _pip_wheel(version: str) -> Path:
    """Return the wheel of this version of pip, fetched when it is not there yet."""
    folder = CACHE / "wheels"
    wheel = folder / f"pip-{version}-py3-none-any.whl"
    if not wheel.is_file():
        argv = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        done = subprocess.run([*argv, "--dest", str(folder), f"pip=={version}"], check=False)
        if done.returncode:
            raise SystemExit(f"lint: pip {version}, which ansible-test needs, could not be fetched: see above.")
    return wheel


def _write_pip_settings(target: Path) -> None:
    """Hand on the caller's pip settings (mirror, certificate): ansible-test drops ``PIP_*`` from the environment."""
    settings = configparser.RawConfigParser()
    home = Path(os.environ.get("HOME", "/nonexistent"))
    settings.read([home / ".pip" / "pip.conf", home / ".config" / "pip" / "pip.conf"], encoding="utf-8")
    if not settings.has_section("global"):
        settings.add_section("global")
    for name, value in sorted(os.environ.items()):
        if name.startswith("PIP_") and value:
            settings.set("global", name[4:].lower().replace("_", "-"), value)
    # Compiling what is installed would cost more than the tools' own start.
    settings.set("global", "compile", "no")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as handle:
        settings.write(handle)


if __name__ == "__main__":
    sys.exit(main())
