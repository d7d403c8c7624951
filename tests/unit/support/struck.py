# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action that is killed between two of its system calls."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable

_CALLS = ("open", "rename", "link", "unlink", "symlink", "mkdir", "rmdir", "fsync", "fchmod")
_STRUCK = 9


def struck(action: Callable[[], object], at: int) -> bool:
    """Run the action in a process that ends hard before its `at`-th call that changes files; return whether it did.

    What it leaves in the folder for temporary files goes with that folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        pid = os.fork()
        if pid == 0:
            tempfile.tempdir = folder
            _run_child(action, at)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == _STRUCK


def _run_child(action: Callable[[], object], at: int) -> None:
    count = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                os._exit(_STRUCK)
            return real(*arguments, **options)

        return call

    for name in _CALLS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        action()
    finally:
        os._exit(0)
