# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Console stays in the LAN and calls the public address; a server on another machine, or out of reach.

The machines of the lab have addresses that are nobody's LAN (RFC 5737): what asks from there asks from outside.
The tests build on each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import inventory
import pytest
import runs
from conftest import SCENARIO
from lab.containers import File
from lab.progress import poll

pytestmark = pytest.mark.long
HERE = Path(__file__).parent
STEP = HERE.parent / "console.yml"
ELSEWHERE = HERE.parent / "elsewhere.yml"
CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
# Where the server's file says that the Console is: `..\Console\`, as the server's documentation writes it.
SCRIPT = "/opt/Console/config.js"
KEY = "4444444444444444444444444444444444444444"
SHIPPED = (
    "\ufeff// Constellation Server URI\r\n"
    'var constellationUri = "{}";\r\n'
    "// Constellation AccessKey (w/ enableControlHub)\r\n"
    f'var constellationAccessKey = "{KEY}"; // réservée'
)
TITLE = "<title>Constellation Console</title>"
# Asked on the host itself, by its loopback.
ASK = """
import http.client, socket, ssl, sys
name, path = sys.argv[1:]
context = ssl._create_unverified_context()
connection = http.client.HTTPSConnection(name)
connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname=name)
connection.request("GET", path)
print(connection.getresponse().read().decode())
"""


def sites(**route) -> list[dict]:
    """Return the sites that every home has, with more said about the Constellation route."""
    services = SCENARIO["services"]
    machine = {"container": "", "ipv4": ""}
    found = inventory.home_variables(machine, "{{ inventory_hostname }}.example.org", services)["edge_sites"]
    found[0]["routes"][0] |= {"path": "/constellation/", **route}
    return found


def run(playbook: Path, *options: str, lan: list[str] | None = None, **route) -> runs.Run:
    """Run a playbook with such sites."""
    variables = {"edge_sites": sites(**route), "edge_lan": lan or []}
    return runs.playbook(playbook, runs.INVENTORY, "--extra-vars", json.dumps(variables), *options)


def console(home, client, way: str = "/constellation/WebConsole/") -> str:
    """Return the status that a client gets."""
    return client.status(home, f"https://{home.domain}{way}", "--path-as-is")


@pytest.fixture(scope="module")
def converged(homes, lab) -> None:
    """Have a Console whose script names the server's first address, and everything in line but that."""
    for home in homes:
        content = SHIPPED.format("http://localhost:8088").encode()
        lab.put(home.name, {SCRIPT: File(content, 0o640)})
    done = run(STEP, "--check", "--diff")
    assert done.rc == 0, done.tail
    assert '-constellationUri = "http://localhost:8088"' in done.text
    assert KEY not in done.text
    assert all(home.host.file(SCRIPT).content.decode() == SHIPPED.format("http://localhost:8088") for home in homes)
    done = run(STEP, "--diff")
    assert done.rc == 0, done.tail
    assert '+constellationUri = ""' in done.text
    assert KEY not in done.text


def test_the_console_calls_the_address_that_it_was_loaded_from(converged, homes):
    for home in homes:
        assert home.host.file(SCRIPT).content.decode() == SHIPPED.format("")
        assert home.host.file(SCRIPT).mode == 0o640


def test_the_next_run_changes_nothing(converged, homes):
    done = run(STEP)
    assert done.rc == 0, done.tail
    assert all(done.count(home.name, "changed") == 0 for home in homes), done.tail


def test_outside_the_lan_it_is_forbidden_by_any_spelling(converged, homes, client):
    for home in homes:
        for way in (
            "WebConsole",
            "webconsole/",
            "/WebConsole",
            "%57ebConsole",
            "%2557ebConsole",
            "x%5c..%5cWebConsole",
        ):
            assert console(home, client, f"/constellation/{way}") == "403", way
        assert console(home, client, "/constellation/") == "200"
        assert client.status(home, f"https://{home.domain}/constellation/WebConsole/", family=6) == "403"


def test_on_the_host_itself_it_is_open(converged, homes):
    for home in homes:
        way = "/constellation/WebConsole/"
        assert TITLE in home.host.check_output("python3 -c %s %s %s", ASK, home.domain, way)


def test_a_network_that_the_owner_counts_as_the_lan(converged, homes, client):
    done = run(STEP, lan=[f"{client.ipv4}/32"])
    assert done.rc == 0, done.tail
    assert [console(home, client) for home in homes] == ["200"] * len(homes)


