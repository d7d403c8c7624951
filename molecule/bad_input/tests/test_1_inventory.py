# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes in the inventory of one host: named on the first task with file, line and place; no host is touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import owner
import pytest
import runs
import testinfra
from conftest import SCENARIO

FIRST_TASK = "Check the inventory and look at the hosts"
SITE = "{name}.example.org"
ZM = "            - path: /zm/\n              app: zoneminder\n              upstream: http://{zoneminder}\n"


@dataclass(frozen=True)
class Mistake:
    """`old` of one home server is written as `new`; the line that holds `marker` is named, with `said`."""

    old: str
    new: str
    marker: str
    said: str


MISTAKES = {
    "a misspelt key of a route": Mistake(
        "upstream: http://{zoneminder}",
        "upstrem: http://{zoneminder}",
        "upstrem",
        "site " + SITE + ", route /zm/: unknown key 'upstrem'; did you mean 'upstream'?",
    ),
    "a misspelt key of a site": Mistake(
        "          routes:\n            - path: /constellation/",
        "          route:\n            - path: /constellation/",
        "route:",
        "site " + SITE + ": unknown key 'route'; did you mean 'routes'?",
    ),
    "an unknown preset": Mistake(
        "app: zoneminder",
        "app: zonemaster",
        "zonemaster",
        "route /zm/: app 'zonemaster' has no preset; did you mean 'zoneminder'?",
    ),
    "neither upstream nor preset": Mistake(
        ZM,
        "            - path: /zm/\n",
        "path: /zm/",
        "site " + SITE + ", route /zm/: has neither upstream nor app",
    ),
    "a preset without an upstream": Mistake(
        ZM,
        "            - path: /zm/\n              app: zoneminder\n",
        "app: zoneminder",
        "route /zm/: app 'zoneminder' has no usual port: add `upstream: http://ADDRESS:PORT`",
    ),
    "two equal paths": Mistake(
        "path: /zm/",
        "path: /constellation/ # twice",
        "# twice",
        "site " + SITE + ", route /constellation/: path '/constellation/' is already that of route 1",
    ),
    "no host name": Mistake(
        "server_name: {name}.example.org",
        "server_name: my_house.example.org",
        "my_house",
        "site my_house.example.org: 'my_house.example.org' is not a host name",
    ),
    "an upstream without a scheme": Mistake(
        "http://{zoneminder}",
        "{zoneminder}:80",
        "{zoneminder}:80",
        "route /zm/: upstream '{zoneminder}:80' has no scheme: write 'http://{zoneminder}:80'",
    ),
    "a misspelt variable": Mistake(
        "      edge_sites:\n",
        "      edge_emial: you@example.org\n      edge_sites:\n",
        "edge_emial",
        "unknown variable 'edge_emial'; did you mean 'edge_email'?",
    ),
    "all sites forgotten": Mistake(
        "      edge_sites:\n",
        "      edge_site:\n",
        "edge_site:",
        "unknown variable 'edge_site'; did you mean 'edge_sites'?",
    ),
}


def wrong_inventory(mistake: Mistake, folder: Path) -> tuple[Path, int, str]:
    """Write the inventory with the mistake in its first home server's part; return file, line and what is said."""
    name = owner.homes()[0]
    words = {"name": name, "zoneminder": SCENARIO["services"]["zoneminder"]}
    old, new, marker, said = (
        text.replace("{name}", name).replace("{zoneminder}", words["zoneminder"])
        for text in (mistake.old, mistake.new, mistake.marker, mistake.said)
    )
    head, sign, part = owner.inventory().partition(f"    {name}:\n")
    assert old in part
    text = head + sign + part.replace(old, new, 1)
    file = folder / "inventory.yml"
    file.write_text(text, encoding="utf-8")
    (line, *_others) = [number for number, content in enumerate(text.splitlines(), 1) if marker in content]
    return file, line, said


def states() -> dict[str, list[str]]:
    """Return the state of every home server."""
    machines = SCENARIO["machines"]
    return {name: owner.state(testinfra.get_host(f"docker://{machines[name]['container']}")) for name in owner.homes()}


@pytest.fixture(scope="module")
def before() -> dict[str, list[str]]:
    """Return the state of every home server before the runs of this file."""
    return states()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(before, tmp_path, monkeypatch, name):
    file, line, said = wrong_inventory(MISTAKES[name], tmp_path)
    monkeypatch.chdir(tmp_path)
    run = runs.site(file)
    assert run.rc != 0
    assert run.tasks == [FIRST_TASK], run.tail
    assert f"inventory.yml:{line}: host {owner.homes()[0]}, " in run.text, run.tail
    assert said in run.text, run.tail
    assert "Nothing was changed" in run.text
    assert states() == before


def test_a_host_that_does_not_answer_stops_the_run_before_the_others_are_touched(before, tmp_path):
    file = tmp_path / "inventory.yml"
    file.write_text(owner.inventory() + owner.GONE, encoding="utf-8")
    run = runs.site(file)
    assert run.rc != 0
    assert run.tasks == [FIRST_TASK], run.tail
    assert "no container no-such-machine" in run.text
    assert states() == before
