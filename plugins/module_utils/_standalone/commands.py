# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of `edge.pyz`, which `archive` builds: what a host does by itself, without Ansible."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Sequence

from .._host.errors import EdgeError
from .._host.files import LockError, host_lock
from .._transaction.changes import TransactionError
from .._transaction.journal import journal_path, settled_path
from .._transaction.recovery import HOST, Places, recover

# Who holds the lock is alive and finishes its change, or puts it back, itself. It may be waiting for a start of nginx,
# which waits for this program: so the wait is short, and its end is no failure.
LOCK_SECONDS = 5.0

USAGE = """usage: python3 edge.pyz recover
       python3 edge.pyz free SOCKET ...
       python3 edge.pyz names

recover  put back a change of nginx's files that was cut off, so that nginx can start
free     remove sockets that nobody listens on, which an nginx that was killed left behind
names    look up the names in `allow` and `deny`, and reload nginx where their addresses are others
"""
# How systemd reads a line's weight (sd-daemon(3)).
_NOTICE, _WARNING, _ERROR = "<5>", "<4>", "<3>"


def main(arguments: Sequence[str] | None = None, *, host: Places = HOST) -> int:
    """Carry out the command; return the exit code: 0 done, 1 failed, 2 not understood."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    if given[:1] == ["free"] and len(given) > 1:
        return _free(given[1:])
    if given == ["names"]:
        return _names(host)
    if given != ["recover"]:
        sys.stderr.write(USAGE)
        return 2
    return _recover(host)


def _recover(host: Places) -> int:
    if not any(os.path.lexists(path(host.state)) for path in (journal_path, settled_path)):
        return 0
    try:
        with host_lock(LOCK_SECONDS, host.lock):
            back = recover(host=host)
    except LockError as error:
        sys.stderr.write(f"left alone, as another process is changing files now: {error}\n")
        return 0
    except TransactionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path in back:
        sys.stdout.write(f"put back as it was before a change that was cut off: {path}\n")
    return 0


def _names(host: Places) -> int:
    # What changes files is needed here alone: nginx waits for recovery at each of its starts.
    from .._client_names.refresh import refresh

    try:
        done = refresh(host=host)
    except LockError as error:
        _say(_WARNING, f"left alone, as another process is changing files now: {error}")
        return 0
    except EdgeError as error:
        _say(_ERROR, str(error))
        return 1
    for weight, lines in ((_NOTICE, done.changes), (_WARNING, done.problems)):
        if lines:
            _say(weight, ". ".join(lines))
    return 0


def _say(weight: str, text: str) -> None:
    """Write one line, with its weight where systemd reads it."""
    sys.stdout.write(f"{weight if 'JOURNAL_STREAM' in os.environ else ''}{' '.join(text.split())}\n")


def _free(paths: Sequence[str]) -> int:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.lstat(path).st_mode) and not _is_served(path):
                os.unlink(path)
                sys.stdout.write(f"removed, as nobody listens on it: {path}\n")
    return 0


def _is_served(path: str) -> bool:
    """Whether a process has this socket open, of whichever kind it is; yes where that cannot be known."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_UNIX, kind) as client:
            client.setblocking(False)
            try:
                client.connect(path)
            except ConnectionRefusedError:
                return False
            except OSError as error:
                if error.errno == errno.EPROTOTYPE:
                    continue
        return True
    return True
