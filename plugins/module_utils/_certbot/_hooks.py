# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hooks of a lineage do to nginx, as far as their commands and scripts say."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

STOP = "systemctl stop nginx"
START = "systemctl start nginx"
_RELOADS = re.compile(
    r"(?:reload|restart|try-restart|reload-or-restart|force-reload)\b[^\n;&|]*\bnginx\b"
    r"|\bnginx\b(?:\.service)?[ \t\"']+(?:-\S+[ \t]+\S+[ \t]+)*(?:-s[ \t]*reload|reload|restart|force-reload)\b"
    r"|\bkill(?:all)?\b[^\n;&|]*-(?:s[ \t]*)?(?:SIG)?HUP\b[^\n;|]*\bnginx\b"
)
_STOPS = re.compile(
    r"\bstop\b[^\n;&|]*\bnginx\b"
    r"|\bnginx\b(?:\.service)?[ \t\"']+(?:-\S+[ \t]+\S+[ \t]+)*(?:-s[ \t]*(?:stop|quit)|stop)\b"
    r"|\bp?kill(?:all)?\b[^\n;&|]*\bnginx\b"
)
# A command that does this and nothing else.
_PLAIN = r"(?:\S*/)?(?:systemctl (?:-q |--quiet )?{0} nginx(?:\.service)?|service nginx {0}|init\.d/nginx {0}{1})"
_PLAIN_STOP = re.compile(_PLAIN.format("stop", "|nginx -s (?:stop|quit)"))
_PLAIN_START = re.compile(_PLAIN.format("start", "|nginx"))
_LONGEST = 65536


def reloads(command: str, renew_hook: str) -> bool:
    """Tell whether a command has nginx read its certificates again; ``renew_hook`` is one that does."""
    return (bool(renew_hook) and renew_hook in command) or _does(_RELOADS, command)


def stops(command: str) -> bool:
    """Tell whether a command stops nginx."""
    return _does(_STOPS, command)


def only_stops(command: str) -> bool:
    """Tell whether a command stops nginx and does nothing else."""
    return _PLAIN_STOP.fullmatch(" ".join(command.split())) is not None


def only_starts(command: str) -> bool:
    """Tell whether a command starts nginx and does nothing else."""
    return _PLAIN_START.fullmatch(" ".join(command.split())) is not None


def of_all(folder: Path, kind: str) -> list[str]:
    """Return the scripts that certbot runs at the renewal of every lineage: ``pre``, ``deploy`` or ``post``."""
    try:
        found = sorted((folder / "renewal-hooks" / kind).iterdir())
    except OSError:
        return []
    return [str(path) for path in found if os.access(path, os.X_OK) and path.is_file() and path.name[-1] != "~"]


def _does(pattern: re.Pattern[str], command: str) -> bool:
    if pattern.search(command):
        return True
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return any(pattern.search(_script(word)) for word in words if word.startswith("/"))


def _script(path: str) -> str:
    """Return the lines of a script that are no comments, "" for what is no text."""
    try:
        with open(path, "rb") as stream:
            text = stream.read(_LONGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "\0" in text else "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
