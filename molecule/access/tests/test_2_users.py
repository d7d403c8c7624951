# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in by name and password: the example of docs/guides/access.md, and what nobody may read of it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import runs
from conftest import SCENARIO, Client, Home
from guide import blocks

HOST = "{{ inventory_hostname }}"
(GUIDE,) = next(block for block in blocks("access.md") if "users" in block[0])
ANNA, BERT = "correct horse ä:$(id)", "battery staple"
HASH = subprocess.run(
    ["openssl", "passwd", "-6", "-stdin"], input=BERT, capture_output=True, text=True, check=True
).stdout.strip()
FILES = "/etc/nginx/constellation-edge/users"
# Who comes in gets what the service answers, which has nothing there; everybody else gets 401 of nginx.
IN, OUT = "served", "401"
CAMERA = f"http://{SCENARIO['machines']['jeedom']['ipv4']}:8765"
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {'A' * 22}==")
WEB_SOCKET = ("--http1.1", *(word for line in UPGRADE for word in ("-H", line)))
PICTURES = "picture/1/current/"
# Seconds: what the one run says, and what a stream lasts that nobody ends.
GIVEN, LASTING = 2, 120


def run(client: Client, users: list[str], *options: str) -> runs.Run:
    """Run the playbook with the guide's site and these users; who tries wrong passwords here is not banned for it."""
    (route,) = GUIDE["routes"]
    routes = [
        {**route, "upstream": "http://127.0.0.1:8088/constellation/"},
        {"path": "/camera/", "upstream": CAMERA, "prefix": "strip"},
    ]
    site = {**GUIDE, "server_name": f"{HOST}.example.org", "users": users, "routes": routes}
    known = {"edge_users": {"anna": ANNA, "bert": HASH}, "edge_sites": [site]}
    known["nginx_proxy_end_streams_after"] = GIVEN
    return runs.site(runs.INVENTORY, *options, "-e", json.dumps({**known, "edge_fail2ban_ignoreip": [client.ipv4]}))


def came(client: Client, home: Home, url: str, *options: str) -> str:
    """Return what came of a request: the status, or that the service answered."""
    status = client.status(home, url, *options)
    return IN if status in ("400", "404") else status


@pytest.fixture(scope="module")
def first(client: Client) -> runs.Run:
    """Return the run with both users, which says all that it can say."""
    return run(client, ["anna", "bert"], "--diff", "-vvv")


def test_the_run_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


def test_a_right_name_with_its_password_comes_in_and_nobody_else(
    first: runs.Run, homes: list[Home], client: Client
) -> None:
    wanted = {
        f"anna:{ANNA}": (IN, IN),
        f"bert:{BERT}": (IN, OUT),
        f"anna:{BERT}": (OUT, OUT),
        f"anna:{ANNA}x": (OUT, OUT),
        "anna:": (OUT, OUT),
        f"Anna:{ANNA}": (OUT, OUT),
        f"bert:{HASH}": (OUT, OUT),
        "carl:x": (OUT, OUT),
    }
    for home in homes:
        for login, expected in wanted.items():
            paths = (f"https://{home.domain}/", f"https://{home.domain}/admin/")
            assert tuple(came(client, home, path, "-u", login) for path in paths) == expected, login
        assert came(client, home, f"https://{home.domain}/") == OUT


