# SPDX-License-Identifier: GPL-3.0-or-later

"""A transaction that was cut off is finished or undone, and where on a host that is noted.

Who computes from files on the host calls `recover()` before reading them.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from .._host.files import explain, host_lock
from .._host.names import LOCK_PATH, STATE_FOLDER
from .._host.versions import too_new
from .changes import TransactionError
from .journal import recover_journal


class Places(NamedTuple):
    """Where the parts of the host are: the folder for state, the lock file, the nginx program (a name or a path)."""

    state: str = STATE_FOLDER
    lock: str = LOCK_PATH
    nginx: str = "nginx"


HOST = Places()

# The state folders whose transaction this process is carrying out: the lock lets its own process pass.
under_way: set[str] = set()


def recover(*, host: Places = HOST) -> list[str]:
    """Finish or undo a transaction that was cut off; return the names that were put back. Does nothing otherwise."""
    if not os.path.isdir(host.state) or host.state in under_way:
        return []
    with host_lock(path=host.lock):
        if newer := too_new(host.state):
            raise TransactionError(f"{newer}. Nothing was changed")
        try:
            return recover_journal(host.state)[0]
        except OSError as error:
            raise TransactionError(
                f"a change that was cut off cannot be put back: {explain(error, host.state)}"
            ) from error
