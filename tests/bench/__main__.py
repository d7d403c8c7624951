# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print our figures beside what they are compared with: `python -m bench`, after `make bench` prepared it.

Every figure is processor time of a process of its own, ours and theirs in turns, the least of several rounds. Nothing
is asserted: the exit code is 1 only when something could not be measured.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.checkout import CACHE, ROOT, tool_environment

from . import fleet, inputs, logins, ours, shipped, slow

ROUNDS = 5
THEIR_PYTHON = CACHE / "bench-venv" / "bin" / "python"
PING, MODULES = "ansible.builtin.ping", ("constellation.edge.nginx_location", "constellation.edge.nginx_site")


@dataclass(frozen=True)
class Figure:
    """Seconds of processor time and MiB of memory at the peak."""

    seconds: float
    mib: float


@dataclass(frozen=True)
class Comparison:
    """One line: our work, what it is compared with, and the limits: a share of their time, seconds, MiB.

    `once` is one more thing to compare with, so slow that one round has to do.
    """

    title: str
    source: str
    ours: str
    theirs: tuple[str, ...] = ()
    share: float | None = None
    seconds: float | None = None
    mib: float | None = None
    once: str | None = None


COMPARISONS = (
    Comparison("nginx: site files, read + write", "sites", "site_files", ("crossplane_site_files",), share=1 / 3),
    Comparison("  those that Certbot takes too", "sites-certbot", "site_files", once="certbot_site_files"),
    Comparison(
        "nginx: 5,000 locations, change one",
        "locations-5000",
        "one_location",
        ("crossplane_one_location",),
        share=0.6,
        mib=64,
        once="certbot_one_location",
    ),
    Comparison(
        "  the same as the module does it",
        "locations-5000",
        "module_one_location",
        ("crossplane_one_location",),
        share=0.6,
        mib=64,
    ),
    Comparison("nginx: 500 locations, unchanged", "locations-500", "unchanged_locations", seconds=0.15),
    Comparison("nginx: 1 MB behind an open quote", "unclosed", "refuse", ("crossplane_refuse",)),
    Comparison(".NET: 5 MB config, edit", "server.config", "config_edit", ("lxml_edit", "etree_edit"), None, 0.2, 60),
    Comparison(
        ".NET: 5 MB config, no change", "server.config", "config_check", ("lxml_check", "etree_check"), None, 0.1
    ),
    Comparison("edge_plan: 4 routes", "", "plan_4"),
    Comparison("edge_plan: 100 routes", "", "plan_100"),
    Comparison("edge_plan: 1,000 routes", "", "plan_1000"),
)
SIZES = ("10kB", "100kB", "1MB", "10MB")


class Table:
    """The lines as they become known."""

    def __init__(self) -> None:
        """Print the head."""
        self.line("work", "ours", "compared with", "ours/theirs", "limit")

    def line(self, work: str, mine: str, other: str = "", ratio: str = "", limit: str = "") -> None:
        """Print one line."""
        print(f"{work:36} {mine:>20}  {other:32} {ratio:>11}  {limit}".rstrip(), flush=True)


def verdict(limits: list[tuple[float | None, float, str]]) -> str:
    """Return the limits and whether each is met: (limit, figure, how the limit is written)."""
    return ", ".join(
        f"{text} {'meets' if have <= limit else 'misses'}" for limit, have, text in limits if limit is not None
    )


def measure(python: Path, name: str, source: Path) -> Figure:
    """Do one piece of work in a process of its own."""
    argv = [str(python), "-m", "bench.work", name, str(source)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env=environment)
    return Figure(**json.loads(done.stdout))


def least(turns: list[Callable[[], Figure]]) -> list[Figure]:
    """Take each figure in turns, and of each the least seconds and the least memory."""
    rounds = [[turn() for turn in turns] for _round in range(ROUNDS)]
    return [
        Figure(min(one.seconds for one in each), min(one.mib for one in each)) for each in zip(*rounds, strict=True)
    ]


def _turn(python: Path, name: str, source: Path) -> Callable[[], Figure]:
    return lambda: measure(python, name, source)


def compare(table: Table, each: Comparison, folder: Path) -> None:
    """Measure one line and print it, one more for each further thing it is compared with."""
    source = folder / each.source
    turns = [_turn(Path(sys.executable), f"ours.{each.ours}", source)]
    turns += [_turn(THEIR_PYTHON, f"theirs.{name}", source) for name in each.theirs]
    mine, *others = least(turns)
    share = mine.seconds / others[0].seconds if others else 0.0
    limits = [
        (each.share, share, f"ratio {each.share or 0:.2f}"),
        (each.seconds, mine.seconds, f"{each.seconds} s"),
        (each.mib, mine.mib, f"{each.mib} MiB"),
    ]
    compared = [_other(name, mine, other) for name, other in zip(each.theirs, others, strict=True)]
    if each.once:
        compared.append(_other(each.once, mine, measure(THEIR_PYTHON, f"theirs.{each.once}", source)))
    first, *more = compared or [("", "")]
    table.line(each.title, _shown(mine), *first, verdict(limits))
    for other in more:
        table.line("", "", *other)


def _other(name: str, mine: Figure, other: Figure) -> tuple[str, str]:
    ratio = mine.seconds / other.seconds
    return f"{name.partition('_')[0]:10} {_shown(other)}", f"{ratio:.{2 if ratio > 0.1 else 4}f}"


