# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have outside judges look at what site.yml makes: `python -m bars`, after `make judge` prepared it.

Home servers are converged in the lab as the scenarios do it; then each judge looks at all of them. What counts against
a bar is printed, and what does not with the reason. The last line is `N passed, N failed`: one for each judge on each
system. The exit code is 1 when one failed. The lab is removed in any case.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docker.errors import DockerException
from lab.progress import LabError
from lab.recipes import SYSTEMS

from bars import cis, gixy, observatory, sslyze, table, testssl, unit_exposure
from bars.stage import BarsError, Host, Stage
from bars.verdict import Judge, Verdict

# In the order of the table; the slowest is the last.
JUDGES: dict[str, Judge] = {
    "gixy": gixy,
    "observatory": observatory,
    "cis": cis,
    "sslyze": sslyze,
    "unit_exposure": unit_exposure,
    "testssl": testssl,
}


def main(arguments: Sequence[str]) -> int:
    """Set the stage, have it judged, print the table; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    names, systems = options.judges or list(JUDGES), options.systems.split() or list(SYSTEMS)
    for what, given, known in (("judge", names, JUDGES), ("system", systems, SYSTEMS)):
        for name in given:
            if name not in known:
                parser.error(f"no {what} '{name}': choose from {', '.join(known)}")
    if options.write and (names, systems) != (list(JUDGES), list(SYSTEMS)):
        parser.error("--write is for all judges on all systems: do not choose from them")
    try:
        with Stage(systems) as stage:
            rows = [(JUDGES[name], _ask(name, stage.hosts)) for name in names]
    except (BarsError, DockerException, LabError) as error:
        print(f"bars: {error}", file=sys.stderr)
        return 1
    text = table.markdown(rows, systems)
    print(f"\n{text}\n")
    if options.write:
        table.write(options.write, text)
    verdicts = [verdict for _judge, row in rows for verdict in row.values()]
    passed = sum(isinstance(one, Verdict) and one.passed for one in verdicts)
    print(f"{passed} passed, {len(verdicts) - passed} failed")
    return int(passed < len(verdicts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bars", description="Outside judges on what site.yml makes.")
    parser.add_argument("judges", nargs="*", metavar="JUDGE", help=", ".join(JUDGES))
    parser.add_argument("--systems", default="", help=f"all by default: {' '.join(SYSTEMS)}")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this document")
    return parser


def _ask(name: str, hosts: Sequence[Host]) -> dict[str, Verdict | Exception]:
    """Have one judge look at all hosts side by side, and print what it found."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(hosts)) as pool:
        verdicts = list(pool.map(lambda host: _verdict(JUDGES[name], host), hosts))
    print(f"\n=== {JUDGES[name].TITLE}: {JUDGES[name].BAR} ({time.monotonic() - started:.1f} s)", flush=True)
    for host, verdict in zip(hosts, verdicts, strict=True):
        _print(host.system, verdict)
    return {host.system: verdict for host, verdict in zip(hosts, verdicts, strict=True)}


def _verdict(judge: Judge, host: Host) -> Verdict | Exception:
    try:
        return judge.judge(host)
    # One judge that stumbles does not keep the others from judging; it counts as failed.
    except Exception as error:
        return error


def _print(system: str, verdict: Verdict | Exception) -> None:
    if isinstance(verdict, Exception):
        print(f"{system}: FAILED: {verdict!r}", flush=True)
        return
    print(f"{system}: {verdict.figure}: {'pass' if verdict.passed else 'MISS'}", flush=True)
    for line in (*verdict.counted, *(f"({one})" for one in verdict.others)):
        print(f"    {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
