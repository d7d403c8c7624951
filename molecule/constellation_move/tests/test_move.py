# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server and proxy move together: what clients see of it, and what is left when it fails.

The tests build on each other.

The machines have been converged: the server listens on http://+:8088/constellation/ behind nginx.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import inventory
import pytest
import runs
from conftest import SCENARIO
from lab.progress import poll

HERE = Path(__file__).parent
STEP = HERE.parent / "step.yml"
WATCH = (runs.ROOT / "molecule" / "watch.py").read_text(encoding="utf-8")
PAUSE = "0.02"
CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
# Every key of the stand-in's file is one digit, forty times.
KEY = re.compile(r"(\d)\1{39}")
# Dies where its file says so, and tells a key while it does.
DYING = """#!/bin/sh
if grep -q /dies/ Constellation.Server.exe.config; then
    echo "FATAL no licence for AccessKey=3333333333333333333333333333333333333333"
    exit 3
fi
exec /usr/bin/mono Constellation.Server.exe
"""
BUSY = 15.0


def moved(playbook: Path, path: str, port: int = 8088, *options: str) -> runs.Run:
    """Run a playbook with the Constellation route at another path or port."""
    services = SCENARIO["services"]
    variables = inventory.home_variables(
        {"container": "", "ipv4": ""}, "{{ inventory_hostname }}.example.org", services
    )
    sites = variables["edge_sites"]
    sites[0]["routes"][0] |= {"path": path, "upstream": f"http://127.0.0.1:{port}"}
    return runs.playbook(playbook, runs.INVENTORY, "--extra-vars", json.dumps({"edge_sites": sites}), *options)


def files(home) -> str:
    """Return digest, mode and owner of whatever belongs to server and proxy, as text."""
    of = "/opt/constellation-server /etc/nginx /etc/constellation-edge"
    names = f"find {of} -xdev '(' -type f -o -type l ')'"
    return str(home.host.check_output(f"{names} -exec sha256sum {{}} + ; {names} -printf '%p %m %u %g %l\\n'"))


def spawned(home) -> int:
    """Return how often supervisor has started the server."""
    command = "grep -c \"spawned: 'constellation-server'\" /var/log/supervisor/supervisord.log"
    return int(home.host.check_output(command))


def listens(home) -> list[str]:
    """Return the listenUris of the server's file."""
    return re.findall(r'^      <uri listenUri="([^"]*)"', home.host.check_output("cat %s", CONFIG), re.MULTILINE)


class Watched:
    """What one machine saw: for each round its time and the statuses."""

    def __init__(self, container: str, *targets: str) -> None:
        """Begin to ask."""
        command = ["docker", "exec", "-i", container, "python3", "-c", WATCH, PAUSE, *targets]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.rounds: list[tuple[float, list[int]]] = []

    def end(self) -> None:
        """Stop asking."""
        for line in self.process.communicate(timeout=120)[0].splitlines():
            began, *answers = line.split()
            self.rounds.append((float(began), [int(each.partition("/")[0]) for each in answers]))

    @property
    def longest_gap(self) -> float:
        """The longest time from one round in which an address was served to the next."""
        served = [began for began, statuses in self.rounds if 200 in statuses]
        assert len(served) > 10, self.rounds[-5:]
        return max(after - before for before, after in pairwise(served))


@contextlib.contextmanager
def watched(homes, client, ways: list[str], direct: list[str]) -> Iterator[dict[str, tuple[Watched, Watched]]]:
    """Ask, during a run, each home's public paths from a client and its server on the home itself."""
    seen = {}
    for home in homes:
        public = [f"https://{home.domain}{way}={home.ipv4}" for way in ways]
        here = [f"http://127.0.0.1:{way}" for way in direct]
        outside = Watched(client.host.backend.name, *public)
        seen[home.name] = (outside, Watched(home.host.backend.name, *here))
    try:
        yield seen
    finally:
        for pair in seen.values():
            for each in pair:
                each.end()


