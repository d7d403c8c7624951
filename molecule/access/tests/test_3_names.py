# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in by a DNS name: the example of docs/guides/access.md, while BIND tells one address and then another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import runs
from conftest import Client, Home, machine
from dyndns import SERVICE, TIMER, Bind, asked, look, workers
from guide import blocks
from lab.progress import poll

HOST = "{{ inventory_hostname }}"
(GUIDE,) = next(block for block in blocks("access.md") if "dyndns" in json.dumps(block))
(NAME,) = GUIDE["allow"]
FILES = "/etc/nginx/constellation-edge/clients-*.conf"
# `make test` has the main ones, in test_1_addresses.py.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def bind(lab: Any, homes: list[Home]) -> Iterator[Bind]:
    """Return the DNS server, which the home servers ask while these tests run."""
    yield from asked(lab, homes, NAME)


@pytest.fixture(scope="module")
def anna(lab: Any) -> Client:
    """Return a machine outside the LAN that is to have the name."""
    return machine(lab, "near")


def run(allow: list[str] | None, *options: str, raw: str = "") -> runs.Run:
    """Run the playbook with the guide's site under a name of the lab; `allow` takes the place of its own."""
    site = {key: value for key, value in GUIDE.items() if key != "allow"} | ({"allow": allow} if allow else {})
    site |= {
        "server_name": f"{HOST}.example.org",
        "routes": [{"path": "/", "return": {"code": 200, "text": "inside"}}],
        "raw": raw,
    }
    return runs.site(runs.INVENTORY, *options, "-e", json.dumps({"edge_sites": [site]}))


@pytest.fixture(scope="module")
def first(bind: Bind, client: Client) -> runs.Run:
    """Return the run while the name is at the address of another machine."""
    bind.say(A=client.ipv4)
    return run([NAME])


def status(who: Client, home: Home, family: int = 4) -> str:
    """Return what a machine gets of the site."""
    return who.status(home, f"https://{home.domain}/", family=family)


def text(home: Home) -> str:
    """Return the file with the addresses."""
    return str(home.host.check_output(f"cat {FILES}"))


def test_a_name_without_an_address_is_refused_before_the_first_run(bind: Bind, homes: list[Home]) -> None:
    before = [home.host.run("find /etc/nginx -type f | xargs sha256sum").stdout for home in homes]
    done = run([NAME])
    assert done.rc != 0
    assert f"allow: {NAME} counts for nobody, because DNS knows no address of it" in " ".join(done.text.split())
    assert [home.host.run("find /etc/nginx -type f | xargs sha256sum").stdout for home in homes] == before


def test_the_address_of_the_name_is_let_in(first: runs.Run, homes: list[Home], anna: Client, client: Client) -> None:
    assert first.rc == 0, first.tail
    for home in homes:
        assert (status(client, home), status(anna, home)) == ("200", "403")
        assert NAME not in home.host.check_output("nginx -T")
        assert home.host.check_output(f"stat -c '%a %U %G' {FILES}") == "644 root root"


