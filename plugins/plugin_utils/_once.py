# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a value that is computed once a run, whichever of Ansible's worker processes asks first.

Each host of a task has a worker of its own, forked from the controller, so a cache in memory reaches no other host.
The workers share the run's temporary folder, which ansible-core makes for its user alone and removes at the end.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from typing import Any


def once(folder: str, name: str, make: Callable[[], Any]) -> Any:
    """Return what ``make`` returns, which is called by the first process that asks; the others wait for it.

    Args:
        folder: shared by the processes of a run.
        name: tells the value from others of the same run; a part of a file name.
        make: returns a value that JSON can hold.

    """
    path = os.path.join(folder, f"constellation-edge-{name}.json")
    with open(f"{path}.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            with open(f"{path}.new", "w", encoding="utf-8") as stream:
                json.dump(make(), stream)
            os.rename(f"{path}.new", path)
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)