@pytest.fixture
def say(capsys) -> Callable[[str], None]:
    """Return what prints a figure of a test that passes, too."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", flush=True)

    return say


def judge(say, what: str, restarts: dict[str, float], seen: dict[str, tuple[Watched, Watched]]) -> None:
    """Print what a change cost, and hold it against the restart.

    What is printed is the figure. What is asserted leaves a busy machine room, and would still show a client that had
    to wait for the whole run.
    """
    for name, (public, server) in seen.items():
        say(
            f"{name}, {what}: without answer for clients {public.longest_gap:.2f} s, on the server itself "
            f"{server.longest_gap:.2f} s; supervisorctl restart takes {restarts[name]:.2f} s"
        )
        assert public.longest_gap <= server.longest_gap + restarts[name] + BUSY


@pytest.fixture(scope="module")
def restarts(homes) -> dict[str, float]:
    """Return how many seconds a restart takes that somebody makes by hand."""
    taken = {}
    for home in homes:
        began = time.monotonic()
        home.host.check_output("supervisorctl restart constellation-server")
        taken[home.name] = time.monotonic() - began
    return taken


@pytest.fixture(scope="module")
def converged(homes) -> dict[str, int]:
    """Return how often the server was started by the first run."""
    return {home.name: spawned(home) for home in homes}


def test_the_first_run_restarted_once(converged, homes):
    assert converged == {home.name: 2 for home in homes}
    assert all(listens(home) == ["http://+:8088/constellation/"] for home in homes)


@pytest.mark.long
def test_a_dry_run_tells_of_the_move(converged, homes):
    before = [files(home) for home in homes]
    run = moved(runs.SITE, "/c/", 8088, "--check", "--diff")
    assert run.rc == 0, run.tail
    assert '+      <uri listenUri="http://+:8088/c/" />' in run.text
    assert "constellation-server: its listenUris change" in run.text
    assert "location /c/ {" in run.text
    assert not KEY.search(run.text)
    assert [files(home) for home in homes] == before


def test_a_move_costs_one_restart(homes, client, restarts, say):
    before = {home.name: spawned(home) for home in homes}
    ways = ["/constellation/", "/c/"]
    with watched(homes, client, ways, [f"8088{way}" for way in ways]) as seen:
        run = moved(runs.SITE, "/c/")
    assert run.rc == 0, run.tail
    judge(say, "path moved", restarts, seen)
    for home in homes:
        assert listens(home) == ["http://+:8088/c/"]
        assert spawned(home) == before[home.name] + 1
        assert client.status(home, f"https://{home.domain}/c/") == "200"
        assert client.status(home, f"https://{home.domain}/constellation/") == "404"


@pytest.mark.long
def test_the_next_run_changes_nothing(homes):
    run = moved(runs.SITE, "/c/")
    assert run.rc == 0, run.tail
    assert all(run.count(home.name, "changed") == 0 for home in homes), run.tail


def test_another_port_costs_one_restart(homes, client, restarts, say):
    before = {home.name: spawned(home) for home in homes}
    with watched(homes, client, ["/c/"], ["8088/c/", "8089/c/"]) as seen:
        run = moved(STEP, "/c/", 8089)
    assert run.rc == 0, run.tail
    judge(say, "port changed", restarts, seen)
    for home in homes:
        assert listens(home) == ["http://+:8089/c/"]
        assert spawned(home) == before[home.name] + 1
        assert client.status(home, f"https://{home.domain}/c/") == "200"


def test_a_port_that_is_taken_changes_nothing(homes, client):
    before = [(files(home), spawned(home)) for home in homes]
    for home in homes:
        home.host.check_output("systemd-run --unit taken python3 -m http.server 8090")
        poll("the port", lambda home=home: home.host.socket("tcp://0.0.0.0:8090").is_listening, 60)
    try:
        run = moved(STEP, "/c/", 8090)
    finally:
        for home in homes:
            home.host.run("systemctl stop taken")
    assert run.rc != 0
    assert re.search(r"port 8090, which python3\S* \(process \d+\)", run.text), run.tail
    assert [(files(home), spawned(home)) for home in homes] == before
    assert all(client.status(home, f"https://{home.domain}/c/") == "200" for home in homes)


def test_what_nginx_refuses_restarts_nothing(homes, client):
    for home in homes:
        home.host.check_output("echo 'broken on;' > /etc/nginx/conf.d/owner.conf")
    before = [(files(home), spawned(home)) for home in homes]
    run = moved(STEP, "/d/", 8089)
    after = [(files(home), spawned(home)) for home in homes]
    for home in homes:
        home.host.check_output("rm /etc/nginx/conf.d/owner.conf")
    assert run.rc != 0
    assert "nginx refuses the new configuration and nothing was changed" in run.text, run.tail
    assert "/etc/nginx/conf.d/owner.conf line 1" in run.text
    assert after == before
    assert all(client.status(home, f"https://{home.domain}/c/") == "200" for home in homes)


@pytest.fixture(scope="module")
def mortal(homes) -> None:
    """Have supervisor start the server by a script, which dies when the file names the path /dies/."""
    for home in homes:
        start = "/opt/constellation-server/start.sh"
        home.host.check_output("printf %s > %s && chmod 755 %s", DYING, start, start)
        home.host.check_output(
            f"sed -i 's|^command=.*|command={start}|' /etc/supervisor/conf.d/constellation-server.conf"
        )
        home.host.check_output("supervisorctl update")
    run = moved(STEP, "/c/", 8089)
    assert run.rc == 0, run.tail


def test_a_server_that_dies_goes_back(mortal, homes, client, say):
    before = [files(home) for home in homes]
    with watched(homes, client, ["/c/"], ["8089/c/"]) as seen:
        run = moved(STEP, "/dies/", 8089)
    assert run.rc != 0
    for name, (public, _server) in seen.items():
        say(f"{name}, died and put back: clients {public.longest_gap:.2f} s")
    assert "every file was put back as it was" in run.text, run.tail
    assert "constellation-server was restarted on its previous listenUris and answers" in run.text
    assert "FATAL no licence for AccessKey=***" in run.text
    assert not KEY.search(run.text)
    assert [files(home) for home in homes] == before
    assert all(client.status(home, f"https://{home.domain}/c/") == "200" for home in homes)


def test_the_run_after_that_changes_nothing(homes):
    run = moved(STEP, "/c/", 8089)
    assert run.rc == 0, run.tail
    assert all(run.count(home.name, "changed") == 0 for home in homes), run.tail


def killed_on_the_way(homes, path: str, port: int) -> runs.Run:
    """Run `site.yml`; on each host, kill the module between the restart of the server and the reload of nginx."""
    with contextlib.ExitStack() as killers:
        for home in homes:
            killers.enter_context(runs.killed_at_restart(home.host.backend.name, "constellation-server"))
        return moved(STEP, path, port)


def converges(homes, client, path: str, port: int) -> None:
    """Run again, and once more."""
    run = moved(STEP, path, port)
    assert run.rc == 0, run.tail
    for home in homes:
        assert listens(home) == [f"http://+:{port}{path}"]
        assert client.status(home, f"https://{home.domain}{path}") == "200"
        left = "find /opt/constellation-server /etc/nginx /var/lib/constellation-edge -name '.*.new' -o -name '.*.old'"
        assert home.host.check_output(left) == ""
    last = moved(STEP, path, port)
    assert last.rc == 0, last.tail
    assert all(last.count(home.name, "changed") == 0 for home in homes), last.tail


def test_a_run_that_is_killed_between_restart_and_reload_is_finished(homes, client):
    run = killed_on_the_way(homes, "/e/", 8089)
    assert run.rc != 0
    # The old configuration of nginx still runs, the server is where it went: no more than that is half done.
    assert all(listens(home) == ["http://+:8089/e/"] for home in homes)
    converges(homes, client, "/e/", 8089)


@pytest.mark.long
def test_a_run_that_is_killed_is_taken_back_when_it_is_not_wanted_any_more(homes, client):
    run = killed_on_the_way(homes, "/f/", 8088)
    assert run.rc != 0
    converges(homes, client, "/e/", 8089)
