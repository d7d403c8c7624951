# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of `cache` in docs/guides/routes.md in front of a service that counts who asks; in this order."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import runs
from conftest import ROOT, Client, Home
from guide import BLOCKS
from lab import recipes
from lab.archive import zipped
from lab.containers import File

TILES = Path(__file__).with_name("tiles.py")
FOLDER = "/opt/tiles"
PORT = 8080
CACHES = "/var/cache/constellation-edge-*"
# What may have been kept, by the names of pictures.
KEPT = {"open", "short", "varies"}
# Before nginx 1.23, of two `Vary` lines the second cannot be seen, so that an answer with one is not kept.
OLD = ("home-debian12", "home-ubuntu2204")
# A question from the host itself.
ASK = """
import socket, ssl, sys
context = ssl._create_unverified_context()
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname=sys.argv[1]) as client:
    client.sendall(f"GET {sys.argv[2]} HTTP/1.1\\r\\nHost: {sys.argv[1]}\\r\\nConnection: close\\r\\n\\r\\n".encode())
    assert b" 200 " in client.recv(99)
"""
# A change with a cache, as nginx tests it before it is made, and in check mode.
TEST = """
import base64, sys, tempfile
archive = tempfile.NamedTemporaryFile(suffix=".zip")
archive.write(base64.b64decode("ARCHIVE"))
archive.flush()
sys.path.insert(0, archive.name)
from constellation_edge._transaction import _candidate
from constellation_edge._transaction.changes import Write
line = b"proxy_cache_path /var/cache/constellation-edge-tried levels=1:2 keys_zone=tried:1m;"
stage = _candidate.new_stage("/var/lib/constellation-edge")
change = Write("/etc/nginx/conf.d/tried.conf", line)
print(_candidate.staged_test_passes("nginx", [change], "/etc/nginx", stage, None))
"""


class Tiles:
    """The machine with the service."""

    def __init__(self, lab: Any) -> None:
        """Start it."""
        self._lab = lab
        files = {f"{FOLDER}/tiles.py": File(TILES.read_bytes())}
        lab.machine("tiles", recipes.services_tag(), command=["sleep", "infinity"], files=files)
        # Of tests that are run again, an earlier one is still there.
        before = f"kill $(cat {FOLDER}/pid) 2>/dev/null; rm -f {FOLDER}/tiles.log"
        begin = f"python3 {FOLDER}/tiles.py {PORT} >/dev/null 2>&1 & echo $! >{FOLDER}/pid"
        lab.exec("tiles", ["sh", "-c", f"{before}; sleep 0.2; {begin}"])
        lab.wait_port("tiles", PORT)
        self.url = f"http://{lab.address('tiles')}:{PORT}"

    def stop(self) -> None:
        """End it."""
        self._lab.exec("tiles", ["sh", "-c", f"kill $(cat {FOLDER}/pid)"])

    def asked(self, path: str) -> int:
        """Return how many requests for a path came."""
        lines: list[str] = self._lab.read("tiles", f"{FOLDER}/tiles.log").decode().splitlines()
        return sum(line.partition(" ")[2] == path for line in lines)


@pytest.fixture(scope="module")
def tiles(lab: Any) -> Tiles:
    """Return the service."""
    return Tiles(lab)


@pytest.fixture(scope="module")
def first(tiles: Tiles, homes: list[Home]) -> runs.Run:
    """Run the playbook with the guide's route, in front of the service."""
    (said,) = (route for sites in BLOCKS for site in sites for route in site.get("routes", ()) if "cache" in route)
    route = {**said, "upstream": tiles.url, "probe": {"status": [200, 404]}}
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": [route]}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


def body(client: Client, home: Home, path: str, *options: str) -> str:
    """Return what is answered."""
    return str(client.curl(home, f"https://{home.domain}{path}", *options).stdout)


def files(home: Home) -> list[str]:
    """Return the keys of what lies on the disk."""
    return sorted(home.host.run(f"grep -rahm1 '^KEY: ' {CACHES}").stdout.splitlines())


def test_it_succeeds(first: runs.Run, homes: list[Home]) -> None:
    assert first.rc == 0, first.tail
    for home in homes:
        (folder,) = home.host.check_output(f"ls -d {CACHES}").splitlines()
        assert (home.host.file(folder).mode, home.host.file(folder).user) == (0o700, "www-data")


def test_the_second_client_is_answered_without_the_service(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client
) -> None:
    for home in homes:
        path = f"/{home.name}/open.png?z=1"
        assert {body(client, home, path) for _each in range(3)} == {"open for nobody in None\n"}
        assert "x-cache-status: hit" in body(client, home, path, "-I").lower()
        assert tiles.asked(path) == 1
        body(client, home, path.replace("z=1", "z=2"))
        assert tiles.asked(path.replace("z=1", "z=2")) == 1


def test_the_answer_to_a_request_with_a_body_is_not_kept(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client
) -> None:
    for home in homes:
        for number, way in enumerate((["-d", "a=b"], ["-H", "Transfer-Encoding: chunked", "-d", "a=b", "--http1.1"])):
            path = f"/{home.name}/open.png?body={number}"
            body(client, home, path, "-X", "GET", *way)
            body(client, home, path)
            assert tiles.asked(path) == 2


