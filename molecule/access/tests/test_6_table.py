# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of verify.yml: each cell is right after a run, and each kind of row that is made wrong by hand is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import runs
from conftest import Home, side_by_side

# What each word expects is sampled by test_2_logins.py.
pytestmark = pytest.mark.long
HOST = "{{ inventory_hostname }}"
# In clear text, as a lookup gives it.
CLEAR = "it's {{ not }} a $template"
HASH = "$6$saltsalt$sQ.gHTA6aOr1Ux7cjEtxQVKur7/2i5GQHlY8anYmItPw8AgL1WPS08yMUxyLVNhmPcNYn4qpfFRCwdkGkpCoW1"
SITES = "/etc/nginx/sites-available"
USERS = "/etc/nginx/constellation-edge/users"
BELIEVES = "/etc/nginx/conf.d/believes.conf"
CONTROLLER, ITSELF = "the controller", "the host"


@pytest.fixture(scope="module")
def given(lab: Any) -> list[str]:
    """Return the options by which both playbooks are told the sites: each word, on a site, a route or a location."""
    echo = f"http://{lab.address('jeedom')}:8777"
    main = [
        {"path": "/says/", "return": {"code": 200, "text": "inside"}},
        {"path": "/gone/", "return": 444},
        {"path": "/open/", "upstream": echo, "access": "public"},
    ]
    parts = [{"path": "/admin/", "access": "lan"}, {"path": "= /metrics", "access": "none"}]
    logins = [
        {"path": "/", "upstream": echo},
        {"path": "/either/", "upstream": echo, "access": ["lan", "login"]},
        {"path": "/both/", "upstream": echo, "access": "lan+login"},
        {"path": "/hashed/", "upstream": echo, "users": ["otto"]},
    ]
    sites = [
        {"server_name": f"{HOST}.example.org", "access": "lan", "index": True, "routes": main},
        {"server_name": f"www.{HOST}.example.org", "routes": [{"path": "/", "upstream": echo, "locations": parts}]},
        {"server_name": f"camera.{HOST}.example.org", "access": "login", "routes": logins},
    ]
    users = {"anna": {"__ansible_unsafe": CLEAR}, "otto": HASH}
    return ["-e", json.dumps({"edge_sites": sites}), "-e", json.dumps({"edge_users": users})]


@pytest.fixture(scope="module")
def first(given: list[str]) -> runs.Run:
    """Return the run with these sites."""
    return runs.site(runs.INVENTORY, *given)


