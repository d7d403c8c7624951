# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in by a login: the examples of docs/guides/access.md, asked from inside the LAN and from outside."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import runs
from conftest import Client, Home, machine
from guide import blocks

HOST = "{{ inventory_hostname }}"
BLOCKS = {sites[0]["server_name"].partition(".")[0]: sites[0] for sites in blocks("access.md")}
LOGIN, EITHER, BOTH = (BLOCKS[name] for name in ("wiki", "nas", "router"))
# That of the guide's hash, and one that the host makes a hash of.
OTTO, ANNA = "otto:right password", "anna:it's {{ not }} a $template"
FILES = "/etc/nginx/constellation-edge/users"
BANNED_AFTER = 60
# What a client of the stand-in for a Constellation server sends.
CONSUMER, KEY = "SentinelName=Consumer&PackageName=test", f"&AccessKey={'1' * 40}"
CHECK = f"consumer/CheckAccess?{CONSUMER}"


def options(lan: str, users: dict[str, str], echo: str, client: str) -> list[str]:
    """Return the guide's sites as a playbook is told, each under a name of the lab; neither client is banned."""
    said = (("", LOGIN), ("www.", EITHER), ("camera.", BOTH))
    sites = []
    for name, site in said:
        own = {key: value for key, value in site.items() if key == "access"}
        routes = [{**site["routes"][0], "upstream": echo}]
        # Its preset knows what asks for a key of its own.
        routes += [{"path": "/server/", "app": "constellation"}] if site is LOGIN else []
        sites.append({"server_name": f"{name}{HOST}.example.org", **own, "routes": routes})
    # As a lookup gives them, and not as text of a file.
    given = {"edge_lan": [f"{lan}/32"], "edge_sites": sites, "edge_fail2ban_ignoreip": [lan, client]}
    return ["-e", json.dumps(given), "-e", json.dumps({"edge_users": _unsafe(users)})]


def run(lan: str, users: dict[str, str], echo: str, client: str) -> runs.Run:
    """Run the playbook with them."""
    return runs.site(runs.INVENTORY, *options(lan, users, echo, client))


def _unsafe(users: dict[str, str]) -> dict[str, Any]:
    return {name: {"__ansible_unsafe": secret} for name, secret in users.items()}


def users() -> dict[str, str]:
    """Return the guide's user with a hash, and one whose password is hashed on the host."""
    name, _colon, password = ANNA.partition(":")
    return {
        name: password,
        "otto": "$6$saltsalt$sQ.gHTA6aOr1Ux7cjEtxQVKur7/2i5GQHlY8anYmItPw8AgL1WPS08yMUxyLVNhmPcNYn4qpfFRCwdkGkpCoW1",
    }


@pytest.fixture(scope="module")
def near(lab: Any) -> Client:
    """Return a machine that `edge_lan` counts to the LAN."""
    return machine(lab, "near")


@pytest.fixture(scope="module")
def echo(lab: Any) -> str:
    """Return the URL of a service that reports what it is sent."""
    return f"http://{lab.address('jeedom')}:8777"


@pytest.fixture(scope="module")
def first(near: Client, client: Client, echo: str) -> runs.Run:
    """Return the run with the guide's sites."""
    return run(near.ipv4, users(), echo, client.ipv4)


def status(client: Client, home: Home, below: str, login: str = "", *options: str) -> str:
    who = ["-u", login] if login else []
    return client.status(home, f"https://{below}{home.domain}/", *who, *options)


def test_the_run_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


@pytest.mark.parametrize("options", [("--http1.1",), ("--http2",)])
def test_each_word_asks_whom_it_says(
    first: runs.Run, homes: list[Home], near: Client, client: Client, options: tuple[str, ...]
) -> None:
    for home in homes:
        for who, below, wanted in (
            (client, "", ("401", "401", "200", "200")),
            (near, "", ("401", "401", "200", "200")),
            (client, "www.", ("401", "401", "200", "200")),
            (near, "www.", ("200", "200", "200", "200")),
            (client, "camera.", ("403", "403", "403", "403")),
            (near, "camera.", ("401", "401", "401", "200")),
        ):
            logins = ("", "otto:wrong", OTTO, ANNA)
            assert tuple(status(who, home, below, login, *options) for login in logins) == wanted, (below, who.name)


