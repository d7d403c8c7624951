# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of nginx and compression for whole sites, as the guide has them, asked from another machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from ansible_collections.constellation.edge.plugins.module_utils._hostile.run import run as ask
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from conftest import Client, Home
from guide import said_of_site as said

HOST = "{{ inventory_hostname }}"
SCANNER = "Mozilla/5.0 sqlmap/1.8"
FOLDER = "/srv/compressed"
# What every browser says, and what a proxy of its network adds.
BROWSER = ("-H", "Accept-Encoding: gzip, br, zstd")
BEHIND_PROXY = ("-H", "Via: 1.1 cache.example.org")
# A server that the owner has switched off, and what protected the service there.
OLD = "/etc/nginx/sites-available/old"
THEIRS = "server {{ listen 80; server_name www.{}; location /files/ {{ deny all; root /srv; }} }}"
MAKE = f"""
mkdir -p {FOLDER}
for i in $(seq 100); do echo "p {{{{ color: #abcdef }}}}"; done > {FOLDER}/long.css
cp {FOLDER}/long.css {FOLDER}/long.html
cp {FOLDER}/long.css {FOLDER}/long.json
echo short > {FOLDER}/short.css
"""


def encoding(client: Client, url: str, home: Home, *options: str) -> str:
    """Return how an answer is encoded, "" for not at all."""
    shown = client.curl(
        home, url, *BROWSER, *options, "-o", "/dev/null", "-w", "%{http_code} %header{content-encoding}"
    )
    status, _blank, found = str(shown.stdout).strip().partition(" ")
    assert status == "200"
    return found


@pytest.fixture(scope="module")
def first(lab: Any, homes: list[Home]) -> runs.Run:
    """Return a run with the keys of the guide, in front of a real service."""
    for home in homes:
        assert home.host.run(MAKE).rc == 0
        home.host.check_output("echo %s > " + OLD, THEIRS.format(home.domain))
    keys = {name: said(name) for name in ("raw", "raw_http", "compression", "default")}
    assert keys["compression"] == ["zstd", "brotli", "gzip"]
    files = {"path": "/files/", "static": FOLDER}
    routes = [{"path": "/", "upstream": f"http://{lab.address('jeedom')}"}, files]
    plain = {"server_name": f"www.{HOST}.example.org", "routes": routes, "compression": "off"}
    sites = [{"server_name": f"{HOST}.example.org", "routes": routes, **keys}, plain]
    refused = runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))
    assert refused.rc != 0
    assert f"without what protects /files/: deny ({OLD}" in refused.text, refused.tail
    plain["drops"] = ["deny"]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


def test_what_an_owner_gives_up_by_name_is_served(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert client.status(home, f"https://www.{home.domain}/files/long.css") == "200"


def test_the_run_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


def test_what_the_map_finds_is_refused_on_this_site_alone(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert client.status(home, f"https://{home.domain}/", "-A", SCANNER) == "403"
        assert client.status(home, f"https://{home.domain}/") == "200"
        assert client.status(home, f"https://www.{home.domain}/", "-A", SCANNER) == "200"


def test_whoever_asks_too_often_is_told_so(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        for name, statuses in ((home.domain, {"200", "429"}), (f"www.{home.domain}", {"200"})):
            url = f"https://{name}/?[1-99]"
            said = client.curl(home, url, "--parallel", "-o", "/dev/null", "-w", "%{http_code}\n", "-s").stdout
            assert set(said.split()) == statuses


def test_certificates_are_renewed_all_the_same(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        url = f"http://{home.domain}/.well-known/acme-challenge/token"
        assert client.status(home, url, "-A", SCANNER) == "404"


class TestCompression:
    """Where the host has no module but nginx's own."""

    @pytest.mark.parametrize(
        ("file", "found"), [("long.css", "gzip"), ("long.html", "gzip"), ("long.json", ""), ("short.css", "")]
    )
    def test_what_gains_by_it_is_compressed_behind_a_proxy_of_the_client_too(
        self, first: runs.Run, homes: list[Home], client: Client, file: str, found: str
    ) -> None:
        for home in homes:
            assert encoding(client, f"https://{home.domain}/files/{file}", home, *BEHIND_PROXY) == found

    def test_off_is_off_where_nginx_compresses_by_itself(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            assert "gzip on" in home.host.file("/etc/nginx/nginx.conf").content_string
            for file in ("long.css", "long.html"):
                assert encoding(client, f"https://www.{home.domain}/files/{file}", home) == ""

    def test_the_summary_tells_what_the_host_does_not_have(self, first: runs.Run, homes: list[Home]) -> None:
        text = " ".join(first.text.split())
        for home in homes:
            assert f"{home.domain} is compressed by gzip alone: this nginx has no module for zstd and brotli" in text


class TestDefaultSite:
    """Names that nobody has, and the host's bare address."""

    def led(self, client: Client, home: Home, url: str) -> str:
        shown = client.curl(home, url, "-k", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
        return str(shown.stdout)

    def test_they_lead_to_it(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for origin in ("http://unknown.example.org", "https://unknown.example.org", f"http://{home.ipv4}"):
                assert self.led(client, home, f"{origin}/a?b=c") == f"302 https://{home.domain}/a"
            assert self.led(client, home, f"https://{home.ipv4}/") == f"302 https://{home.domain}/"

    def test_tls_for_another_name_opens_no_site(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            url, host = "https://unknown.example.org/", ("-H", f"Host: {home.domain}")
            assert client.status(home, url, "-k", *host) == "421"

    def test_the_summary_tells_who_learns_the_name(self, first: runs.Run, homes: list[Home]) -> None:
        for home in homes:
            assert f"the host's bare address learns the name {home.domain}" in " ".join(first.text.split())

    def test_the_hostile_probe_is_told_where_other_names_lead(self, first: runs.Run, homes: list[Home]) -> None:
        for home in homes:
            # One without a limit of requests, which a probe would soon reach.
            url = f"https://www.{home.domain}/"
            asked = {name: Subject(url, home.ipv4, leads_to=name) for name in (home.domain, "")}
            failed = {
                name: {each["id"]: each["detail"] for each in ask(asked[name], ["names"]) if not each["ok"]}
                for name in asked
            }
            assert failed[home.domain] == {}
            assert {"names.unknown-host-80", "names.wrong-host", "names.wrong-host-h2"} <= {*failed[""]}

    def test_a_site_without_listen_is_answered_at_every_address_again(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            for family in (4, 6):
                assert client.status(home, f"https://www.{home.domain}/", family=family) == "200"
