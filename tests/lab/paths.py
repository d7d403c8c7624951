# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lab keeps its files: below the git-ignored .cache/ of the checkout."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
STANDINS = PACKAGE / "standins"
CACHE = PACKAGE.parent.parent / ".cache" / "lab"


def run_folder(run_id: str) -> Path:
    """Return the folder of a run (keys, certificates), created when missing."""
    folder = CACHE / run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that other processes of this checkout respect, so that two runs never build the same image."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
