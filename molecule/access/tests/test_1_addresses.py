# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in by address: the examples of docs/guides/access.md, asked from inside the LAN and from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import runs
from conftest import Client, Home, machine
from dyndns import SERVICE as LOOK_UP
from dyndns import TIMER, Bind, asked, look, workers
from guide import RULES_LEFT, blocks

HOST = "{{ inventory_hostname }}"
(LAN,), (PARTS,), (LISTED,) = blocks("access.md")[:3]
(NAME,) = next(sites for sites in blocks("access.md") if "dyndns" in json.dumps(sites))[0]["allow"]
SERVICE = "http://127.0.0.1:8088/server/"
NAMED = {"path": "/named/", "access": "lan", "allow": [NAME]}
# What the service answers, and what a client gets that is not let in.
REFUSED = "403"


def site(name: str, base: dict[str, Any], routes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a site of the guide under a name of the lab, with these routes."""
    own = {key: value for key, value in base.items() if key not in ("server_name", "routes")}
    return {"server_name": f"{name}.{HOST}.example.org" if name else f"{HOST}.example.org", **own, **more} | {
        "routes": routes
    }


def sites(near: str, far: str) -> list[dict[str, Any]]:
    """Return the guide's sites; `near` is an address in the LAN that a site shuts out, `far` one that it lets in."""
    service = {"path": "/", "upstream": SERVICE}
    parts = PARTS["routes"][0]["locations"]
    assert [part["access"] for part in parts] == ["lan", "none"]
    more = [
        {"path": "/open/", "upstream": SERVICE, "access": "public"},
        {"path": "/leads/", "redirect": f"https://www.{HOST}.example.org/"},
        {"path": "/says/", "return": {"code": 200, "text": "inside"}},
        {"path": "/gone/", "return": 444},
        {"path": "/files/", "static": "/usr/share/nginx/html"},
        {"path": "/server/", "app": "constellation", "upstream": "http://127.0.0.1:8088"},
    ]
    return [
        site("", {**LAN, "index": True}, more),
        site("www", PARTS, [{**service, "locations": parts}, {**service, **NAMED}]),
        site("camera", LISTED, [service], allow=[far], deny=[near]),
    ]


def run(lan: list[str], given: list[dict[str, Any]]) -> runs.Run:
    """Run the playbook with these sites."""
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_lan": lan, "edge_sites": given}))


@pytest.fixture(scope="module")
def near(lab: Any) -> Client:
    """Return a machine that `edge_lan` counts to the LAN."""
    return machine(lab, "near")


@pytest.fixture(scope="module")
def bind(lab: Any, homes: list[Home]) -> Iterator[Bind]:
    """Return the DNS server that knows the guide's name."""
    yield from asked(lab, homes, NAME)


@pytest.fixture(scope="module")
def first(near: Client, client: Client, bind: Bind) -> runs.Run:
    """Return the run with the guide's sites."""
    bind.say(A=client.ipv4)
    return run([f"{near.ipv4}/32"], sites(near.ipv4, client.ipv4))


def test_the_run_succeeds(first: runs.Run, client: Client) -> None:
    assert first.rc == 0, first.tail
    # Who is to be outside must not have an address of a LAN; more than four labs at once would have.
    assert client.ipv4.startswith("198.51.100.")


@pytest.mark.parametrize(
    "options",
    [
        ("--http1.1",),
        ("--http2",),
        ("-X", "POST", "-d", "a=b"),
        ("-H", "X-Forwarded-For: 127.0.0.1", "-H", "X-Real-IP: 10.0.0.1", "-H", "Forwarded: for=10.0.0.1"),
        ("-H", "Authorization: Basic YW5uYTp4"),
        ("-H", "Range: bytes=0-3"),
    ],
)
def test_only_the_lan_gets_an_answer(
    first: runs.Run, homes: list[Home], near: Client, client: Client, options: tuple[str, ...]
) -> None:
    """From a service, from files, from nginx itself, and of what leads elsewhere."""
    for home in homes:
        for path in ("/server/", "/files/", "/says/", "/leads/", "/"):
            # To files nothing is written, from wherever.
            wanted = ("405",) if path == "/files/" and "POST" in options else (REFUSED,)
            assert client.status(home, f"https://{home.domain}{path}", *options) in wanted, path
            assert near.status(home, f"https://{home.domain}{path}", *options) not in (REFUSED, "000"), path


@pytest.mark.parametrize(
    "path",
    [
        *("//server/", "/server//", "/SERVER/", "/%73erver/", "/server/..;/", "/open/..%2fserver/", "/server/%2e/"),
        *("/open/../server/", "/files/index.html", "/files/./index.html", "/.constellation-edge/index"),
    ],
)
def test_no_other_way_of_writing_a_path_leads_around_it(
    first: runs.Run, homes: list[Home], client: Client, path: str
) -> None:
    for home in homes:
        status = client.status(home, f"https://{home.domain}{path}", "--path-as-is")
        assert status in (REFUSED, "400", "404"), path


def test_the_answers_are_the_right_ones(first: runs.Run, homes: list[Home], near: Client, client: Client) -> None:
    for home in homes:
        main = f"https://{home.domain}"
        assert near.curl(home, f"{main}/says/").stdout == "inside"
        leads = near.curl(home, f"{main}/leads/a?b=c", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}").stdout
        assert leads == f"308 https://www.{home.domain}/a?b=c"
        assert near.status(home, f"{main}/gone/") == "000"
        assert client.status(home, f"{main}/gone/") == REFUSED
        assert client.status(home, f"{main}/open/") == "200"
        assert "/server/" in near.curl(home, f"{main}/").stdout


def test_a_part_of_a_route_has_a_word_of_its_own(
    first: runs.Run, homes: list[Home], near: Client, client: Client
) -> None:
    for home in homes:
        parts = f"https://www.{home.domain}"
        for who, wanted in ((client, ("200", REFUSED, REFUSED)), (near, ("200", "404", REFUSED))):
            assert tuple(who.status(home, f"{parts}{path}") for path in ("/", "/admin/", "/metrics")) == wanted


def test_addresses_are_added_and_taken_out(first: runs.Run, homes: list[Home], near: Client, client: Client) -> None:
    """`allow` counts an address of the Internet to the LAN, `deny` takes one out of it; by IPv6 neither is listed."""
    for home in homes:
        listed = f"https://camera.{home.domain}/"
        assert client.status(home, listed) == "200"
        assert near.status(home, listed) == REFUSED
        assert client.status(home, listed, family=6) == REFUSED


def test_a_name_is_followed_without_a_run(
    first: runs.Run, homes: list[Home], lab: Any, bind: Bind, client: Client
) -> None:
    """The old address is refused, nginx is reloaded for a change alone, and the last address counts while DNS fails."""
    anna = machine(lab, "anna")
    for home in homes:
        bind.say(A=anna.ipv4)
        url = f"https://www.{home.domain}/named/"
        # It must not come in between.
        home.host.check_output(f"systemctl stop {TIMER}")
        assert (client.status(home, url), anna.status(home, url)) == ("200", REFUSED)
        code, said = look(home)
        assert (code, said) == (0, f"{NAME}: {anna.ipv4} instead of {client.ipv4}")
        assert (client.status(home, url), anna.status(home, url)) == (REFUSED, "200")
        before = workers(home)
        assert look(home) == (0, "")
        bind.say()
        assert look(home) == (0, f"{NAME}: DNS knows no address of it; it counts as {anna.ipv4}")
        assert workers(home) == before
        assert (client.status(home, url), anna.status(home, url)) == (REFUSED, "200")


def test_a_challenge_is_answered_everywhere(first: runs.Run, homes: list[Home], client: Client) -> None:
    """404 is of a token that nobody has."""
    for home in homes:
        for name in (home.domain, f"camera.{home.domain}"):
            assert client.status(home, f"http://{name}/.well-known/acme-challenge/no-such-token") == "404"


def test_the_name_of_an_open_site_opens_no_other(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        asked = client.status(home, f"https://www.{home.domain}/server/", "--http1.1", "-H", f"Host: {home.domain}")
        assert asked in (REFUSED, "421")


# That nothing of a rule stays in the files, test_4_crawlers.py asks in every run.
@pytest.mark.long
def test_without_the_word_everybody_is_answered_again(
    first: runs.Run, homes: list[Home], near: Client, client: Client
) -> None:
    """And nothing of it stays in the files."""
    given = [
        {key: value for key, value in each.items() if key not in ("access", "allow", "deny")}
        for each in sites(near.ipv4, client.ipv4)
    ]
    for each in given:
        each["routes"] = [
            {key: value for key, value in route.items() if key not in ("access", "allow", "locations")}
            for route in each["routes"]
        ]
    done = run([], given)
    assert done.rc == 0, done.tail
    for home in homes:
        assert client.status(home, f"https://{home.domain}/server/") == "200"
        assert client.curl(home, f"https://{home.domain}/says/").stdout == "inside"
        assert home.host.run(RULES_LEFT).stdout == ""
        known = home.host.run(
            f"systemctl list-unit-files --no-legend {TIMER} {LOOK_UP}; ls /etc/nginx/constellation-edge/clients-*"
        )
        assert known.stdout == ""
