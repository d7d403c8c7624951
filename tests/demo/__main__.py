# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demonstration: the whole main job in containers, from the article's starting point to a table of proofs.

``python -m demo [SYSTEM]`` runs it and leaves everything up for a look; ``python -m demo down`` removes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from docker.errors import DockerException
from lab.authority import Pebble
from lab.containers import File
from lab.lab import Lab
from lab.progress import LabError
from lab.recipes import SYSTEMS

from demo import inventory
from demo.local import HOME, LocalController
from demo.play import DemoError, Run, follow, playbook

RUN_ID = "demo"
MANY_ROUTES = 100
EXPECTED_CHECKS = (
    "port 8088 closed from outside",
    "ufw",
    "ufw default",
    "jail sshd",
    "jail nginx-http-auth",
    "nginx",
    "renewal",
)
# For a run that changes nothing, per host, whatever the number of routes.
TASK_LIMIT = 25


class Demo:
    """One run of the demonstration."""

    def __init__(self, system: str) -> None:
        """Prepare a run whose home server is of this system."""
        self.system = system
        self.lab = Lab(RUN_ID)
        self.home = f"home-{system}"
        self.runs: list[Run] = []
        self.problems: list[str] = []
        self.images: list[str] = []

    def bring_up(self) -> None:
        """Start the home server as the article's reader has it, two more machines of its LAN, and the test CA."""
        self.lab.down()
        for built in self.lab.images.ensure([self.system]):
            self.images.append(
                f"{built.tag.partition(':')[0]}: {built.seconds:.1f} s, {'cold' if built.cold else 'warm'}"
            )
        self.pebble: Pebble = self.lab.pebble()
        services = self.lab.services()
        self.zoneminder, self.jeedom = services["zoneminder"], services["jeedom"]
        self.lab.home(self.home, self.system, trust=self.pebble)
        for name in inventory.NAMES:
            self.lab.dns(name, self.lab.address(self.home))

    def over_ssh(self) -> dict[str, Any]:
        """Run site.yml twice and verify.yml over SSH with a key, as an ordinary user with sudo; return the report."""
        self.runs.append(playbook("site", self._inventory(), "first run, over SSH"))
        self._run_without_change("second run, over SSH")
        report = self.lab.folder / "report.json"
        playbook("verify", self._inventory(), "verify, over SSH", {"edge_report_file": str(report)})
        content: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        self.problems += content["problems"]
        self.problems += [
            f"{check['subject']}: {check['result']}" for check in content["checks"] if check["result"] != "ok"
        ]
        self.problems += self._rows_that_are_missing(content)
        content["lines"].append(self._dry_run_of_the_renewal())
        return content

    def _rows_that_are_missing(self, content: dict[str, Any]) -> list[str]:
        """Return what should have been asked and was not: every route, its long-lived connection, every host fact."""
        rows = {row["url"]: row for row in content["routes"]}
        subjects = {check["subject"] for check in content["checks"]}
        missing = [subject for subject in EXPECTED_CHECKS if subject not in subjects]
        for site in self._sites():
            for route in site["routes"]:
                row = rows.get(f"https://{site['server_name']}{route['path']}")
                if row is None or (route.get("probe") and row["live"] == "-"):
                    missing.append(f"{site['server_name']}{route['path']}")
        return [f"{what}: was not asked" for what in missing]

    def _dry_run_of_the_renewal(self) -> str:
        """Have certbot renew everything from the test CA without keeping it; return a line for the report."""
        # Without --server a dry run asks Let's Encrypt's staging, whatever the renewal files say.
        command = ["certbot", "renew", "--dry-run", "--no-random-sleep-on-renew", "--server", self.pebble.directory]
        done = self.lab.exec(self.home, command, check=False)
        if done.code:
            self.problems.append(f"certbot renew --dry-run: {(done.out + done.err).strip()[-400:]}")
        return f"certbot renew --dry-run: {'FAILED' if done.code else 'ok'}"

    def many_routes(self) -> None:
        """Show that a run does not take more tasks with more routes; then go back to the first inventory."""
        counted = self._count_routes()
        self.runs.append(playbook("site", self._inventory(MANY_ROUTES - counted), f"to {MANY_ROUTES} routes"))
        many = self._run_without_change(f"no change, {MANY_ROUTES} routes", MANY_ROUTES - counted)
        self.runs.append(playbook("site", self._inventory(), f"back to {counted} routes"))
        few = self._run_without_change(f"no change, {counted} routes")
        if many.tasks != few.tasks:
            self.problems.append(f"{MANY_ROUTES} routes took {many.tasks} tasks, {counted} took {few.tasks}")

    def on_the_server(self) -> None:
        """Run the installed collection on the server itself; what the outside sees cannot be proven from there."""
        local = LocalController(self.lab, self.home, self.system)
        print("\n=== installing ansible-core and the built collection on the server", flush=True)
        local.install()
        host = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
        root = f"{HOME}/pebble-root.pem"
        path = inventory.write(self.lab.folder / "local.yml", host, self._sites(), self.pebble, root)
        local.put({f"{HOME}/inventory.yml": File(path.read_bytes()), root: File(self.pebble.root.read_bytes())})
        run = follow(local.playbook("site"), "on the server itself, ansible_connection: local")
        self.runs.append(run)
        self._expect_no_change(run)
        report = f"{HOME}/report.json"
        follow(local.playbook("verify", "--extra-vars", f"edge_report_file={report}"), "verify, on the server itself")
        content = json.loads(local.run(["cat", report]))
        self.problems += [f"on the server: {problem}" for problem in content["problems"]]
        outside = [check for check in content["checks"] if check["subject"].endswith("from outside")]
        if not outside or any(check["result"] != "not proven from outside" for check in outside):
            self.problems.append(f"asked from the server itself, the outside was judged: {outside}")

    def show(self, report: dict[str, Any]) -> None:
        """Print what was proven, and the figures."""
        print("\n" + "\n".join(report["lines"]))
        print("\nImages")
        for line in self.images:
            print(f"  {line}")
        print("\nRuns of site.yml")
        for run in self.runs:
            print(f"  {run.title:52} {run.seconds:6.1f} s  {run.tasks:3} tasks  {run.changed:3} changed")
        for problem in self.problems:
            print(f"PROBLEM {problem}")

    def _inventory(self, extra_routes: int = 0) -> Path:
        path = self.lab.folder / "inventory.yml"
        host = inventory.over_ssh(self.lab, self.home)
        return inventory.write(path, host, self._sites(extra_routes), self.pebble, str(self.pebble.root))

    def _sites(self, extra_routes: int = 0) -> list[dict[str, Any]]:
        return inventory.sites(self.zoneminder, self.jeedom, extra_routes)

    def _count_routes(self) -> int:
        return sum(len(site["routes"]) for site in self._sites())

    def _run_without_change(self, title: str, extra_routes: int = 0) -> Run:
        run = playbook("site", self._inventory(extra_routes), title)
        self.runs.append(run)
        self._expect_no_change(run)
        return run

    def _expect_no_change(self, run: Run) -> None:
        if run.changed:
            self.problems.append(f"{run.title}: {run.changed} tasks changed something, expected none")
        if run.tasks > TASK_LIMIT:
            self.problems.append(f"{run.title}: {run.tasks} tasks, more than {TASK_LIMIT}")


def main(arguments: list[str]) -> int:
    """Run the demonstration, or remove it; return the exit code."""
    word = arguments[0] if arguments else "debian13"
    if word == "down":
        Lab(RUN_ID).down()
        return 0
    if word not in SYSTEMS:
        print(f"demo: no system '{word}'; known: {', '.join(SYSTEMS)}", file=sys.stderr)
        return 2
    try:
        return _run(Demo(word))
    except (DemoError, DockerException, LabError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _run(demo: Demo) -> int:
    demo.bring_up()
    report = demo.over_ssh()
    demo.many_routes()
    demo.on_the_server()
    demo.show(report)
    if demo.problems:
        return 1
    print(f"\nEverything is as it should be. It stays up: {demo.lab.address(demo.home)}; `make demo-down` removes it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
