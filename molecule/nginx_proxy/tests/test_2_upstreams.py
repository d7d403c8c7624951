# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of `upstream` in docs/guides/routes.md in front of real services: sockets, paths, lists and gRPC."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import calling
import pytest
import runs
from conftest import Client, Home
from guide import BLOCKS
from lab import recipes
from lab.containers import File

UPSTREAMS = [route for sites in BLOCKS for site in sites for route in site.get("routes", ()) if "upstream" in route]
APP = Path(__file__).with_name("app.py")
FOLDER = "/opt/app"
PORTS = {"one": 8081, "two": 8082}
# With nginx 1.18.
TOO_OLD = ("home-ubuntu2204",)
# RFC 6455 section 1.3 (2011): the key of the example.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
# Each the opposite of what a route has by itself.
OTHER = {"buffering": True, "read_timeout": 1, "websocket": False, "method_override": True}


class Apps:
    """A machine with two services."""

    def __init__(self, lab: Any) -> None:
        """Start both."""
        self._lab = lab
        files = {f"{FOLDER}/app.py": File(APP.read_bytes())}
        lab.machine("apps", recipes.services_tag(), command=["sleep", "infinity"], files=files)
        self.address = lab.address("apps")
        for name in PORTS:
            self.start(name)

    def start(self, name: str) -> None:
        """Start one."""
        command = f"python3 {FOLDER}/app.py {name} {PORTS[name]} >/dev/null 2>&1 & echo $! >{FOLDER}/{name}.pid"
        self._lab.exec("apps", ["sh", "-c", command])
        self._lab.wait_port("apps", PORTS[name])

    def stop(self, name: str) -> None:
        """End one."""
        self._lab.exec("apps", ["sh", "-c", f"kill $(cat {FOLDER}/{name}.pid)"])

    def got(self, what: str) -> dict[str, int]:
        """Return how many requests with a text in their line came to each."""
        return {name: self._lab.read("apps", f"{FOLDER}/{name}.log").decode().count(what) for name in PORTS}


@pytest.fixture(scope="module")
def apps(lab: Any, homes: list[Home]) -> Apps:
    """Return the services; each home has one of its own on the guide's socket."""
    program = base64.b64encode(APP.read_bytes()).decode()
    for home in homes:
        home.host.check_output(f"mkdir -p {FOLDER} && echo {program} | base64 -d > {FOLDER}/app.py")
        home.host.check_output(f"systemd-run --unit=edge-app python3 {FOLDER}/app.py socket {socket_path()}")
    return Apps(lab)


def socket_path() -> str:
    """Return the socket of the guide's example."""
    (found,) = [each["upstream"] for each in UPSTREAMS if str(each["upstream"]).startswith("unix:")]
    return str(found).removeprefix("unix:")


def routes(apps: Apps) -> list[dict[str, Any]]:
    """Return the guide's routes, in front of the lab's services."""
    (desk,) = [each for each in UPSTREAMS if str(each["upstream"]).endswith("/guacamole/")]
    lists = [each for each in UPSTREAMS if isinstance(each["upstream"], list)]
    (plain,) = [each for each in lists if "sticky" not in each and isinstance(each["upstream"][1], str)]
    (sticky,) = [each for each in lists if "sticky" in each]
    (spare,) = [each for each in lists if each not in (plain, sticky)]
    one, two = (f"http://{apps.address}:{port}" for port in PORTS.values())
    both, with_spare = [one, two], [one, {"url": two, "backup": True}]
    assert spare["upstream"][1] == {"url": spare["upstream"][1]["url"], "backup": True}
    return [
        {"path": "/constellation/", "app": "constellation"},
        {"path": "/wiki/", "upstream": "unix:" + socket_path()},
        {**desk, "upstream": f"{one}/guacamole/"},
        {**plain, "path": "/several/", "upstream": both},
        {**sticky, "path": "/same/", "upstream": both},
        {**spare, "path": "/spare/", "upstream": with_spare},
        {"path": "/usual/", "upstream": one},
        {"path": "/other/", "upstream": one, **OTHER},
    ]


def run(*given: dict[str, Any], spoken: Sequence[dict[str, Any]] = ()) -> runs.Run:
    """Run the playbook with these routes, and with those `spoken` where nginx is new enough for gRPC."""
    choice = "{{ lab_routes + (lab_spoken if inventory_hostname not in %s else []) }}" % [*TOO_OLD]
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": choice}]
    return runs.site(
        runs.INVENTORY, "-e", json.dumps({"edge_sites": sites, "lab_routes": given, "lab_spoken": [*spoken]})
    )


@pytest.fixture(scope="module")
def speaking(homes: list[Home]) -> list[Home]:
    """Return the homes whose nginx is new enough for gRPC."""
    return [home for home in homes if home.name not in TOO_OLD]


