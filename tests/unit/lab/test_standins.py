# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-ins report what they were sent, over real connections to the loopback address."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest
from lab.standins import camera, echo, jeedom, web, zoneminder
from local_servers import serving


@pytest.fixture(name="start")
def start_fixture():
    """Start stand-ins on free ports and stop them at the end."""
    with ExitStack() as running:

        def start(handler):
            server = web.serve(handler, 0)
            running.enter_context(serving(server))
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield start


def ask(url, data=None, headers=None):
    """Return status, headers and body of an answer, whatever the status."""
    request = urllib.request.Request(url, data=data, headers=headers or {})  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize(
    ("handler", "path"), [(zoneminder.ZoneMinder, "/zm/echo"), (jeedom.Jeedom, "/echo"), (camera.Camera, "/echo")]
)
def test_echo_reports_path_headers_and_body(start, handler, path):
    """Nothing is lost on the way into the report."""
    _status, _headers, body = ask(start(handler) + path + "?a=1", b"x" * 5000, {"X-Probe": "yes"})
    report = json.loads(body)
    assert (report["method"], report["path"], report["length"]) == ("POST", path + "?a=1", 5000)
    assert report["headers"]["X-Probe"] == "yes"
    assert report["body"] == "x" * web.BODY_SHOWN
    assert report["peer"] == "127.0.0.1"


def test_each_serves_at_its_own_base_alone(start):
    """A proxy that keeps or strips the prefix wrongly is found out."""
    zm, jd = start(zoneminder.ZoneMinder), start(jeedom.Jeedom)
    assert [ask(zm + path)[0] for path in ("/", "/zm/")] == [404, 200]
    assert [ask(jd + path)[0] for path in ("/jeedom/", "/")] == [404, 200]


def test_upgrade_without_its_header_is_refused(start):
    """What a proxy brings about that drops Upgrade."""
    assert ask(start(camera.Camera) + "/ws")[0] == 400


def test_cookie_follows_the_forwarded_scheme(start):
    """Behind https the cookie demands the path /."""
    base = start(jeedom.Jeedom)
    assert ask(base + "/")[1]["Set-Cookie"].startswith("PHPSESSID")
    assert ask(base + "/", headers={"X-Forwarded-Proto": "https"})[1]["Set-Cookie"].startswith("__Host-PHPSESSID")


def test_the_echo_tells_each_line_as_it_came(start):
    """Also what no library would send, and what came before it on any connection."""
    url = start(echo.Echo)
    port = int(url.rpartition(":")[2])
    sent = b"POST /x/a HTTP/1.1\r\nHost : a\r\nX-\xe9:\tb\nc\r\nContent-Length: 3\r\n\r\nabc"
    sent += b"GET /x/b HTTP/1.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as used:
        used.sendall(sent)
        answers = used.makefile("rb").read()
    first, second = (json.loads(part.partition(b"\r\n\r\n")[2]) for part in answers.split(b"HTTP/1.1 200 OK\r\n")[1:])
    head = ["POST /x/a HTTP/1.1", "Host : a", "X-\xe9:\tb\n", "c", "Content-Length: 3"]
    assert (first["head"], first["requests"], first["peer"]) == (head, 1, "127.0.0.1")
    assert (second["head"], second["requests"]) == (["GET /x/b HTTP/1.1", "Connection: close"], 2)
    assert [each["head"] for each in second["recent"][-2:]] == [first["head"], second["head"]]
