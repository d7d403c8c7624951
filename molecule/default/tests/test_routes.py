# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes, asked from another machine of the network."""

from __future__ import annotations

import json
import re

import pytest
from conftest import side_by_side

PAGES = [
    "{domain}/constellation/",
    "www.{domain}/constellation/",
    "{domain}/zm/",
    "{domain}/jeedom/",
    "camera.{domain}/",
]
FAMILIES = [4, 6]
# The sample of RFC 6455 section 1.3, and what a server answers to it.
KEY, ACCEPTED = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_answers_over_https(home, client, page, family):
    assert client.status(home, f"https://{page.format(domain=home.domain)}", family=family) == "200"


@pytest.mark.parametrize("page", PAGES)
def test_http_redirects_to_the_same_page(home, client, page):
    target = page.format(domain=home.domain)
    answer = client.curl(home, f"http://{target}?a=b", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
    assert answer.stdout == f"301 https://{target}?a=b"


def test_http2_is_spoken(home, client):
    url = f"https://{home.domain}/zm/"
    assert client.curl(home, url, "--http2", "-o", "/dev/null", "-w", "%{http_version}").stdout == "2"


@pytest.mark.parametrize(
    ("route", "seen"), [("constellation", "/constellation/echo"), ("zm", "/zm/echo"), ("jeedom", "/echo")]
)
def test_the_prefix_is_kept_or_stripped_as_the_service_needs_it(home, client, route, seen):
    said = json.loads(client.curl(home, f"https://{home.domain}/{route}/echo").stdout)
    assert said["path"].partition("?")[0] == seen


def test_what_a_client_claims_about_itself_does_not_get_through(home, client):
    forged = ("-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Real-IP: 6.6.6.6", "-H", "X-Forwarded-Proto: gopher")
    said = json.loads(client.curl(home, f"https://{home.domain}/zm/echo", *forged).stdout)
    headers = {key.lower(): value for key, value in said["headers"].items()}
    assert headers["x-forwarded-for"] == client.ipv4
    assert headers["x-real-ip"] == client.ipv4
    assert headers["x-forwarded-proto"] == "https"
    assert headers["host"] == home.domain


def test_server_sent_events_arrive_one_by_one(homes, client):
    def arrive(home) -> None:
        url = f"https://{home.domain}/constellation/signalr/connect"
        # Three seconds of a stream with an event every quarter of a second; a buffering proxy would show none.
        text = client.curl(home, url, "-N", "--max-time", "3").stdout
        assert len(re.findall(r"^data:", text, re.MULTILINE)) >= 4

    side_by_side(homes, arrive)


def test_a_websocket_is_upgraded(homes, client):
    def is_upgraded(home) -> None:
        words = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
        headers = [word for each in words for word in ("-H", each)]
        url = f"https://camera.{home.domain}/ws"
        answer = client.curl(home, url, "--http1.1", *headers, "-i", "--max-time", "3")
        assert answer.stdout.startswith("HTTP/1.1 101 ")
        assert ACCEPTED in answer.stdout

    side_by_side(homes, is_upgraded)


def test_mjpeg_is_streamed(homes, client):
    def streams(home) -> None:
        # The camera sends five small pictures a second: what a buffering proxy would hold back, three seconds long.
        file = f"/tmp/pictures-{home.name}"
        client.curl(home, f"https://{home.domain}/zm/cgi-bin/nph-zms", "-N", "--max-time", "3", "-o", file)
        pictures = client.host.run("grep -a -c -- --ZoneMinderFrame %s", file).stdout
        assert int(pictures) >= 8

    side_by_side(homes, streams)


def test_an_upload_of_100_megabytes_passes(home, client):
    client.host.check_output("truncate --size=100M /tmp/upload")
    url = f"https://{home.domain}/constellation/rest/management/UploadPackage"
    administrator = ("-H", "SentinelName: Management", "-H", "PackageName: test", "-H", f"AccessKey: {'3' * 40}")
    assert client.status(home, url, *administrator, "--data-binary", "@/tmp/upload") == "200"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_post_without_a_body_reaches_the_server_with_a_length(home, client, version):
    url = f"https://{home.domain}/constellation/echo"
    said = json.loads(client.curl(home, url, version, "-X", "POST").stdout)
    headers = {key.lower(): value for key, value in said["headers"].items()}
    assert headers["content-length"] == "0"


def test_a_chunked_body_arrives_whole(home, client):
    url = f"https://{home.domain}/constellation/echo"
    said = json.loads(client.curl(home, url, "--http1.1", "-H", "Transfer-Encoding: chunked", "-d", "abc=1").stdout)
    assert said["length"] == 5


def test_an_unknown_name_gets_nothing(home, client):
    assert client.status(home, "http://unknown.example.org/") == "000"
    assert client.status(home, "https://unknown.example.org/", "--insecure") == "000"
    wrong = client.status(home, f"https://{home.domain}/", "--http1.1", "-H", "Host: unknown.example.org")
    assert wrong in ("421", "000")


def test_a_path_without_a_route_is_told_so_and_no_welcome_page_is_served(home, client):
    for path in ("", "index.html", "nothing/here"):
        url = f"https://{home.domain}/{path}"
        assert "No service has this address" in client.curl(home, url).stdout
        assert client.status(home, url) == "404"


def test_headers_say_little_and_protect(home, client):
    headers = client.curl(home, f"https://{home.domain}/zm/", "-I").stdout.lower()
    assert "server: nginx\r\n" in headers
    assert "strict-transport-security: max-age=63072000\r\n" in headers
    assert "x-content-type-options: nosniff\r\n" in headers


def test_access_keys_are_not_logged(home, client):
    client.curl(
        home, f"https://{home.domain}/constellation/?AccessKey=SECRETKEY", "-e", "https://x/?AccessKey=SECRETKEY"
    )
    client.curl(home, "http://unknown.example.org/?AccessKey=SECRETKEY")
    assert home.host.run("grep -r SECRETKEY /var/log/nginx").rc == 1


def test_old_tls_is_refused(home, client):
    target = f"{home.ipv4}:443"
    command = "openssl s_client -connect %s -servername %s %s -cipher DEFAULT@SECLEVEL=0"
    assert client.host.run(f"echo | timeout 20 {command}", target, home.domain, "-tls1_1").rc != 0
    assert (
        client.host.run("echo | timeout 20 openssl s_client -connect %s -servername %s -tls1_3", target, home.domain).rc
        == 0
    )
