# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs on a host from the state that was kept: `python3 -m inside.drift keep|compare|restore`, as JSON."""

from __future__ import annotations

import ast
import json
import sys

from . import host, snapshot

NAME = "drift"
LOOK = host.HOME / "drift.look"
# What says which process has read which file, and of a run when it was.
RECORDS = "/var/lib/constellation-edge/"


def keep() -> list[str]:
    """Keep the host as it is, and what it looks like."""
    snapshot.keep(NAME)
    look = snapshot.look()
    LOOK.write_text(repr((look.tree, look.said)))
    return []


def compare() -> list[str]:
    """Return what is not as it was kept."""
    kept = snapshot.Look(*ast.literal_eval(LOOK.read_text()))
    refused = [f"nginx -t: {problem}"] if (problem := host.refusal()) else []
    return refused + [path for path in snapshot.different(kept, snapshot.look()) if not path.startswith(RECORDS)]


def restore() -> list[str]:
    """Put the host back to what was kept."""
    snapshot.restore(NAME)
    return compare()


if __name__ == "__main__":
    print(json.dumps({"keep": keep, "compare": compare, "restore": restore}[sys.argv[1]]()))