@pytest.fixture(scope="module")
def speaker(lab: Any, client: Client, tmp_path_factory: pytest.TempPathFactory) -> calling.Speaker:
    """Return the services that speak gRPC."""
    return calling.Speaker(lab, client, tmp_path_factory.mktemp("inventory"))


@pytest.fixture(scope="module")
def first(apps: Apps, speaker: calling.Speaker) -> runs.Run:
    """Return the first run."""
    return run(*routes(apps), spoken=calling.routes(speaker))


def body(client: Client, home: Home, path: str, *options: str) -> str:
    """Return what a route answers."""
    return str(client.curl(home, f"https://{home.domain}{path}", "--path-as-is", *options).stdout)


def test_it_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


class TestSocket:
    """The service's socket is root's at first."""

    def test_one_that_nginx_may_not_use_is_told(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            said = f"{home.domain}/wiki/: nginx cannot reach the service at unix:{socket_path()} (www-data: Permission"
            assert said in first.text.replace("\n", " ")
            assert client.status(home, f"https://{home.domain}/wiki/") == "502"

    def test_one_that_it_may_use_answers(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            home.host.check_output(f"chmod 666 {socket_path()}")
            assert body(client, home, "/wiki/a%2Fb?c") == f"socket /wiki/a%2Fb?c {home.domain}\n"


class TestUsualKeys:
    """Two routes to one service, the second with keys that say the opposite."""

    def test_an_answer_comes_as_the_service_sends_it(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            usual, other = (body(client, home, f"/{route}/drip", "--max-time", "2") for route in ("usual", "other"))
            assert usual.startswith("one /usual/drip")
            assert other == ""

    def test_how_long_a_service_may_be_silent(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            asked = [client.status(home, f"https://{home.domain}/{route}/slow") for route in ("usual", "other")]
            assert asked == ["200", "504"]

    def test_a_web_socket_is_opened(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        asks = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
        said = ("--http1.1", "--max-time", "5", *(word for each in asks for word in ("-H", each)))
        for home in homes:
            urls = [f"https://{home.domain}/{route}/ws" for route in ("usual", "other")]
            assert [client.status(home, url, *said) for url in urls] == ["101", "200"]

    def test_another_method_in_a_header_is_told_where_it_is_said(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            said = ("-H", "X-HTTP-Method-Override: DELETE")
            told = ["DELETE" in body(client, home, f"/{route}/", *said) for route in ("usual", "other")]
            assert told == [False, True]


class TestPath:
    """The service's own path takes the place of the public one."""

    def test_what_the_client_wrote_comes_below_it(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for rest in ("", "a%2Fb", "a%20b/?c=%2F", "%25", "x//y"):
                assert body(client, home, f"/desk/{rest}") == f"one /guacamole/{rest} {home.domain}\n"

    def test_redirects_and_cookies_come_back(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            head = body(client, home, "/desk/redirect", "-D", "-", "-o", "/dev/null").lower()
            assert f"location: https://{home.domain}/desk/home?a=1\r" in head
            assert "set-cookie: session=1; path=/desk/\r" in head


class TestList:
    """Two services behind one route."""

    def test_they_take_turns_and_a_client_may_stay(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            several = {body(client, home, "/several/").split()[0] for _number in range(8)}
            assert several == {"one", "two"}
            assert len({body(client, home, "/same/").split()[0] for _number in range(8)}) == 1
            assert {body(client, home, "/spare/").split()[0] for _number in range(4)} == {"one"}

    def test_what_a_service_may_have_done_is_not_done_again(
        self, first: runs.Run, apps: Apps, homes: list[Home], client: Client
    ) -> None:
        for number, home in enumerate(homes):
            for method, times in (("POST", 1), ("GET", 2)):
                path = f"/several/hang-up-{method}-{number}"
                asked = client.status(home, f"https://{home.domain}{path}", "-X", method, "-d", "once")
                assert asked == "502"
                assert sum(apps.got(f"{method} {path} ").values()) == times
                # One failure of each is none for which it is left alone.
                assert body(client, home, "/several/").split()[0] in PORTS

    def test_without_one_the_other_answers(
        self, first: runs.Run, apps: Apps, homes: list[Home], client: Client
    ) -> None:
        apps.stop("one")
        for home in homes:
            for path in ("/several/", "/same/", "/spare/"):
                assert {body(client, home, path).split()[0] for _number in range(4)} == {"two"}
            # It was not sent anywhere before.
            assert body(client, home, "/several/", "-d", "once").split()[0] == "two"
        apps.start("one")


class TestGrpc:
    """Clients speak gRPC with the services through HTTPS; by `http://` no call would be answered."""

    def test_the_run_has_called_each_service(self, first: runs.Run, speaking: list[Home]) -> None:
        for home in speaking:
            for path in ("/edge.Lab", "/below/constellation.edge.Probe", "/tls/constellation.edge.Probe"):
                assert f"https://{home.domain}{path}/ConstellationEdgeProbe" in first.text
        assert "instead of an answer by gRPC" not in first.text

    @pytest.mark.parametrize(("path", "name"), [("", "plain"), ("/below", "plain"), ("/tls", "tls")])
    def test_a_call_is_answered(
        self, first: runs.Run, speaking: list[Home], client: Client, path: str, name: str
    ) -> None:
        for home in speaking:
            status, came, _moments = calling.called(client, home, f"{path}/edge.Lab/Tell")
            assert (home.name, status, [each[0] for each in came]) == (home.name, "OK", [name])
            # What is no method of the service, the service says.
            assert calling.called(client, home, f"{path}/edge.Lab/None")[0] == "UNIMPLEMENTED"

    def test_a_stream_comes_piece_by_piece(self, first: runs.Run, speaking: list[Home], client: Client) -> None:
        for home in speaking:
            status, came, moments = calling.called(client, home, "/edge.Lab/Count")
            assert (status, came) == ("OK", [0, 1, 2])
            assert moments[2] - moments[0] > 0.3

    def test_messages_go_both_ways_in_one_call(self, first: runs.Run, speaking: list[Home], client: Client) -> None:
        for home in speaking:
            assert calling.called(client, home, "/edge.Lab/Chat")[:2] == ("OK", ["a", "b"])

    @pytest.mark.long
    def test_a_client_may_be_silent(self, first: runs.Run, speaking: list[Home], client: Client) -> None:
        """Elsewhere nginx gives up after 30 seconds without a part of a request's body."""
        for home in speaking:
            assert calling.called(client, home, "/edge.Lab/Chat", ["pause", "33"])[:2] == ("OK", ["a", "b"])

    def test_a_client_says_nothing_of_itself(self, first: runs.Run, speaking: list[Home], client: Client) -> None:
        for home in speaking:
            _status, came, _moments = calling.called(client, home, "/edge.Lab/Tell", *calling.EMPTIED, ["x-a", "kept"])
            told = dict(came[0][2])
            assert "lie" not in told.values()
            assert told.items() >= {"x-forwarded-for": client.ipv4, "x-a": "kept"}.items()
            found = re.search(r"nginx/1\.(\d+)", home.host.run("nginx -v").stderr)
            assert found
            for lie in calling.REFUSED:
                status, came, _moments = calling.called(client, home, "/edge.Lab/Tell", lie)
                # An older nginx sees the first header of a name alone, so that it takes them all out instead.
                if int(found[1]) < 23:
                    assert (status, "lie" in dict(came[0][2]).values()) == ("OK", False)
                else:
                    assert (status, came) == ("INTERNAL", [])

    def test_a_service_that_is_off_is_unavailable(
        self, first: runs.Run, speaker: calling.Speaker, speaking: list[Home], client: Client
    ) -> None:
        speaker.stop("plain")
        for home in speaking:
            assert calling.called(client, home, "/edge.Lab/Tell")[0] == "UNAVAILABLE"
        speaker.start("plain")

    def test_an_nginx_that_loses_answers_is_refused(self, speaker: calling.Speaker, homes: list[Home]) -> None:
        old = [home for home in homes if home.name in TOO_OLD]
        if not old:
            pytest.skip("Ubuntu 22.04 is not among the systems of this run")
        sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": calling.routes(speaker)}]
        refused = runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))
        assert refused.rc != 0
        for home in old:
            assert f"host {home.name}, site {home.domain}, route /edge.Lab/: upstream" in refused.text


@pytest.mark.long
def test_the_next_run_changes_nothing(first: runs.Run, apps: Apps, speaker: calling.Speaker, homes: list[Home]) -> None:
    for home in homes:
        home.host.check_output(f"chmod 666 {socket_path()}")
    second = run(*routes(apps), spoken=calling.routes(speaker))
    assert second.rc == 0, second.tail
    for home in homes:
        assert second.count(home.name, "changed") == 0, second.tail
        assert "cannot reach the service" not in second.text


def test_the_proxy_itself_is_no_service(apps: Apps, homes: list[Home]) -> None:
    itself = "http://{{ inventory_hostname }}"
    several = [f"http://{apps.address}:8081", itself]
    refused = run({"path": "/x/", "upstream": several})
    assert refused.rc != 0
    for home in homes:
        assert f"upstream 'http://{home.name}' is the proxy itself" in refused.text