def _shown(figure: Figure) -> str:
    return f"{figure.seconds * 1000:8.2f} ms {figure.mib:4.0f} MiB"


def growth(table: Table, folder: Path) -> None:
    """Show that the time of parse + write grows as the text does."""
    sources = [folder / f"size-{size}" for size in SIZES]
    figures = least([_turn(Path(sys.executable), "ours.parse_and_write", source) for source in sources])
    rates = [figure.seconds / source.stat().st_size for figure, source in zip(figures, sources, strict=True)]
    for size, figure, rate in zip(SIZES, figures, rates, strict=True):
        ratio = f"{rate / rates[2]:.2f}"
        table.line(f"nginx: {size} parse + write", _shown(figure), "1 MB, time per byte", ratio)


def payloads(table: Table, folder: Path) -> None:
    """Compare what Ansible sends for our modules, and its import on the host, with `ping`: an empty module."""
    argv = [sys.executable, "-m", "bench.shipped", str(folder), PING, *MODULES]
    environment = {**tool_environment(), "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env=environment)
    sizes = {name: size / 1024 for name, size in json.loads(done.stdout).items()}
    archives = {name: folder / f"{name.rpartition('.')[2]}.zip" for name in sizes}
    rounds = [{name: shipped.import_seconds(path) for name, path in archives.items()} for _round in range(ROUNDS * 2)]
    imports = {name: min(each[name] for each in rounds) * 1000 for name in sizes}
    for name in MODULES:
        short, limits = name.rpartition(".")[2], (64, 60) if name.endswith("location") else (None, None)
        more = sizes[name] - sizes[PING]
        other = f"ping       {sizes[PING]:8.0f} KiB"
        limit = verdict([(limits[0], more, "64 KiB more")])
        table.line(f"sent: {short}", f"{sizes[name]:.0f} KiB", other, f"+{more:.0f} KiB", limit)
        more = imports[name] - imports[PING]
        other = f"ping       {imports[PING]:8.2f} ms"
        limit = verdict([(limits[1], more, "60 ms more")])
        table.line(f"import from the zip: {short}", f"{imports[name]:.2f} ms", other, f"+{more:.0f} ms", limit)


def fleets(table: Table, folder: Path) -> None:
    """Show that the controller's time for the first task grows as the number of hosts does."""
    for hosts in fleet.SIZES:
        mine, other = (fleet.seconds(folder, task, hosts) for task in ("edge_plan", "ping"))
        shown = f"{mine:.1f} s, {mine / hosts * 1000:.0f} ms a host"
        table.line(f"edge_plan: {hosts:,} hosts", shown, f"ping       {other:8.1f} s", f"{mine / other:.2f}")


def slow_readers(table: Table, _folder: Path) -> None:
    """Show who is served beside fifty slow readers of a service of two threads, as a route is and with `buffering`."""
    for size, plain, held in slow.figures():
        shown, other = (f"{served} of 10, {seconds * 1000:.0f} ms" for served, seconds in (plain, held))
        title = f"50 slow readers of {size / 1e6:.1f} MB: others"
        table.line(title, shown, f"buffered   {other}", f"{plain[1] / held[1]:.2f}")


def tried_passwords(table: Table, _folder: Path) -> None:
    """Show how long another route takes while somebody tries passwords, of which nginx checks each in its worker."""
    (_none, alone), (tried, beside) = logins.figures()
    title = f"{tried} wrong passwords a second: others' p99"
    limit = verdict([(100, beside, "100 ms")])
    table.line(title, f"{beside:.1f} ms", f"alone      {alone:8.1f} ms", f"{beside / alone:.1f}", limit)


def leave_out(program: str, folder: Path, target: Path) -> str:
    """Copy the files of a folder that a program can read and write into a new one; returns both counts in words."""
    argv = [str(THEIR_PYTHON), "-m", "bench.theirs", program, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env=environment)
    refused = set(json.loads(done.stdout))
    shutil.copytree(folder, target, ignore=lambda _folder, names: refused.intersection(names))
    sizes = [path.stat().st_size for path in target.iterdir()]
    more = f"{len(refused)} more are left out for both, as {program} cannot read and write them"
    return f"{len(sizes)} site files of {sum(sizes)} bytes; {more}"


def main() -> int:
    """Measure everything; what fails is said and the rest goes on."""
    if not THEIR_PYTHON.exists():
        print(f"{THEIR_PYTHON}: is not there; run `make bench`, which prepares it", file=sys.stderr)
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs.write(folder, ours.declared_sites(400))
        print(
            f"processor time, each in its own process, in turns, the least of {ROUNDS} ({ROUNDS * 2} for imports, 1 for"
            " certbot and for fleets)"
        )
        print(leave_out("crossplane", folder / "sites-all", folder / "sites"))
        print(leave_out("certbot", folder / "sites", folder / "sites-certbot") + "\n")
        table = Table()
        steps: list[Callable[[], None]] = [lambda each=each: compare(table, each, folder) for each in COMPARISONS]
        for step in (
            *steps,
            *(
                lambda each=each: each(table, folder)
                for each in (growth, payloads, fleets, slow_readers, tried_passwords)
            ),
        ):
            try:
                step()
            except (OSError, subprocess.CalledProcessError, ValueError) as error:
                failed += 1
                detail = getattr(error, "stderr", "") or str(error)
                print(f"not measured: {detail.strip().splitlines()[-1]}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
