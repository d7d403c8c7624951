# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one client until its stop file is there: `python3 -m clients echo|events|kept|poll STOP_FILE ARGUMENTS`.

The report is one JSON object on standard output. Times are CLOCK_MONOTONIC, which the containers of a machine share.
"""

from __future__ import annotations

import json
import sys

from . import echo, events, kept, poll
from .web import Stop

CLIENTS = {"echo": echo.run, "events": events.run, "kept": kept.run, "poll": poll.run}


def main(arguments: list[str]) -> int:
    """Run the client that is named, and print what it saw."""
    name, stop_file, *rest = arguments
    json.dump(CLIENTS[name](Stop(stop_file), rest), sys.stdout)
    return 0


sys.exit(main(sys.argv[1:]))
