# SPDX-License-Identifier: GPL-3.0-or-later

"""The files below `/etc` as short fingerprints, and what has become of them, each with the reason."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from .._host.command import Run, run
from .._host.files import read_bytes

_ETC = "/etc"
# Certbot's own, which stays as a whole.
_LEFT_OUT = ("/etc/letsencrypt",)
# What installing packages changes beside the packages' own files: accounts, caches, links that start services.
_OF_PACKAGES = re.compile(
    r"/etc/(?:(?:passwd|shadow|group|gshadow|subuid|subgid)-?|ld\.so\.cache|mtab|mailcap|alternatives/.*|rc[S0-6]\.d/.*"
    r"|ssl/certs/.*|systemd/system/[^/]+\.wants/.*|python3[^/]*/.*|ca-certificates\.conf(?:\..*)?)\Z"
)
_UFW = re.compile(r"/etc/(?:ufw/|default/ufw\Z)")
_NGINX = re.compile(r"/etc/nginx/")


def snapshot(root: str = _ETC) -> dict[str, str]:
    """Return a fingerprint of each file and link below a folder, by its path."""
    return dict(_fingerprints(root))


def _fingerprints(root: str) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in _LEFT_OUT]
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *linked):
            path = os.path.join(folder, name)
            try:
                yield path, f"-> {os.readlink(path)}" if os.path.islink(path) else _fingerprint(path)
            except OSError:
                yield path, "cannot be read"


def _fingerprint(path: str) -> str:
    status = os.lstat(path)
    return f"{status.st_mode:o} {status.st_uid}:{status.st_gid} {hashlib.sha256(read_bytes(path)).hexdigest()[:24]}"


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return each path that differs, with `new`, `changed` or `gone`."""
    found = {path: "gone" for path in before if path not in after}
    for path, fingerprint in after.items():
        if before.get(path) != fingerprint:
            found[path] = "changed" if path in before else "new"
    return found


def explained(found: Mapping[str, str], call: Run = run) -> list[str]:
    """Return the differences as lines, those of one reason together, the reason in front."""
    owners = _packages([path for path, change in found.items() if change == "new"], call)
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for path, change in sorted(found.items()):
        by_reason[_reason(path, change, owners.get)].append(f"{path} ({change})")
    return [f"{reason}: {_listed(paths)}" for reason, paths in sorted(by_reason.items())]


def _reason(path: str, change: str, owner: Callable[[str], str | None]) -> str:
    package = owner(path)
    if package is not None:
        return f"of the package {package}, which stays"
    if _OF_PACKAGES.match(path):
        return "what packages brought with them"
    if _UFW.match(path):
        return "ufw's own files, which it wrote anew with its rules and settings"
    if _NGINX.match(path) and change != "gone":
        return "nginx's files with lines of yours"
    return "changed by you or another program since the first run"


def _listed(paths: list[str], most: int = 12) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _packages(paths: list[str], call: Run) -> dict[str, str]:
    """Return the package of each of the paths that is a package's."""
    owners: dict[str, str] = {}
    for at in range(0, len(paths), 200):
        for line in call(["dpkg-query", "-S", *paths[at : at + 200]]).out.splitlines():
            package, _colon, path = line.partition(": ")
            owners[path] = package
    return owners