def test_the_question_names_basic_authentication(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        head = client.curl(home, f"https://{home.domain}/", "-I").stdout.lower()
        assert 'www-authenticate: basic realm="login"' in head


def test_a_service_sees_no_password_of_nginx(first: runs.Run, homes: list[Home], near: Client, client: Client) -> None:
    """Where nobody is asked for one, it is between client and service."""
    for home in homes:
        for who, below, sees in ((client, "", False), (client, "www.", False), (near, "www.", True)):
            head = json.loads(who.curl(home, f"https://{below}{home.domain}/", "-u", OTTO).stdout)["head"]
            assert any(line.lower().startswith("authorization:") for line in head) is sees, (who.name, below)


def test_a_constellation_server_asks_for_its_own_key(first: runs.Run, homes: list[Home], client: Client) -> None:
    """Sentinels, packages and applications cannot log in; browsers send a login to every path of a name."""
    for home in homes:
        for options in ((), ("-u", OTTO)):
            asked = {
                path: client.status(home, f"https://{home.domain}/server/{path}", *options)
                for path in ("", "WebConsole/", f"rest/{CHECK}", f"rest/{CHECK}{KEY}", f"signalr/ping?{CONSUMER}{KEY}")
            }
            assert [*asked.values()] == ["200" if options else "401", "403", "403", "200", "200"], (home.name, asked)


# That lines of users who stay are the very same, and nothing else changes, test_2_users.py asks in every run.
@pytest.mark.long
def test_the_next_run_changes_nothing(
    first: runs.Run, homes: list[Home], near: Client, client: Client, echo: str
) -> None:
    before = [home.host.check_output(f"sha256sum {FILES}/*") for home in homes]
    again = run(near.ipv4, users(), echo, client.ipv4)
    assert again.rc == 0, again.tail
    assert [again.count(home.name, "changed") for home in homes] == [0 for _home in homes]
    assert [home.host.check_output(f"sha256sum {FILES}/*") for home in homes] == before


def test_verify_finds_each_answer_as_the_rules_say(
    first: runs.Run, homes: list[Home], near: Client, client: Client, echo: str, tmp_path: Path
) -> None:
    """From outside, where the controller is, and from the host; test_6_table.py has all of it."""
    file = tmp_path / "report.json"
    given = [*options(near.ipv4, users(), echo, client.ipv4), "-e", f"edge_report_file={file}"]
    done = runs.playbook(runs.VERIFY, runs.INVENTORY, *given)
    assert done.rc == 0, done.tail
    table = json.loads(file.read_text())["access"]
    for home in homes:
        for below, wanted in (("", "401 401"), ("www.", "401 in"), ("camera.", "403 401")):
            rows = [row for row in table if row["url"] == f"https://{below}{home.domain}/"]
            cells = {row["from"]: {cell["asked"]: cell for cell in row["cells"]} for row in reversed(rows)}
            sides = [cells[side]["no login"] for side in ("the controller", "the host")]
            assert " ".join(each["expected"] for each in sides) == wanted
            assert [each["result"] for each in sides] == ["ok", "ok"]
        assert cells["the host"]["right login"]["result"] == "ok"


def test_who_tries_passwords_is_banned(first: runs.Run, homes: list[Home], attacker: Client) -> None:
    for home in homes:
        deadline = time.monotonic() + BANNED_AFTER
        try:
            while status(attacker, home, "", "anna:wrong", "--max-time", "3") != "000":
                assert time.monotonic() < deadline, home.name
                time.sleep(0.3)
            assert attacker.ipv4 in home.host.check_output("fail2ban-client status nginx-http-auth")
        finally:
            home.host.run(f"fail2ban-client unban {attacker.ipv4}")
        assert status(attacker, home, "") == "401"
