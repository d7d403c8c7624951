# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a plugin is there for the certbot of this host, without running certbot, which would take its locks."""

from __future__ import annotations

import functools
import os
import re
import shlex
from pathlib import Path

from .._host.command import find, run

BUILT_IN = ("webroot", "standalone", "manual", "nginx", "apache")
_FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
# Certbot's own answer: which names it takes differs between its versions.
_NAMES = "import certbot._internal.plugins.disco as disco; print(*disco.PluginsRegistry.find_all())"
_SNAP = "/snap/bin/certbot"
_SNAPS = "/snap"
_IN_SNAP = "certbot*/current/lib/python3*/site-packages/*/entry_points.txt"
_GROUP = re.compile(r"^\[certbot\.plugins\]$(.*?)(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^([^\s=]+)\s*=", re.MULTILINE)
_PACKAGED = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


def has_plugin(name: str) -> bool:
    """Ask the Python of the installed certbot for its plugin ``nginx`` or ``apache``."""
    # Both are part of the snap.
    if os.path.exists(_SNAP):
        return True
    words = _python()
    return bool(words) and run([*words, "-c", _FIND, f"certbot_{name}"]).rc == 0


def is_missing(name: str) -> bool:
    """Tell whether certbot says that it has no plugin of this name.

    It is not asked for those that it always has, nor for those of nginx and Apache, which `has_plugin` looks for.
    """
    if not name or name in BUILT_IN:
        return False
    known = _in_snaps() if os.path.exists(_SNAP) else _registered(_python())
    return bool(known) and name not in known


def installing(name: str) -> str:
    """Return how a plugin that is missing is installed, in the way in which certbot was."""
    words = _python()
    if not _PACKAGED.match(name):
        commands = []
    elif os.path.exists(_SNAP):
        commands = [["snap", "set", "certbot", "trust-plugin-with-root=ok"], ["snap", "install", f"certbot-{name}"]]
    elif words and not words[0].startswith("/usr/bin/"):
        commands = [[words[0], "-m", "pip", "install", f"certbot-{name}"]]
    else:
        package = f"python3-certbot-{name}"
        commands = [["apt", "install", package]] if run(["apt-cache", "show", package]).rc == 0 else []
    typed = " && ".join(map(shlex.join, commands))
    return f"Install it: `{typed}`" if commands else "Install the package that brings it"


def _python() -> tuple[str, ...]:
    """Return the Python of certbot's program as words, none where there is no such program."""
    program = find("certbot")
    if program is None:
        return ()
    try:
        with open(program, "rb") as stream:
            head = stream.readline(300)
    except OSError:
        return ()
    return tuple(os.fsdecode(head[2:]).split()) if head.startswith(b"#!") else ()


@functools.lru_cache(maxsize=4)
def _registered(words: tuple[str, ...]) -> frozenset[str]:
    """Return the names that certbot takes, none where it does not say."""
    answer = run([*words, "-c", _NAMES]) if words else None
    return frozenset(answer.out.split()) if answer and answer.rc == 0 else frozenset()


def _in_snaps() -> frozenset[str]:
    """Return the names of the plugins that certbot's snap and those beside it bring."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in Path(_SNAPS).glob(_IN_SNAP)]
    return frozenset(name for text in texts for group in _GROUP.findall(text) for name in _NAME.findall(group))
