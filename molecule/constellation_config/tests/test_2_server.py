# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's own file through moves, by hand and by the server itself. The tests build on each other.

The sentinels on other machines call the public address, as test_1 has left them, and follow.
"""

from __future__ import annotations

import json

import inventory
import pytest
import runs
from conftest import SCENARIO
from lab.progress import poll
from machines import ALL_STEPS, SERVER, listens, sentinels

SENTINELS = sentinels()
# What somebody who edits by hand leaves, in a file with BOM and CRLF.
BY_HAND = """
import pathlib
path = pathlib.Path("%s")
old = b'<uri listenUri="http://+:8088/lan/house/" />'
new = b"<!-- mine: \\xc3\\xa9 -->\\r\\n\\t<uri\\r\\n  listenUri='http://+:8088/lan/house' ></uri>"
data = path.read_bytes()
assert data.count(old) == 1
path.write_bytes(data.replace(old, new))
"""
# What the server leaves when it saves: byte order mark, line ends, quotes and indentation are others.
BY_SERVER = """
import pathlib, xml.dom.minidom
path = pathlib.Path("%s")
path.write_bytes(xml.dom.minidom.parse(str(path)).toxml(encoding="utf-8").replace(b"  ", b"\\t"))
"""


def step(*routes: dict[str, str]) -> runs.Run:
    """Run the step with these Constellation routes in place of the first one."""
    sites = inventory.home_variables(
        {"container": "", "ipv4": ""}, "{{ inventory_hostname }}.example.org", SCENARIO["services"]
    )["edge_sites"]
    sites[0]["routes"][:1] = [{"app": "constellation", **route} for route in routes]
    variables = {"edge_sites": sites, "constellation_config_settle": 0.5}
    return runs.playbook(ALL_STEPS, runs.INVENTORY, "--extra-vars", json.dumps(variables))


def content(home) -> bytes:
    """Return the bytes of the server's file."""
    return home.host.run("cat %s", SERVER).stdout_bytes


def code(home, script: str) -> None:
    """Run a script on the home, with the path of the server's file in it."""
    home.host.check_output("python3 -c %s", script % SERVER)


def everybody_is_at(path: str, homes, client) -> None:
    """Assert that each server is found below a path, and that the sentinels of the first one are connected there."""
    for home in homes:
        assert client.status(home, f"https://{home.domain}{path}") == "200"
    for sentinel in SENTINELS:
        assert sentinel.uri == f"https://{homes[0].domain}{path}"
        assert sentinel.peers(443), sentinel.name


def test_a_move_takes_everybody_along(homes, client):
    run = step({"path": "/lan/house/"})
    assert run.rc == 0, run.tail
    assert all(listens(home.host) == ["http://+:8088/lan/house/"] for home in homes)
    everybody_is_at("/lan/house/", homes, client)


def test_what_was_edited_by_hand_stays_also_on_the_way_back(homes, client):
    for home in homes:
        code(home, BY_HAND)
    before = [content(home) for home in homes]
    run = step({"path": "/lan/house/"})
    assert run.rc == 0, run.tail
    assert [content(home) for home in homes] == before
    run = step({"path": "/constellation/"})
    assert run.rc == 0, run.tail
    moved = [data.replace(b"8088/lan/house'", b"8088/constellation/'") for data in before]
    assert [content(home) for home in homes] == moved
    everybody_is_at("/constellation/", homes, client)


def test_what_the_server_has_saved_is_no_change(homes):
    for home in homes:
        code(home, BY_SERVER)
    before = [content(home) for home in homes]
    run = step({"path": "/constellation/"})
    assert run.rc == 0, run.tail
    assert all(run.count(home.name, "changed") == 0 for home in homes), run.tail
    assert [content(home) for home in homes] == before


@pytest.mark.long
def test_and_is_edited_as_it_stands(homes):
    before = [content(home) for home in homes]
    run = step({"path": "/edited/"})
    assert run.rc == 0, run.tail
    moved = [data.replace(b"8088/constellation/", b"8088/edited/") for data in before]
    assert [content(home) for home in homes] == moved


def test_two_paths_are_two_uris(homes, client):
    run = step({"path": "/constellation/"}, {"path": "/two/"})
    assert run.rc == 0, run.tail
    for home in homes:
        assert listens(home.host) == ["http://+:8088/constellation/", "http://+:8088/two/"]
        assert client.status(home, f"https://{home.domain}/constellation/") == "200"
        assert client.status(home, f"https://{home.domain}/two/") == "200"


def test_a_port_that_is_taken_changes_nothing(homes):
    for home in homes:
        home.host.check_output("systemd-run --unit taken python3 -m http.server 8090")
        poll("the port", lambda home=home: home.host.socket("tcp://0.0.0.0:8090").is_listening, 60)
    before = [content(home) for home in homes], [sentinel.file for sentinel in SENTINELS]
    run = step({"path": "/constellation/", "upstream": "http://127.0.0.1:8090"})
    for home in homes:
        home.host.run("systemctl stop taken")
    assert run.rc != 0
    assert "port 8090, which python3" in run.text, run.tail
    assert ([content(home) for home in homes], [sentinel.file for sentinel in SENTINELS]) == before