def test_the_timer_runs_and_its_units_are_right(first: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        assert home.host.check_output(f"systemctl is-active {TIMER}; systemctl is-enabled {TIMER}") == "active\nenabled"
        verified = home.host.run(f"systemd-analyze verify {TIMER} {SERVICE}")
        # It says something of others' units, too.
        said = [each for each in (verified.stdout + verified.stderr).splitlines() if "constellation" in each]
        assert (verified.rc, said) == (0, [])
        # It must not come in between.
        home.host.check_output(f"systemctl stop {TIMER}")


def test_another_address_comes_in_and_the_old_one_is_refused(
    first: runs.Run, homes: list[Home], lab: Any, bind: Bind, anna: Client, client: Client
) -> None:
    bind.say(A=anna.ipv4, AAAA=lab.address("near", 6))
    for home in homes:
        before = workers(home)
        code, said = look(home)
        assert code == 0, said
        assert said.count("\n") == 0
        assert said.startswith(f"{NAME}: {anna.ipv4}, ")
        assert (status(anna, home), status(anna, home, 6), status(client, home)) == ("200", "200", "403")
        assert status(client, home, 6) == "403"
        assert workers(home) != before


def test_without_a_change_nginx_is_not_reloaded(first: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        before = workers(home)
        assert look(home) == (0, "")
        assert workers(home) == before


@pytest.mark.parametrize("how", ["silent", "gone", "loopback"])
def test_the_last_addresses_stay(
    first: runs.Run, homes: list[Home], bind: Bind, anna: Client, client: Client, how: str
) -> None:
    """Where DNS is silent, does not know the name any more, or says what is no client's."""
    if how == "silent":
        bind.signal("SIGSTOP")
    else:
        bind.say(**({"A": "127.0.0.1"} if how == "loopback" else {}))
    for home in homes:
        before = workers(home), text(home)
        code, said = look(home)
        assert code == 0
        assert said.count("\n") == 0
        assert f"it counts as {anna.ipv4}, " in said
        assert (workers(home), text(home)) == before
        assert (status(anna, home), status(client, home)) == ("200", "403")
    if how == "silent":
        bind.signal("SIGCONT")


def test_what_nginx_refuses_is_put_back(
    first: runs.Run, homes: list[Home], bind: Bind, anna: Client, client: Client
) -> None:
    bind.say(A=client.ipv4)
    for home in homes:
        before = workers(home), text(home)
        home.host.check_output("echo 'nonsense;' > /etc/nginx/conf.d/owner.conf")
        code, said = look(home)
        home.host.check_output("rm /etc/nginx/conf.d/owner.conf")
        assert code != 0
        assert "/etc/nginx/conf.d/owner.conf line 1: unknown directive" in said
        assert (workers(home), text(home)) == before
        assert look(home)[0] == 0
        assert (status(client, home), status(anna, home)) == ("200", "403")


def test_a_kill_leaves_a_file_that_nginx_reads(
    first: runs.Run, homes: list[Home], bind: Bind, anna: Client, client: Client
) -> None:
    """At ten moments of a change; the next start of the service brings it to its end."""
    whole = []
    for who in (client, anna):
        bind.say(A=who.ipv4)
        assert look(homes[0])[0] == 0
        whole.append(text(homes[0]))
    for moment in range(10):
        who = (client, anna)[moment % 2]
        bind.say(A=who.ipv4)
        for home in homes:
            home.host.run(
                f"systemctl start --no-block {SERVICE}; sleep {0.1 * moment:.2f}; systemctl kill -s KILL {SERVICE}"
            )
            poll("the end", lambda home=home: home.host.run(f"systemctl is-active {SERVICE}").rc != 0, 20)
            assert text(home) in whole
            home.host.check_output("nginx -t")
            assert look(home)[0] == 0
            assert status(who, home) == "200"


def test_sites_that_are_put_back_are_looked_up_on(
    first: runs.Run, homes: list[Home], bind: Bind, anna: Client, client: Client
) -> None:
    """Where a run has other names, and nginx refuses what else it has."""
    refused = run([NAME, "192.0.2.0/28"], raw="client_max_body_size nonsense;")
    assert refused.rc != 0
    assert "client_max_body_size" in refused.text
    for who, other in ((client, anna), (anna, client)):
        bind.say(A=who.ipv4)
        for home in homes:
            assert look(home)[0] == 0
            assert (status(who, home), status(other, home)) == ("200", "403")


def test_the_next_run_changes_nothing_and_a_dry_run_shows_the_bytes(
    first: runs.Run, homes: list[Home], bind: Bind, anna: Client, client: Client
) -> None:
    bind.say(A=anna.ipv4)
    for home in homes:
        look(home)
        home.host.check_output(f"systemctl start {TIMER}")
    again = run([NAME])
    assert again.rc == 0, again.tail
    assert all(again.count(home.name, "changed") == 0 for home in homes), again.tail
    bind.say(A=client.ipv4)
    shown = run([NAME], "--check", "--diff")
    lines = [line for line in shown.text.splitlines() if line[:1] in ("+", "-") and line[:4] not in ("+++ ", "--- ")]
    values = {line.partition(" near;")[0] for line in lines if "near;" in line}
    assert values == {f"-{anna.ipv4}", f"+{client.ipv4}"}
    assert all(anna.ipv4 in line or client.ipv4 in line for line in lines), lines


def test_without_the_name_nothing_of_it_stays(first: runs.Run, homes: list[Home]) -> None:
    done = run(None)
    assert done.rc == 0, done.tail
    for home in homes:
        left = home.host.run(
            f"ls {FILES} /etc/constellation-edge/client-names.json /etc/systemd/system/*/{TIMER} "
            f"/etc/systemd/system/{TIMER} /etc/systemd/system/{SERVICE} /var/lib/systemd/timers/stamp-{TIMER}"
        )
        assert left.stdout == ""
        assert home.host.run(f"systemctl list-timers --all {TIMER}").stdout.count(TIMER) == 0
