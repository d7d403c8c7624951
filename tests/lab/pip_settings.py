# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How pip reaches its index on this machine, told to a container for as long as its image is built."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.containers import File

CONF = "/etc/pip.conf"
# Everything else is this machine's own: folders, caches, constraints.
_WANTED = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
)
# As pip has it: later ones win.
_LEVELS = ("global", "install", ":env:")
_LISTED = re.compile(r"^(\S+?)\.([a-z-]+)=(.*)$", re.MULTILINE)
_CERTIFICATES = ("cert", "client-cert")
# What else may name the authorities that this machine trusts; the last is where Debian and Ubuntu have them.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def files() -> dict[str, File]:
    """Return pip's settings, and the certificates that they name, as files for a container."""
    argv = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(argv, capture_output=True, check=True, text=True).stdout
    return translated(listed, os.environ)


def translated(listed: str, env: Mapping[str, str]) -> dict[str, File]:
    """Translate what ``pip config list`` says on this machine.

    What lies on this machine's disk is left out: the container does not have it.
    """
    known = _merged(listed)
    lines = ["[global]"]
    made: dict[str, File] = {}
    known.setdefault("proxy", env.get("https_proxy") or env.get("HTTPS_PROXY") or "")
    for name in _WANTED:
        words = [word for word in known.get(name, "").split() if not _is_local(word)]
        if words:
            lines.append(f"{name} = {' '.join(words)}")
    known.setdefault("cert", next(_bundles(env), ""))
    for name in _CERTIFICATES:
        if known.get(name) and Path(known[name]).is_file():
            made[f"/etc/pip-{name}.pem"] = File(Path(known[name]).read_bytes(), 0o600)
            lines.append(f"{name} = /etc/pip-{name}.pem")
    return {CONF: File("\n".join([*lines, ""]).encode(), 0o600), **made}


def _merged(listed: str) -> dict[str, str]:
    found: dict[str, dict[str, str]] = {level: {} for level in _LEVELS}
    for level, name, value in _LISTED.findall(listed):
        if level in found:
            found[level][name] = str(ast.literal_eval(value))
    return {name: value for level in _LEVELS for name, value in found[level].items()}


def _is_local(word: str) -> bool:
    return word.startswith(("file:", "/", ".", "~"))


def _bundles(env: Mapping[str, str]) -> Iterator[str]:
    for path in (*(env.get(name, "") for name in _BUNDLES), _SYSTEM_BUNDLE):
        if path and Path(path).is_file():
            yield path