def test_public_is_open_and_back(converged, homes, client):
    done = run(STEP, console="public")
    assert done.rc == 0, done.tail
    assert [console(home, client) for home in homes] == ["200"] * len(homes)
    for home in homes:
        assert home.host.run("grep -r constellation_edge_kept /etc/nginx").rc == 1
    done = run(STEP)
    assert done.rc == 0, done.tail
    assert [console(home, client) for home in homes] == ["403"] * len(homes)


def test_what_its_owner_rewrites_does_not_open_it(converged, homes, client):
    for home in homes:
        # As many a hand-written location has it: behind `break`, nginx comes to no other `if`.
        line = "rewrite ^(/constellation/.*)$ $1 break;"
        home.host.check_output("sed -i %s /etc/nginx/sites-available/*", rf"s|location /constellation/ {{.*|&\n{line}|")
        home.host.check_output("systemctl reload nginx")
        poll("the hole", lambda home=home: console(home, client) == "200", 60)
    done = run(STEP)
    assert done.rc == 0, done.tail
    assert [console(home, client) for home in homes] == ["403"] * len(homes)
    for home in homes:
        home.host.check_output("sed -i '/^rewrite /d' /etc/nginx/sites-available/*")
    done = run(STEP)
    assert done.rc == 0, done.tail


@pytest.fixture(scope="module")
def far(lab, homes) -> Iterator[str]:
    """Start a machine with a Constellation server and no proxy; return its address."""
    yield lab.home("far", homes[0].name.removeprefix("home-"))
    lab.client.containers.get(lab.container_name("far")).remove(force=True, v=True)


def more(tmp_path: Path, **groups: dict[str, dict]) -> list[str]:
    """Write an inventory of further hosts, each group with the variables of its own, and return the options for it."""
    place = tmp_path / "more.json"
    place.write_text(json.dumps({name: {"hosts": hosts} for name, hosts in groups.items()}))
    return ["-i", str(place)]


def windows(address: str = "192.0.2.7") -> dict:
    """Return the variables of a host that is Windows; nothing answers there, so that whoever calls it fails."""
    return {"ansible_connection": "winrm", "ansible_host": address}


def linux(lab) -> dict:
    """Return the variables of the far machine."""
    reach = {"ansible_connection": "container", "ansible_become": False, "ansible_remote_tmp": "/tmp"}
    python = {"ansible_python_interpreter": "/usr/bin/python3"}
    return {"container_name": lab.container_name("far"), **reach, **python}


def told(done: runs.Run) -> list[str]:
    """Return what the summary says of servers and sentinels elsewhere."""
    assert done.rc == 0, done.tail
    found = [line for line in done.text.splitlines() if "does not serve this path yet" in line or "is Windows" in line]
    return [line.replace('\\"', '"') for line in found]


def test_what_cannot_be_changed_from_here_is_told(converged, homes, far, lab, tmp_path):
    upstream = f"http://{far}:8088"
    texts = told(run(ELSEWHERE, upstream=upstream))
    assert len(texts) == len(homes)
    for text in texts:
        assert "it answers 404 there" in text
        assert "list it in constellation_servers" in text
    texts = told(run(ELSEWHERE, *more(tmp_path, constellation_servers={"tower": windows(far)}), upstream=upstream))
    assert len(texts) == len(homes)
    for text in texts:
        assert "tower is Windows" in text
        assert '<uri listenUri="http://+:8088/constellation/" />' in text
    hosts = {"one": linux(lab), "two": windows()}
    neither = f"http://{SCENARIO['services']['jeedom']}:8088"
    texts = told(run(ELSEWHERE, *more(tmp_path, constellation_servers=hosts), upstream=neither))
    assert len(texts) == len(homes)
    assert all("constellation_servers lists one and two" in text for text in texts)


def test_proxy_and_server_on_two_machines(converged, homes, client, far, lab, tmp_path):
    servers, sentinels = {"server": linux(lab), "tower": windows()}, {"desk": windows()}
    hosts = more(tmp_path, constellation_servers=servers, constellation_sentinels=sentinels)
    done = run(runs.SITE, *hosts, upstream=f"http://{far}:8088")
    (text,) = told(done)
    assert "desk is Windows" in text
    assert all(done.count(name, "changed") == 0 for name in ("desk", "tower")), done.tail
    poll("far", lambda: "constellation/" in lab.read("far", CONFIG).decode("utf-8-sig"), 60)
    for home in homes:
        assert console(home, client, "/constellation/") == "200"
        # The server is asked from the proxy's address, and keeps the Console for its own host.
        assert console(home, client) == "403"
        assert home.host.run("grep -r constellation_edge_kept /etc/nginx").rc == 1
    again = run(runs.SITE, *hosts, upstream=f"http://{far}:8088")
    assert all(again.count(name, "changed") == 0 for name in ("server", *(home.name for home in homes))), again.tail