def test_nginx_alone_reads_the_files_and_no_output_or_log_has_a_secret(first: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        shown = home.host.run(f"stat -c '%a %U %G' {FILES}/*").stdout.splitlines()
        assert {*shown} == {"640 root www-data"}
        lines = home.host.run(f"cat {FILES}/*").stdout
        assert f"bert:{HASH}" in lines
        hashes = re.findall(r"\$6\$\S+", lines)
        assert len(hashes) == 3
        logs = home.host.run(
            "journalctl --no-pager 2>/dev/null; cat /var/log/syslog 2>/dev/null; ls -laR /var/lib/constellation-edge"
        )
        kept = home.host.run(
            "find /var/lib/constellation-edge /etc/nginx /root/.ansible -type f -perm -o+r -exec cat {} +"
        )
        for secret in (ANNA, json.dumps(ANNA)[1:-1], BERT, *hashes):
            assert secret not in first.text
            assert secret not in logs.stdout
            assert secret not in kept.stdout
    assert "anna\n" in first.text


Streams = list[Future[str]]


def stream(client: Client, home: Home, path: str, login: str, *options: str) -> str:
    """Open a stream of the camera; return its status when it is over."""
    url = f"https://{home.domain}/camera/{path}"
    return client.status(home, url, "-u", login, "--max-time", str(LASTING), *options)


@pytest.fixture(scope="module")
def streams(first: runs.Run, homes: list[Home], client: Client) -> Iterator[Callable[[], Streams]]:
    """Open a WebSocket of bert's and endless pictures of anna's on each home server; return which are still open."""
    with ThreadPoolExecutor(2 * len(homes)) as pool:
        opened = [
            pool.submit(stream, client, home, *asked)
            for home in homes
            for asked in (("ws", f"bert:{BERT}", *WEB_SOCKET), (PICTURES, f"anna:{ANNA}", "--http2"))
        ]
        # One that is refused is over at once.
        wait(opened, 1)
        yield lambda: [each for each in opened if not each.done()]


def leaving(home: Home) -> list[str]:
    """Return the numbers of nginx's workers of former configurations."""
    # Not the shell that looks for it.
    return str(home.host.run("pgrep -f '[n]ginx: worker process is shutting down'").stdout).split()


def test_streams_go_on_in_a_run_that_takes_nobody_out(streams: Callable[[], Streams], homes: list[Home]) -> None:
    """Although it reloads nginx: the old workers keep them, for as long as their owner says."""
    assert len(streams()) == 2 * len(homes)
    for home in homes:
        changes = {"sites": [], "purge": False, "main_directives": {"worker_shutdown_timeout": "1h"}}
        done = runs.module(runs.INVENTORY, home.name, "nginx_site", end_streams_after=0, **changes)
        assert (done["reloaded"], done["out"], done["ended"]) == (True, [], 0)
        assert leaving(home)
    assert len(streams()) == 2 * len(homes)


def test_who_is_taken_out_is_out_after_the_run_and_all_other_lines_stay(
    first: runs.Run, streams: Callable[[], Streams], homes: list[Home], client: Client
) -> None:
    masters = {home.name: home.host.run("cat /run/nginx.pid").stdout for home in homes}
    before = {home.name: home.host.run(f"grep -h ^anna: {FILES}/*").stdout for home in homes}
    again = run(client, ["anna"], "--diff")
    assert again.rc == 0, again.tail
    assert streams() == []
    for home in homes:
        said = rf"who was logged in as bert \({home.domain}\) is out; all streams of \d+ old workers? of nginx"
        assert re.search(rf"NOTE {said}, whoever's they were, were ended after {GIVEN} s", again.text)
        assert leaving(home) == []
        assert home.host.run("cat /run/nginx.pid").stdout == masters[home.name]
        assert home.host.run("ls /var/lib/constellation-edge/streams.json").rc != 0
        assert home.host.run(f"grep -h ^anna: {FILES}/*").stdout == before[home.name]
        asked = [came(client, home, f"https://{home.domain}/", "-u", each) for each in (f"bert:{BERT}", f"anna:{ANNA}")]
        assert asked == [OUT, IN]
        assert again.changed(home.name) == ["Bring the site files in line and have nginx serve them"]


@pytest.mark.long
def test_what_a_killed_run_leaves_is_done_by_the_next_one(first: runs.Run, homes: list[Home], client: Client) -> None:
    """Killed while it waits for the old workers to end by themselves."""

    def take_in(home: Home, user: str, seconds: int) -> dict[str, Any]:
        users = {"sites": [], "purge": False, "password_files": {"killed": {user: HASH}}}
        return runs.module(runs.INVENTORY, home.name, "nginx_site", end_streams_after=seconds, **users)

    for home in homes:
        take_in(home, "carl", 0)
        with ThreadPoolExecutor(2) as pool:
            opened = pool.submit(stream, client, home, PICTURES, f"anna:{ANNA}", "--http2")
            assert not wait([opened], 1).done
            cut = pool.submit(take_in, home, "dora", LASTING)
            end = time.monotonic() + LASTING
            while not leaving(home):
                assert time.monotonic() < end
                time.sleep(0.2)
            home.host.check_output("kill -9 $(cat /run/constellation-edge.lock)")
            assert cut.exception() is not None
            assert not opened.done()
            done = take_in(home, "dora", 0)
            assert done["ended"] >= 1
            assert done["out"][0].startswith("who was logged in as carl (killed) is out; ")
            assert opened.result(5) == "200"
        assert leaving(home) == []
        assert take_in(home, "dora", 0)["changed"] is False
