# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nginx can read the directories whose files it is to answer with: as its user, and as it was started."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from typing import TypedDict

from .._host.command import run
from .._nginx.process import master
from .nginx_user import nginx_user


class Folder(TypedDict):
    """What is known of a directory: `real` is its path without links.

    `state` is "missing", "file" where it is no directory, "closed" where `user` may not pass `at`, else "". `hidden`
    tells that the nginx which runs has something else, or nothing, at this path.
    """

    real: str
    state: str
    at: str
    user: str
    hidden: bool


def folders(paths: Iterable[str], root: str = "/etc/nginx") -> dict[str, Folder]:
    """Return what is known of each directory. Changes nothing."""
    wanted = list(dict.fromkeys(paths))
    user = nginx_user(os.path.join(root, "nginx.conf"))
    pid = master() if wanted else None
    return {path: _folder(path, user, pid) for path in wanted}


def _folder(path: str, user: str, pid: int | None) -> Folder:
    real = os.path.realpath(path)
    found = Folder(real=real, state="", at="", user=user, hidden=False)
    if not os.path.isdir(real):
        found["state"] = "file" if os.path.exists(real) else "missing"
        return found
    found["at"] = _closed_at(real, user)
    found["state"] = "closed" if found["at"] else ""
    found["hidden"] = pid is not None and _is_hidden(real, pid)
    return found


def _closed_at(real: str, user: str) -> str:
    """Return the first directory on the way, or that itself, which the user may not pass; "" for none.

    The user itself asks, since access lists and security modules have a say, too. Where nobody can ask, none is known.
    """
    try:
        group = pwd.getpwnam(user).pw_gid
    except KeyError:
        return ""
    parts = real.split("/")
    places = ["/".join(parts[:end]) for end in range(2, len(parts) + 1)]
    as_user = ["setpriv", "--reuid", user, "--regid", str(group), "--init-groups"]
    return next((place for place in places if run([*as_user, "test", "-x", place]).rc == 1), "")


def _is_hidden(real: str, pid: int) -> bool:
    """Whether a process, in its own view of the files, has another directory there, or none."""
    try:
        there = os.stat(f"/proc/{pid}/root{real}")
    except FileNotFoundError:
        return True
    except OSError:
        return False
    here = os.stat(real)
    return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
