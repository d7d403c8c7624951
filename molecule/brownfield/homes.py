# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts a run with a home server of each system for each owner of `SCENARIO_OWNERS`, named home-SYSTEM-OWNER."""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from lab.cli import scenario
from lab.lab import Lab
from lab.paths import run_folder


def main() -> None:
    """Start everything and keep what the inventory and the tests need to know."""
    run, *systems = sys.argv[1:]
    lab = Lab(run)
    pebble = lab.pebble()
    lab.images.ensure_ready(systems)
    owners = os.environ["SCENARIO_OWNERS"].replace("_", "-").split()
    wanted = [(f"home-{system}-{owner}", system) for system in systems for owner in owners]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: lab.home(*each, sentinel=True, trust=pebble, ready=True), wanted))
    known = scenario(argparse.Namespace(run=run, no_services=False, system=[], sentinel=True, ready=True))
    run_folder(run).joinpath("scenario.json").write_text(json.dumps(known), encoding="utf-8")


if __name__ == "__main__":
    main()
