# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide says of whole sites, asked from another machine with the keys and after they are taken out."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home
from guide import said_of_site as said

HOST = "{{ inventory_hostname }}"
# More than nginx by itself takes of a body, 1 MB.
LARGE = "/usr/bin/python3"
# Nothing listens there.
OFF = "http://127.0.0.1:9"
PAGE = "<!doctype html><title>off</title><p>The camera sleeps, and costs $0.\n"
# The server may have been at the root before, from where its readers would be sent on.
CONSTELLATION = {"path": "/constellation/", "app": "constellation", "moved_from": ""}
SERVICE = {"path": "/", "upstream": OFF}
UNTIL = "2226-12-24 18:00 +01:00"
ZM = {"path": "/zm/", "app": "zoneminder", "upstream": OFF}
ROUTES = [CONSTELLATION, ZM, {"path": "/off/", "upstream": OFF}, {"path": "/old/", "upstream": OFF}]


def run(keys: dict[str, Any], **closed: dict[str, Any]) -> runs.Run:
    """Run the playbook with these keys of the site, and with sites below it that are in maintenance."""
    sites = [{"server_name": f"{HOST}.example.org", "routes": ROUTES, **keys}]
    sites += [
        {"server_name": f"{name}.{HOST}.example.org", "routes": [SERVICE], "maintenance": maintenance}
        for name, maintenance in closed.items()
    ]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the keys of the guide, with a page of the owner's."""
    page = tmp_path_factory.mktemp("inventory") / "off.html"
    page.write_text(PAGE, encoding="utf-8")
    assert said("error_pages") == {502: "{{ inventory_dir }}/off.html"}
    pages = {"error_pages": {502: str(page)}, "content_policy": said("content_policy"), "index": said("index")}
    return {**pages, "hsts": False, "frame_ancestors": ["https://frame.example.org"]}


@pytest.fixture(scope="module")
def first(keys: dict[str, Any], lab: Any, client: Client) -> runs.Run:
    """Return the run with the keys."""
    ZM["upstream"] = f"http://{lab.address('zoneminder')}"
    SERVICE["upstream"] = f"http://{lab.address('jeedom')}"
    maintenance = said("maintenance")
    return run(
        keys,
        www={**maintenance, "allow": [maintenance["allow"], client.ipv4], "until": UNTIL, "text": "Back <soon>, $5"},
        camera={"until": "2026-01-01 00:00 Z"},
    )


def answer(
    client: Client, home: Home, path: str, *options: str, below: str = "", family: int = 4
) -> tuple[str, dict[str, str], str]:
    """Return the status, the headers by their names in small letters, and the body."""
    url = f"https://{below}{home.domain}{path}"
    text = client.curl(home, url, "-i", *options, family=family).stdout.replace("\r\n", "\n")
    head, _blank, body = text.partition("\n\n")
    status, *lines = head.split("\n")
    return (
        status.split()[1],
        {name.lower(): value for name, _c, value in (each.partition(": ") for each in lines)},
        body,
    )


