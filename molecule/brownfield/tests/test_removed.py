# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: `remove.yml`, killed and finished, from the states in which owners' hosts are."""

from __future__ import annotations

from collections import Counter

import pytest
import runs
from conftest import Home, side_by_side
from moving import look, of, owner_of, statements
from renewing import assert_renewed_and_served, renewal

pytest_plugins = ["whole_move"]
OURS = "constellation.edge"
# A line of the owner's that needs what goes with us, and a block of his in a file of ours.
OWN_SITE = """server {
    listen 80;
    server_name own.DOMAIN;
    access_log /var/log/nginx/own.log constellation_edge;
    location / { return 200 "$constellation_edge_path\\n"; }
}
"""
# The first run on this owner's host was one of a version that kept no record.
WITHOUT_RECORD = "three-names"
KILLED_AT = ("Take our lines out of nginx's files", "Leave nginx's service as its package has it")


@pytest.fixture(scope="session")
def removed(moved, movers) -> dict[str, runs.Run]:
    """Have owners use what is ours, look first, kill two runs half way, finish, and run again."""
    for home in movers:
        text = of(home, OWN_SITE)
        home.host.check_output("printf %s > /etc/nginx/sites-available/own", text)
        home.host.check_output("ln -sf ../sites-available/own /etc/nginx/sites-enabled/own && nginx -t")
        home.host.check_output("systemctl reload nginx")
    for home in without_record(movers):
        home.host.check_output("rm /var/lib/constellation-edge/found*.json")
    before = {home.name: look(home) for home in movers}
    checked = runs.playbook(runs.REMOVE, moved.inventory, "--check", "--diff")
    assert before == {home.name: look(home) for home in movers}
    told = ("--extra-vars", "edge_ufw_was=active") if without_record(movers) else ()
    for task in KILLED_AT:
        runs.killed_at(task, runs.REMOVE, moved.inventory, *told)
        side_by_side(movers, serves_and_starts)
    done = runs.playbook(runs.REMOVE, moved.inventory, *told)
    return {"checked": checked, "done": done, "again": runs.playbook(runs.REMOVE, moved.inventory)}


def without_record(movers: list[Home]) -> list[Home]:
    """Return the hosts of which nobody knows what they were."""
    return [home for home in movers if home.name.endswith(f"-{WITHOUT_RECORD}")]


def serves_and_starts(home: Home) -> None:
    """Assert that a host that was left half way serves, and would start."""
    assert home.host.run("nginx -t").rc == 0
    assert home.host.check_output("systemctl is-active nginx") == "active"


def test_a_dry_run_shows_what_goes(removed, movers):
    run = removed["checked"]
    assert run.rc == 0, run.tail
    for home in movers:
        assert run.count(home.name, "changed") >= 5, run.tail


def test_everything_of_ours_goes_and_what_the_owner_had_goes_on(removed, moved, movers, client):
    run = removed["done"]
    assert run.rc == 0, run.tail
    for home in movers:
        folders = "find /etc /var/lib /usr/local/lib -name '*constellation-edge*' ! -name '*-edge-lab-*'"
        left = home.host.run(f"grep -rlF '# {OURS}' /etc; {folders}")
        assert left.stdout == "", left.stdout
        assert home.host.run("nft list table inet constellation_edge").rc != 0
        was = moved.before[home.name]
        for file, text in look(home).texts.items():
            # In a location that a route had, its `proxy_` lines took the place of the owner's.
            gone = Counter(statements(was.texts[file])) - Counter(statements(text))
            assert all(each.startswith("proxy_") for each in gone), gone
        assert home.host.check_output("ufw show added").splitlines()[1:] == was.rules
        assert "Status: active" in home.host.check_output("ufw status")
        for url, status in owner_of(home).answers.items():
            assert client.status(home, f"https://{of(home, url)}") == str(status)
        assert client.curl(home, f"http://{home.domain}/x?y", "-H", f"Host: own.{home.domain}").stdout == "/x\n"


def test_what_stays_is_told_with_its_reason(removed, movers):
    # What a run that was killed has done already is told by the dry run alone.
    note = "NOTE /etc/nginx/sites-available/own has at its top what lines of yours need"
    assert removed["checked"].text.count(note) == len(movers)
    stays = "STAYS nginx's files with lines of yours: /etc/nginx/"
    unknown = len(without_record(movers))
    assert removed["done"].text.count(stays) == len(movers) - unknown
    said = "NOTE no record of the time before the first run is on this host"
    assert removed["done"].text.count(said) == unknown
    said = "NOTE whether the firewall was on before the first run is not known, so it stays as it is"
    assert removed["checked"].text.count(said) == unknown


def test_a_second_run_has_nothing_to_do(removed, movers):
    run = removed["again"]
    assert run.rc == 0, run.tail
    for home in movers:
        assert run.count(home.name, "changed") == 0, run.changed(home.name)
    assert "nothing of constellation.edge is on this host" in run.text


def test_every_lineage_is_renewed_without_us_and_served(removed, moved, movers, client):
    def renew(home) -> None:
        assert "constellation" not in home.host.check_output("cat /etc/letsencrypt/renewal/*").replace(home.domain, "")
        again = runs.module(moved.inventory, home.name, "certbot_certificate", state="released")
        assert (again["changed"], again["released"]) == (False, {})
        lineages = [[of(home, name) for name in names] for names in owner_of(home).lineages]
        assert_renewed_and_served(client, home, {name: lineage[0] for lineage in lineages for name in lineage})
        assert renewal(home, home.domain)

    side_by_side(movers, renew)
