# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nginx's user can connect to a Unix socket, asked by a process of that user; nothing is sent."""

from __future__ import annotations

import os
import pwd
import signal
import socket
from collections.abc import Iterable

from .nginx_user import MAIN, nginx_user

# A service whose queue is full is as good as one that does not answer.
_PATIENCE = 2
_UNKNOWN = 255


def unreached(paths: Iterable[str], main: str = MAIN) -> dict[str, str]:
    """Return by path why nginx's user cannot connect, "" where it can."""
    user = nginx_user(main)
    return {path: reason(path, user) for path in paths}


def reason(path: str, user: str) -> str:
    """Return why a user cannot connect to a socket, "" where it can."""
    try:
        who = pwd.getpwnam(user)
    except KeyError:
        return f"there is no user {user}"
    child = os.fork()
    if child == 0:
        _leave_with(path, who)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 0:
        return ""
    return f"{user}: {os.strerror(code)}" if 0 < code < _UNKNOWN else f"{user}: no answer"


def _leave_with(path: str, who: pwd.struct_passwd) -> None:
    """Connect as another user, and end this process with the number of the error."""
    code = _UNKNOWN
    try:
        signal.alarm(_PATIENCE)
        if os.geteuid() == 0:
            os.initgroups(who.pw_name, who.pw_gid)
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)
        code = 0
    except OSError as error:
        code = error.errno or _UNKNOWN
    finally:
        os._exit(code)
