# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a Unix socket as an upstream: how it is recognised, and what is wrong with one."""

from __future__ import annotations

import re

#: what a right one begins with, and how it looks to a JSON schema
SOCKET = "unix:"
SOCKET_PATTERN = "^unix:(/[A-Za-z0-9._~@+-]+)+$"
# sun_path has 108 bytes, of which the last one ends it (unix(7)).
_LONGEST = 107
# nginx's service has folders of its own in the place of these (PrivateTmp, ProtectHome; systemd.exec(5)).
_HIDDEN = ("/tmp/", "/var/tmp/", "/home/", "/root/", "/run/user/")  # noqa: S108 - none is written to
_RIGHT = re.compile(rf"{SOCKET_PATTERN.rstrip('$')}\Z")
# A machine may be called `unix`: it has a port behind it.
# Caddy writes a slash in the place of the colon.
_ANY = re.compile(r"(?:https?:/*)?unix(?::(?![0-9])(?://+(?=/))?|/(?=/))(.*)\Z", re.IGNORECASE | re.DOTALL)


def is_socket(value: str) -> bool:
    """Whether an owner means a socket."""
    return bool(_ANY.match(value)) or value.startswith("/")


def socket_mistake(value: str) -> str:
    """Return what is wrong with a socket, and what to write; "" for a right one."""
    match = _ANY.match(value)
    path = match.group(1) if match else value
    right = f"{SOCKET}{path}"
    if any(part in (".", "..") for part in path.split("/")) or not _RIGHT.match(right):
        return "is a socket: write unix: and its whole path, of letters, digits and . _ ~ @ + - between its slashes"
    if len(path) > _LONGEST:
        return f"is a socket whose path is longer than {_LONGEST} bytes, which no program can connect to"
    if path.startswith(_HIDDEN):
        folder = next(each for each in _HIDDEN if path.startswith(each))
        return f"is a socket in {folder}, where nginx's service sees nothing: have the service listen below /run/"
    if right != value:
        return f"is a socket, for which there is one form: write '{right}'"
    return ""