@pytest.mark.parametrize("name", ["private.png", "login.png", "strict.png", "silent.png", "gone.png", "open.html"])
def test_what_is_not_to_be_kept_is_asked_for_again(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client, name: str
) -> None:
    for home in homes:
        for _each in range(2):
            body(client, home, f"/{home.name}/{name}")
        assert tiles.asked(f"/{home.name}/{name}") == 2


@pytest.mark.parametrize("who", ["Authorization: Basic anna", "Cookie: session=anna", "Cookie: 0", "X-Emby-Token: a"])
def test_nobody_gets_what_another_one_has_logged_in_for(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client, who: str
) -> None:
    """Neither is an answer to who is logged in kept, nor does he get that of somebody else."""
    for home in homes:
        path = f"/{home.name}/open.png?{who.partition(':')[0]}"
        own = body(client, home, path, "-H", who)
        assert own == body(client, home, path, "-H", who)
        assert body(client, home, path) == "open for nobody in None\n"
        assert body(client, home, path, "-H", who) == own
        assert tiles.asked(path) >= 4


def test_each_language_and_each_part_is_asked_for(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client
) -> None:
    for home in homes:
        path = f"/{home.name}/varies.png"
        for language in ("de", "en", "de", "en"):
            assert (
                body(client, home, path, "-H", f"Accept-Language: {language}") == f"varies for nobody in {language}\n"
            )
        assert body(client, home, f"/{home.name}/open.png?z=1", "-r", "0-3").startswith("open")
        assert body(client, home, f"/{home.name}/open.png?z=1", "-X", "POST").startswith("open")
        assert tiles.asked(f"/{home.name}/open.png?z=1") == 3


def test_events_come_at_once_beside_it(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        url = f"https://{home.domain}/{home.name}/events"
        answer = client.curl(home, url, "-N", "-o", "/dev/null", "-w", "%{time_starttransfer} %{time_total}")
        begun, ended = map(float, answer.stdout.split())
        assert begun < 0.5 < 1.4 < ended


def test_the_disk_holds_what_the_service_has_allowed_and_nothing_else(
    first: runs.Run, homes: list[Home], client: Client
) -> None:
    for home in homes:
        body(client, home, f"/{home.name}/short.png")
        named = {re.search(r"/([a-z]+)\.png", key)[1] for key in files(home)}  # type: ignore[index]
        assert named == (KEPT - {"varies"} if home.name in OLD else KEPT)
        assert all(key.startswith(f"KEY: https://{home.domain}:443/{home.name}/") for key in files(home))


def test_the_lan_has_answers_of_its_own(first: runs.Run, tiles: Tiles, homes: list[Home], client: Client) -> None:
    """The lab's addresses are none of a LAN, but that of the host itself is."""
    for home in homes:
        path = f"/{home.name}/open.png?lan"
        for _each in range(2):
            home.host.check_output("python3 -c %s %s %s", ASK, home.domain, path)
        assert tiles.asked(path) == 1
        assert body(client, home, path) == "open for nobody in None\n"
        assert tiles.asked(path) == 2


def test_a_client_can_ask_for_the_answer_of_now(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client
) -> None:
    for home in homes:
        path = f"/{home.name}/open.png?z=2"
        body(client, home, path, "-H", "Cache-Control: no-cache")
        assert tiles.asked(path) == 2


def test_its_owner_empties_it(first: runs.Run, tiles: Tiles, homes: list[Home], client: Client) -> None:
    """By the command of the guide."""
    (command,) = re.findall(r"^sudo (find /var/cache/.*)$", (ROOT / "docs/guides/routes.md").read_text(), re.MULTILINE)
    for home in homes:
        path = f"/{home.name}/open.png?z=2"
        before = tiles.asked(path)
        home.host.check_output(command)
        assert files(home) == []
        assert {body(client, home, path) for _each in range(2)} == {"open for nobody in None\n"}
        assert tiles.asked(path) == before + 1
        body(client, home, f"/{home.name}/short.png")


def test_a_service_that_is_off_is_answered_for(
    first: runs.Run, tiles: Tiles, homes: list[Home], client: Client
) -> None:
    time.sleep(1.2)
    tiles.stop()
    for home in homes:
        assert body(client, home, f"/{home.name}/short.png") == "short for nobody in None\n"
        assert client.status(home, f"https://{home.domain}/{home.name}/private.png") == "502"
        assert client.status(home, f"https://{home.domain}/{home.name}/short.png", "-H", "Cookie: a=b") == "502"


def test_a_change_that_is_only_tested_leaves_no_cache(first: runs.Run, homes: list[Home]) -> None:
    archive = base64.b64encode(zipped("_transaction._candidate")).decode()
    for home in homes:
        before = home.host.check_output(f"ls -d {CACHES}")
        assert home.host.check_output("python3 -c %s", TEST.replace("ARCHIVE", archive)) == "True"
        assert home.host.check_output(f"ls -d {CACHES}") == before