class TestErrorPages:
    """A service that is off, and what nginx itself answers elsewhere."""

    def test_the_run_succeeds(self, first: runs.Run) -> None:
        assert first.rc == 0, first.tail

    @pytest.mark.parametrize(
        "options", [(), ("-X", "POST", "-d", "a=b"), ("-T", LARGE), ("-H", "Accept: application/json")]
    )
    def test_a_service_that_is_off_has_the_owners_page_and_the_right_status(
        self, first: runs.Run, homes: list[Home], client: Client, options: tuple[str, ...]
    ) -> None:
        for home in homes:
            status, headers, body = answer(client, home, "/off/", *options)
            assert (status, body) == ("502", PAGE)
            assert headers["content-type"] == "text/html"
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"

    def test_other_statuses_have_a_page_that_names_the_site(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            status, headers, body = answer(client, home, "/<script>alert(1)</script>")
            assert status == "404"
            assert f"<h1>{home.domain}</h1><p>No service has this address. </p>" in body
            assert "script" not in body
            assert headers["cache-control"] == "no-store"

    def test_nobody_asks_for_a_page_itself(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for path in ("", "/502", "/404", "/x"):
                assert answer(client, home, f"/.constellation-edge/error{path}")[0] == "404"

    def test_what_a_service_says_itself_stays(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            status, _headers, body = answer(client, home, "/constellation/no-such-page")
            assert status == "404"
            assert home.domain not in body


class TestContentPolicy:
    """Beside a service that says none."""

    def test_a_page_loads_from_the_site_alone(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            policy = answer(client, home, "/zm/")[1]["content-security-policy"]
            framers, _semicolon, _rest = policy.partition(";")
            assert framers.startswith("frame-ancestors 'self' ")
            assert "https://frame.example.org" in framers
            assert f"; connect-src 'self' data: blob: wss://{home.domain}" in policy
            assert "default-src" not in answer(client, home, "/", below="www.")[1]["content-security-policy"]


class TestHsts:
    """Off on one site, and on where nothing is said."""

    def test_browsers_are_told_on_the_other_sites_alone(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            for path in ("/", "/constellation/", "/off/", "/none"):
                assert "strict-transport-security" not in answer(client, home, path)[1]
            assert answer(client, home, "/", below="www.")[1]["strict-transport-security"].startswith("max-age=")


class TestIndex:
    """At the root, where no route is."""

    def test_the_root_has_a_link_to_each_route(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            status, headers, body = answer(client, home, "/")
            assert status == "200"
            assert headers["content-type"] == "text/html"
            assert headers["x-content-type-options"] == "nosniff"
            assert f"<h1>{home.domain}</h1>" in body
            assert '<li>zoneminder <a href="/zm/">/zm/</a></li>\n<li><a href="/off/">/off/</a></li>' in body
            assert answer(client, home, "/", "-X", "POST", "-d", "a=b")[0] == "405"
            assert answer(client, home, "/.constellation-edge/index")[0] == "404"
            assert answer(client, home, "/other")[0] == "404"
            assert f"https://{home.domain}/ " in first.text


class TestMaintenance:
    """By IPv4 the client is let in, by IPv6 it is somebody else."""

    def test_who_is_allowed_gets_the_service(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            assert answer(client, home, "/", below="www.")[0] == "200"

    @pytest.mark.parametrize("options", [(), ("-X", "POST", "-d", "a=b"), ("-T", LARGE)])
    def test_others_are_told_when_to_come_back(
        self, first: runs.Run, homes: list[Home], client: Client, options: tuple[str, ...]
    ) -> None:
        for home in homes:
            status, headers, body = answer(client, home, "/a?b", *options, below="www.", family=6)
            assert status == "503"
            assert headers["retry-after"] == "Sun, 24 Dec 2226 17:00:00 GMT"
            assert headers["cache-control"] == "no-store"
            assert "strict-transport-security" in headers
            assert "<p>Back &#60;soon&#62;, &#36;5</p><p>Until 2226-12-24 18:00 UTC+01:00</p>" in body

    def test_a_site_whose_time_is_over_is_open(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            assert answer(client, home, "/", below="camera.", family=6)[0] == "200"

    def test_it_is_told_and_certificates_are_issued_meanwhile(self, first: runs.Run, homes: list[Home]) -> None:
        assert "MISSING certificate" not in first.text
        for home in homes:
            assert f"NOTE www.{home.domain} is in maintenance until 2226-12-24 18:00 UTC+01:00" in first.text
            assert f"NOTE the maintenance of camera.{home.domain} is over since 2026-01-01 00:00 UTC" in first.text


class TestWithoutTheKeys:
    """What the keys wrote goes with them."""

    @pytest.fixture(scope="class")
    def second(self, first: runs.Run) -> runs.Run:
        """Return a run without the keys."""
        return run({}, www={"allow": "lan"})

    def test_nothing_of_them_stays(self, second: runs.Run, homes: list[Home], client: Client) -> None:
        assert second.rc == 0, second.tail
        for home in homes:
            status, headers, body = answer(client, home, "/off/")
            assert status == "502"
            assert "<p>The service does not answer.</p>" in body
            assert answer(client, home, "/off/", "-T", LARGE)[::2] == (status, body)
            assert "cache-control" not in headers
            assert "default-src" not in headers["content-security-policy"]
            assert "frame.example.org" not in headers["content-security-policy"]
            assert "strict-transport-security" in headers
            assert answer(client, home, "/")[0] == "404"
            there = home.host.file("/etc/nginx/constellation-edge")
            assert not there.exists or there.listdir() == []
            text = home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string
            assert "/.constellation-edge/error/" not in text
            assert answer(client, home, "/", below="www.")[1]["retry-after"] == "600"