def verify(given: list[str], folder: Path, *options: str) -> tuple[runs.Run, dict[str, Any]]:
    """Return what verify.yml says, and its report."""
    file = folder / "report.json"
    done = runs.playbook(runs.VERIFY, runs.INVENTORY, *given, *options, "-e", f"edge_report_file={file}")
    return done, json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(first: runs.Run, given: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[runs.Run, Any]:
    """Return verify.yml's word after the run, with all that Ansible tells."""
    assert first.rc == 0, first.tail
    return verify(given, tmp_path_factory.mktemp("report"), "-vvv")


def rows(report: dict[str, Any], home: Home, url: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return the cells of a place by where they were asked and what was sent, of the first address alone."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in report["access"]:
        if (row["host"], row["url"]) == (home.name, f"https://{url}"):
            found.setdefault(row["from"], {cell["asked"]: cell for cell in row["cells"]})
    return found


def test_every_cell_agrees(table: tuple[runs.Run, Any], homes: list[Home]) -> None:
    done, report = table
    wrong = [(row["url"], row["from"], cell) for row in report["access"] for cell in row["cells"]]
    assert [each for each in wrong if each[2]["result"] == "failed"] == []
    assert done.rc == 0, done.tail
    for home in homes:
        mine = [row for row in report["access"] if row["host"] == home.name]
        # Eleven places from two sides by both versions of IP, and nginx saw the address of each.
        assert len(mine) == 11 * 4
        assert {row["seen"] for row in mine if row["from"] == ITSELF} == {"127.0.0.1", "::1"}
        assert not any(row["seen"] == "unknown" for row in mine)


def test_what_had_to_come_follows_from_who_asks(table: tuple[runs.Run, Any], homes: list[Home]) -> None:
    _done, report = table
    wanted = {
        ("", "/says/"): ("403", "in"),
        ("", "/open/"): ("in", "in"),
        ("", "/"): ("403", "in"),
        ("www.", "/"): ("in", "in"),
        ("www.", "/admin/"): ("403", "in"),
        ("www.", "/metrics"): ("403", "403"),
        ("camera.", "/"): ("401", "401"),
        ("camera.", "/either/"): ("401", "in"),
        ("camera.", "/both/"): ("403", "401"),
    }
    for home in homes:
        for (below, path), expected in wanted.items():
            found = rows(report, home, f"{below}{home.domain}{path}")
            asked = tuple(found[place]["no login"]["expected"] for place in (CONTROLLER, ITSELF))
            assert asked == expected, path
        (login, hashed) = (rows(report, home, f"camera.{home.domain}{path}") for path in ("/", "/hashed/"))
        assert login[ITSELF]["right login"] | {"came": ""} == {
            **{"asked": "right login", "expected": "in", "came": "", "result": "ok", "why": ""}
        }
        assert (hashed[ITSELF]["right login"]["result"], hashed[ITSELF]["right login"]["why"]) == (
            "not proven",
            "edge_users has only a hash",
        )
        assert login[ITSELF]["wrong password"]["result"] == login[ITSELF]["unknown user"]["result"] == "ok"
        spelt = [name for name in rows(report, home, f"www.{home.domain}/admin/")[CONTROLLER] if "spelt" in name]
        assert "spelt /ADMIN/" in spelt
        assert len(spelt) == 8


def test_no_password_is_told_and_nobody_is_banned(table: tuple[runs.Run, Any], homes: list[Home]) -> None:
    done, report = table
    assert CLEAR not in done.text + json.dumps(report)
    assert json.dumps(CLEAR)[1:-1] not in done.text
    for home in homes:
        assert "Currently banned:\t0" in home.host.check_output("fail2ban-client status nginx-http-auth")
        # Two wrong ones from the controller, which fail2ban does not ignore, and more from the host itself.
        tried = home.host.check_output("cat /var/log/nginx/error.log").splitlines()
        failed = [line for line in tried if "password mismatch" in line or "was not found in" in line]
        others = [line for line in failed if "client: 127.0.0.1," not in line and "client: ::1," not in line]
        assert len(failed) > len(others)
        # The files of tests before this one may have left some.
        assert others


# What is done to a host by hand, and what verify then has to say of which place.
FAULTS = {
    "a rule is opened": (
        "sed -i '/auth_request .*near/d' {sites}/www.{domain}",
        ("www.", "/admin/", CONTROLLER, "no login"),
    ),
    "a rule is shut": (
        "sed -i 's,location /open/ {{,&\\n        deny all;,' {sites}/{domain}",
        ("", "/open/", ITSELF, "no login"),
    ),
    "the passwords are gone": (": > {users}/edge_users", ("camera.", "/", ITSELF, "right login")),
    "no spelling is refused": (
        "sed -i '/if (.constellation_edge_disguised)/,/}}/d' {sites}/www.{domain}",
        ("www.", "/admin/", CONTROLLER, "spelt /ADMIN/"),
    ),
    "a header is believed": (
        "printf 'set_real_ip_from 0.0.0.0/0;\\nreal_ip_header X-Forwarded-For;\\n' > {believes}",
        ("www.", "/admin/", CONTROLLER, "forged headers with a LAN address"),
    ),
}


@contextmanager
def faulty(homes: list[Home], command: str) -> Iterator[None]:
    """Do something to each host by hand, and take it back."""
    kept = f"tar -C / -cf /root/kept.tar {SITES[1:]} {USERS[1:]}"
    load = "nginx -t -q && nginx -s reload && sleep 1"

    def spoil(home: Home) -> None:
        names = {"sites": SITES, "users": USERS, "believes": BELIEVES, "domain": home.domain}
        files = f"cat {SITES}/* {USERS}/* /etc/nginx/conf.d/* 2>/dev/null | sha256sum"
        home.host.check_output(f"{kept} && {files} > /root/before; {command.format(**names)} && {load}")
        assert home.host.check_output(files) != home.host.check_output("cat /root/before")

    def mend(home: Home) -> None:
        home.host.check_output(f"rm -f {BELIEVES}; tar -C / -xf /root/kept.tar && rm /root/kept.tar; {load}")

    try:
        side_by_side(homes, spoil)
        yield
    finally:
        side_by_side(homes, mend)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_made_wrong_by_hand_is_told(
    table: tuple[runs.Run, Any], given: list[str], homes: list[Home], tmp_path: Path, fault: str
) -> None:
    command, (below, path, place, asked) = FAULTS[fault]
    with faulty(homes, command):
        done, report = verify(given, tmp_path)
    assert done.rc != 0
    for home in homes:
        cell = rows(report, home, f"{below}{home.domain}{path}")[place][asked]
        assert cell["result"] == "failed", cell
        assert any(f"https://{below}{home.domain}{path}" in problem for problem in report["problems"])
