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
from test_1_guide import BLOCKS

HOST = "{{ inventory_hostname }}"
# Nothing listens there.
OFF = "http://127.0.0.1:9"
PAGE = "<!doctype html><title>off</title><p>The camera sleeps, and costs $0.\n"
CONSTELLATION = {"path": "/constellation/", "app": "constellation"}
ROUTES = [CONSTELLATION, {"path": "/off/", "upstream": OFF}, {"path": "/old/", "upstream": OFF}]


def said(key: str) -> Any:
    """Return what the first site of the guide that has a key says of it."""
    return next(site[key] for sites in BLOCKS for site in sites if key in site)


def run(**keys: Any) -> runs.Run:
    """Run the playbook with these keys of the site."""
    sites = [{"server_name": f"{HOST}.example.org", "routes": ROUTES, **keys}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the keys of the guide, with a page of the owner's."""
    page = tmp_path_factory.mktemp("inventory") / "off.html"
    page.write_text(PAGE, encoding="utf-8")
    assert said("error_pages") == {502: "{{ inventory_dir }}/off.html"}
    return {"error_pages": {502: str(page)}}


@pytest.fixture(scope="module")
def first(keys: dict[str, Any]) -> runs.Run:
    """Return the run with the keys."""
    return run(**keys)


def answer(client: Client, home: Home, path: str, *options: str) -> tuple[str, dict[str, str], str]:
    """Return the status, the headers by their names in small letters, and the body."""
    text = client.curl(home, f"https://{home.domain}{path}", "-i", *options).stdout.replace("\r\n", "\n")
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

    @pytest.mark.parametrize("options", [(), ("-X", "POST", "-d", "a=b"), ("-H", "Accept: application/json")])
    def test_a_service_that_is_off_has_the_owners_page_and_the_right_status(
        self, first: runs.Run, homes: list[Home], client: Client, options: tuple[str, ...]
    ) -> None:
        for home in homes:
            status, headers, body = answer(client, home, "/off/", *options)
            assert (status, body) == ("502", PAGE)
            assert headers["content-type"] == "text/html"
            assert headers["cache-control"] == "no-store"
            assert "strict-transport-security" in headers

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


class TestWithoutTheKeys:
    """What the keys wrote goes with them."""

    @pytest.fixture(scope="class")
    def second(self, first: runs.Run) -> runs.Run:
        """Return a run without the keys."""
        return run()

    def test_nothing_of_them_stays(self, second: runs.Run, homes: list[Home], client: Client) -> None:
        assert second.rc == 0, second.tail
        for home in homes:
            status, headers, body = answer(client, home, "/off/")
            assert status == "502"
            assert "<p>The service does not answer.</p>" in body
            assert "cache-control" not in headers
            there = home.host.file("/etc/nginx/constellation-edge")
            assert not there.exists or there.listdir() == []
            text = home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string
            assert "/.constellation-edge/error/" not in text
