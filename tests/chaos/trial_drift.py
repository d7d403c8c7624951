# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs from the inventory is put right by the next run of `site.yml`, whatever it is."""

from __future__ import annotations

import json
import re

from chaos import drifts
from chaos.drifts import Drift
from chaos.hosts import side_by_side
from chaos.modules import HOME
from chaos.playbook import Playbook
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "drift"
LANES = 2
LAN = "drift-lan"
_TASK, _CHANGED = re.compile(r"^TASK \[(?:[\w.]+ : )?(.*)\] \**$"), re.compile(r"^changed: \[")


def run(bench: Stage, short: bool) -> Outcome:
    """Make each kind on hosts that `site.yml` has set up, run it again, and hold the host against what it was."""
    groups = drifts.groups() if short else [[each] for each in drifts.every()]
    pebble = bench.lab.pebble()
    lan = bench.lab.standins(LAN, zoneminder=80)

    def share(name: str, lane: int) -> list[str]:
        bench.lab.trust(name, pebble.transport_ca.read_bytes(), "pebble")
        host = _Host(bench, name, Playbook(bench, name, pebble), lan)
        host.converge()
        return [text for group in groups[lane::LANES] for text in host.drift(group)]

    try:
        found = side_by_side(bench, [f"drift-{lane}" for lane in range(LANES)], share)
    finally:
        bench.drop(LAN)
    return Outcome(NAME, sum(map(len, groups)), [text for each in found for text in each])


class _Host:
    """A host that site.yml has set up."""

    def __init__(self, bench: Stage, name: str, playbook: Playbook, lan: str) -> None:
        """Take a host, and the address of a service."""
        self._bench = bench
        self._name = name
        self._playbook = playbook
        # The authority finds a host by its names.
        self._site = f"{name}.example.org"
        route = {"path": "/zm/", "app": "zoneminder", "upstream": f"http://{lan}"}
        self._sites = [{"server_name": self._site, "routes": [route]}]
        bench.lab.dns(self._site, bench.lab.address(name))

    def converge(self) -> None:
        """Bring the host to the state that is kept. Raises AssertionError."""
        self._run()
        changed, _said = self._run()
        if changed:
            raise AssertionError(f"{self._name}: a second run changes: {', '.join(changed)}")
        self._inside("keep")

    def drift(self, group: list[Drift]) -> list[str]:
        """Make the kinds of a group, run site.yml, and return what is wrong then."""
        names = "; ".join(each.name for each in group)
        for each in group:
            self._bench.sh(self._name, each.command.format(site=self._site))
        try:
            changed, said = self._run()
        except AssertionError as error:
            self._settle()
            return [f"{names}: {error}"]
        renewed = tuple(prefix for each in group for prefix in each.renewed)
        different = [path for path in self._inside("compare") if not renewed or not path.startswith(renewed)]
        wrong = [f"{names}: not as it was: {' '.join(different)}"] if different else []
        wrong += [f"{each.name}: it is not told" for each in group if each.told not in said]
        wrong += [] if changed or group[0].told else [f"{names}: no task changed anything"]
        if different or renewed:
            self._settle()
        return wrong

    def _settle(self) -> None:
        """Put back what was kept, and have the records say which processes run."""
        self._inside("restore")
        self._run()

    def _run(self) -> tuple[list[str], str]:
        """Run site.yml; return the tasks that changed something, and what it says. Raises AssertionError."""
        done = self._playbook.site(self._sites)
        if done.code:
            told = [line for line in done.out.splitlines() if line.startswith(("fatal:", "failed:"))]
            raise AssertionError(f"site.yml failed: {' '.join(told)[:1200] or done.err[-600:]}")
        changed, task = [], ""
        for line in done.out.splitlines():
            if match := _TASK.match(line):
                task = match[1]
            elif _CHANGED.match(line):
                changed.append(task)
        return changed, done.out + done.err

    def _inside(self, work: str) -> list[str]:
        found: list[str] = json.loads(self._bench.sh(self._name, f"cd {HOME} && python3 -m inside.drift {work}").out)
        return found
