# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes, certificates and ports as the probe sees them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import x509
from ansible_collections.constellation.edge.plugins.module_utils._probe import _ports
from ansible_collections.constellation.edge.plugins.module_utils._probe._tls import look
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import (
    ProbeError,
    Target,
    ask,
    opened,
)
from ansible_collections.constellation.edge.plugins.module_utils._probe.route import Conditions, ProbedRoute, check
from ansible_collections.constellation.edge.plugins.module_utils._probe.run import Ports, probe
from probe_servers import free_port, make_certificate, plain, server


def conditions(certificate: Path | None = None, trust: bool = True) -> Conditions:
    return Conditions("127.0.0.1", str(certificate / "cert.pem") if certificate else "", trust, 20.0)


@pytest.mark.parametrize(
    ("status", "wanted", "fine"),
    [
        ("200 OK", (), True),
        ("302 Found", (), True),
        ("401 Unauthorized", (), True),
        ("403 Forbidden", (), False),
        ("502 Bad Gateway", (), False),
        ("403 Forbidden", (403, 404), True),
        ("200 OK", (403,), False),
    ],
)
def test_status(status: str, wanted: tuple[int, ...], fine: bool) -> None:
    with server(plain(status)) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}/x?y=1", wanted), conditions())
    assert facts["status"] == int(status[:3])
    assert facts["ok"] is fine


@pytest.mark.parametrize("wanted", [(), (200,)])
def test_a_limited_route_may_answer_429_and_nothing_more_is_asked(wanted: tuple[int, ...]) -> None:
    with server(plain("429 Too Many Requests")) as port:
        url = f"http://localhost:{port}/"
        facts = check(ProbedRoute(url, wanted, limited=True, sse="events"), conditions())
        assert (facts["ok"], facts["status"], facts["sse"]) == (True, 429, None)
        assert not check(ProbedRoute(url, wanted), conditions())["ok"]
    with server(plain("502 Bad Gateway")) as port:
        assert not check(ProbedRoute(f"http://localhost:{port}/", wanted, limited=True), conditions())["ok"]


def test_a_stream_that_may_not_be_asked_for_yet_is_no_problem_of_a_limited_route() -> None:
    def once(used: socket.socket, head: str) -> None:
        plain("200 OK" if head.startswith("GET / ") else "429 Too Many Requests")(used, head)

    with server(once) as port:
        route = ProbedRoute(f"http://localhost:{port}/", sse="events", websocket="ws", stream="video")
        assert len(check(route, conditions())["problems"]) == 3
        facts = check(replace(route, limited=True), conditions())
        assert facts["ok"]
        assert [facts["sse"], facts["websocket"], facts["stream"]] == [None] * 3


@pytest.mark.parametrize(
    ("status", "wanted", "fine"),
    [("503 Service Unavailable", (), True), ("503 Service Unavailable", (308,), True), ("502 Bad Gateway", (), False)],
)
def test_a_site_in_maintenance_may_answer_503_and_nothing_more_is_asked(
    status: str, wanted: tuple[int, ...], fine: bool
) -> None:
    with server(plain(status)) as port:
        url = f"http://localhost:{port}/"
        facts = check(ProbedRoute(url, wanted, maintenance=True, websocket="ws"), conditions())
        assert facts["ok"] is fine
        assert (facts["websocket"] is None) is fine
        assert not check(ProbedRoute(url, wanted), conditions())["ok"]


def test_a_question_may_be_asked_as_somebody_else() -> None:
    heard: list[str] = []

    def answer(used: socket.socket, head: str) -> None:
        heard.append(head)
        used.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with server(answer) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}/", (403,), agent="GPTBot"), conditions())
        assert facts["ok"]
        assert facts["agent"] == "GPTBot"
        report = probe([ProbedRoute(f"http://localhost:{port}/", agent="GPTBot")], Ports(), conditions())
    assert "User-Agent: constellation.edge-probe (GPTBot)\r\n" in heard[0]
    assert report["problems"] == [f"http://localhost:{port}/ as GPTBot: status 403 instead of 200 to 399 or 401"]


@pytest.mark.parametrize(("holds", "fine"), [("", True), ("User-agent: GPTBot", True), ("User-agent: CCBot", False)])
def test_what_must_stand_in_the_answer(holds: str, fine: bool) -> None:
    with server(plain("200 OK", body=b"User-agent: GPTBot\nDisallow: /\n")) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}/robots.txt", holds=holds), conditions())
    assert facts["problems"] == ([] if fine else ["the answer does not say User-agent: CCBot"])


@pytest.mark.parametrize(
    ("status", "refused_by", "closed", "refused", "problem"),
    [
        ("401 Unauthorized", (401,), True, True, ""),
        ("403 Forbidden", (401, 403), True, True, ""),
        ("403 Forbidden", (401,), True, False, "status 403 instead of 401: it is open to everybody who asks"),
        ("200 OK", (401,), True, False, "status 200 instead of 401: it is open to everybody who asks"),
        ("200 OK", (403,), False, False, ""),
        ("502 Bad Gateway", (403,), False, False, "status 502 instead of 200 to 399 or 401"),
    ],
)
def test_who_is_kept_out_is_asked_nothing_more(
    status: str, refused_by: tuple[int, ...], closed: bool, refused: bool, problem: str
) -> None:
    with server(plain(status)) as port:
        route = ProbedRoute(f"http://localhost:{port}/", refused_by=refused_by, closed=closed, websocket="ws")
        facts = check(route, conditions())
    assert facts["refused"] is refused
    assert (facts["websocket"] is None) is refused
    assert not problem or problem in facts["problems"]
    assert facts["ok"] is refused


@pytest.mark.parametrize(
    ("status", "kind", "wanted", "problem"),
    [
        ("200 OK", "application/grpc", (), ""),
        ("200 OK", "application/grpc+proto", (), ""),
        ("200 OK", "text/html", (), "status 200 with text/html instead of an answer by gRPC"),
        ("502 Bad Gateway", "text/html", (), "status 502 instead of an answer by gRPC"),
        ("404 Not Found", "text/plain", (), "status 404 instead of an answer by gRPC"),
        ("404 Not Found", "text/plain", (404,), ""),
        ("200 OK", "application/grpc", (404,), "status 200 instead of 404"),
        ("401 Unauthorized", "text/html", (), ""),
    ],
)
def test_a_service_that_speaks_grpc_is_called(status: str, kind: str, wanted: tuple[int, ...], problem: str) -> None:
    heads: list[str] = []

    def answer(used: socket.socket, head: str) -> None:
        heads.append(head)
        plain(status, f"Content-Type: {kind}\r\n")(used, head)

    with server(answer) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}/a.B/None", wanted, grpc=True), conditions())
    assert facts["problems"] == ([problem] if problem else [])
    assert heads[0].startswith("POST /a.B/None HTTP/1.1\r\n")
    assert "Content-Type: application/grpc\r\nTE: trailers\r\n" in heads[0]


def test_grpc_without_http2_is_a_problem(certificate: Path) -> None:
    with server(plain("200 OK", "Content-Type: application/grpc\r\n"), certificate) as port:
        route = ProbedRoute(f"https://localhost:{port}/a.B/None", redirect=False, grpc=True)
        facts = check(route, conditions(certificate))
    (problem,) = facts["problems"]
    assert problem.startswith("HTTP/2 is not spoken, which every gRPC client needs")


def test_request_names_the_host_and_the_path() -> None:
    heads: list[str] = []

    def answer(used: socket.socket, head: str) -> None:
        heads.append(head)
        plain("200 OK")(used, head)

    with server(answer) as port:
        check(ProbedRoute(f"http://Home.example.org:{port}/a/b?c=d"), conditions())
    assert heads[0].startswith("GET /a/b?c=d HTTP/1.1\r\n")
    assert f"Host: home.example.org:{port}\r\n" in heads[0]


@pytest.mark.parametrize(
    ("status", "location", "problem"),
    [
        ("301 Moved", "https://localhost:{port}/a/?b=1", ""),
        ("308 Moved", "https://LOCALHOST:{port}/a/?b=1", ""),
        ("302 Found", "https://localhost:{port}/a/?b=1", "302 instead of 301"),
        ("301 Moved", "https://localhost:{port}/", "instead of"),
        ("301 Moved", "https://elsewhere.example:{port}/a/?b=1", "instead of"),
        ("301 Moved", "http://localhost:{port}/a/?b=1", "instead of"),
        ("301 Moved", "https://localhost:x/a/?b=1", "instead of"),
        ("301 Moved", "", "nowhere"),
        ("200 OK", "", "200 instead of 301"),
    ],
)
def test_redirect(certificate: Path, status: str, location: str, problem: str) -> None:
    with server(plain("200 OK"), certificate) as secure:
        place = location.format(port=secure)
        with server(plain(status, f"Location: {place}\r\n" if place else "")) as http:
            facts = check(ProbedRoute(f"https://localhost:{secure}/a/?b=1", http_port=http), conditions(certificate))
    assert facts["redirect"] is not None
    assert facts["redirect"]["location"] == place
    assert facts["redirect"]["ok"] is not bool(problem)
    assert facts["ok"] is not bool(problem)
    assert problem in "".join(facts["problems"])


def test_redirect_where_nothing_listens(certificate: Path) -> None:
    with server(plain("200 OK"), certificate) as secure:
        route = ProbedRoute(f"https://localhost:{secure}/", http_port=free_port())
        facts = check(route, conditions(certificate))
    assert facts["redirect"] == {"status": None, "location": "", "ok": False}
    assert "Connection refused" in facts["problems"][0]
    assert facts["status"] == 200


@pytest.mark.parametrize("library", [True, False])
def test_trusted_certificate(certificate: Path, library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x509, "AVAILABLE", library)
    with server(plain("200 OK"), certificate) as port:
        facts = look(Target(f"https://localhost:{port}/", "127.0.0.1", str(certificate / "cert.pem"), timeout=20))
    assert facts["trusted"]
    assert facts["version"] == "TLSv1.3"
    assert facts["issuer"] == "localhost"
    assert facts["subject_names"] == ["localhost", "other.example.org"]
    assert facts["days_left"] == 29
    assert len(facts["sha256"]) == 64


@pytest.mark.parametrize("library", [True, False])
def test_certificate_that_nobody_vouches_for(certificate: Path, library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x509, "AVAILABLE", library)
    with server(plain("200 OK"), certificate) as port:
        route = ProbedRoute(f"https://localhost:{port}/", redirect=False)
        strict, lenient = check(route, conditions()), check(route, conditions(trust=False))
    assert not strict["ok"]
    assert "not trusted" in strict["problems"][0]
    assert strict["status"] == 200
    assert lenient["ok"]
    assert lenient["tls"] is not None
    assert not lenient["tls"]["trusted"]
    assert (lenient["tls"]["issuer"], lenient["tls"]["days_left"]) == ("localhost", 29)


def test_certificate_of_another_name(tmp_path: Path) -> None:
    folder = make_certificate(tmp_path / "other", "other.example.org")
    with server(plain("200 OK"), folder) as port:
        facts = check(ProbedRoute(f"https://localhost:{port}/", redirect=False), conditions(folder))
    assert "ostname mismatch" in facts["problems"][0]


def test_no_tls_on_the_other_side() -> None:
    with server(plain("200 OK")) as port:
        facts = check(ProbedRoute(f"https://localhost:{port}/", redirect=False), conditions())
    assert facts["tls"] is None
    assert len(facts["problems"]) == 1


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="IPv6 is switched off on this machine")
def test_ipv6_address() -> None:
    with server(plain("200 OK"), host="::1") as port:
        assert check(ProbedRoute(f"http://[::1]:{port}/"), Conditions(timeout=20))["ok"]
        assert check(ProbedRoute(f"http://home.example.org:{port}/"), Conditions("::1", timeout=20))["ok"]


def test_answer_that_drips_for_ever_is_cut() -> None:
    def answer(used: socket.socket, _head: str) -> None:
        for _number in range(1200):
            used.sendall(b"H")
            time.sleep(0.05)

    with server(answer) as port:
        start = time.monotonic()
        facts = check(ProbedRoute(f"http://localhost:{port}/"), Conditions("127.0.0.1", timeout=0.5))
    assert time.monotonic() - start < 40
    assert "no answer within 0.5 s" in facts["problems"][0]


def test_handshake_that_never_comes_is_cut(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        start = time.monotonic()
        facts = check(ProbedRoute(f"https://localhost:{port}/"), Conditions("127.0.0.1", timeout=0.5))
    assert time.monotonic() - start < 40
    assert "no answer within 0.5 s" in facts["problems"][0]


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 70000]
)
def test_answer_that_is_no_http(data: bytes) -> None:
    with server(lambda used, _head: used.sendall(data)) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}/"), conditions())
    assert len(facts["problems"]) == 1
    assert not facts["ok"]


@pytest.mark.parametrize("url", ["", "home.example.org", "ftp://x/", "https://", "http://[::1", "http://x:99999/"])
def test_url_that_is_none(url: str) -> None:
    assert len(check(ProbedRoute(url), conditions())["problems"]) == 1


@pytest.mark.parametrize("path", ["/ü", "/a b", "/\r\nX: y", "/%", "//", "?", "#x"])
def test_strange_paths_are_answered_or_a_problem(path: str) -> None:
    with server(plain("200 OK")) as port:
        facts = check(ProbedRoute(f"http://localhost:{port}{path}"), conditions())
    assert facts["ok"] is not bool(facts["problems"])


@pytest.mark.parametrize("host", ["a..b", "-", "ü" * 70, "a" * 300, "%zz", "local host"])
def test_strange_hosts_are_a_problem(host: str) -> None:
    assert check(ProbedRoute(f"https://{host}/"), Conditions(timeout=2))["problems"]


def test_name_that_does_not_resolve() -> None:
    facts = check(ProbedRoute("http://nowhere.invalid/"), Conditions(timeout=20))
    assert "does not resolve" in facts["problems"][0]


def lose(target: Target) -> None:
    with opened(target) as used:
        ask(target, used)
        raise OSError("lost")


def test_errors_inside_an_exchange_name_the_place() -> None:
    with server(plain("200 OK")) as port, pytest.raises(ProbeError, match=f"127.0.0.1 port {port}: lost"):
        lose(Target(f"http://localhost:{port}/", "127.0.0.1"))


def test_state_of_ports() -> None:
    with server(plain("200 OK")) as port:
        assert _ports.state("127.0.0.1", port, 1) == "open"
    assert _ports.state("127.0.0.1", free_port(), 1) == "refused"


@pytest.mark.parametrize(
    ("expected", "found", "outside", "alive", "proof"),
    [
        ("open", "open", True, True, "ok"),
        ("open", "refused", True, True, "failed"),
        ("open", "filtered", False, True, "failed"),
        ("open", "open", False, True, _ports.NOT_PROVEN),
        ("closed", "refused", True, True, "ok"),
        ("closed", "filtered", True, True, "ok"),
        ("closed", "filtered", True, False, "failed"),
        ("closed", "open", True, True, "failed"),
        ("closed", "open", False, True, _ports.NOT_PROVEN),
        ("closed", "refused", False, True, _ports.NOT_PROVEN),
    ],
)
def test_proof_of_ports(expected: str, found: str, outside: bool, alive: bool, proof: str) -> None:
    facts = _ports.judge("198.51.100.1", 8088, expected, found, outside, alive)
    assert facts["proof"] == proof
    assert bool(facts["detail"]) is (proof == "failed")


def test_whole_report_keeps_the_order() -> None:
    with server(plain("200 OK")) as port:
        routes = [ProbedRoute(f"http://localhost:{port}/{number}") for number in range(20)]
        closed = free_port()
        report = probe(routes, Ports((closed, port), (port,)), conditions())
    assert [facts["url"][-2:].strip("/") for facts in report["results"]] == [str(number) for number in range(20)]
    assert [(facts["port"], facts["proof"]) for facts in report["ports"]] == [
        (port, "ok"),
        (closed, "ok"),
        (port, "failed"),
    ]
    assert not report["ok"]
    rule = "see which rule opens it (`ufw status numbered`)"
    assert report["problems"] == [f"port {port} of 127.0.0.1 is open but should be closed: {rule}"]


def test_routes_and_ports_are_asked_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each port waits for the others and for a route, the route for the ports."""
    everybody = threading.Barrier(4)

    def state(_address: str, _port: int, _timeout: float) -> str:
        everybody.wait(60)
        return "filtered"

    def answer(used: socket.socket, head: str) -> None:
        everybody.wait(60)
        plain("200 OK")(used, head)

    monkeypatch.setattr(_ports, "shut", state)
    with server(answer) as port:
        report = probe([ProbedRoute(f"http://localhost:{port}/")], Ports((1, 2, 3)), conditions())
    assert [facts["state"] for facts in report["ports"]] == ["filtered"] * 3
    assert report["ok"]


def test_ports_of_each_host_where_no_address_is_given() -> None:
    with server(plain("200 OK")) as port:
        routes = [
            ProbedRoute(f"http://localhost:{port}/"),
            ProbedRoute(f"http://127.0.0.1:{port}/"),
            ProbedRoute(f"http://localhost:{port}/x"),
        ]
        report = probe(routes, Ports(opened=(port,)), Conditions(timeout=20))
    assert [facts["address"] for facts in report["ports"]] == ["localhost", "127.0.0.1"]
    assert report["ok"]


def test_wrong_questions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="give an address"):
        probe([], Ports(closed=(8088,)), Conditions())
    with pytest.raises(ProbeError, match="port 65536"):
        probe([], Ports(opened=(65536,)), Conditions("127.0.0.1"))
    assert not probe([ProbedRoute("http://[::1")], Ports(), Conditions())["ok"]
    with pytest.raises(ProbeError, match="ca_file"):
        probe([], Ports(), Conditions(ca_file=str(tmp_path / "none.pem")))


@pytest.mark.parametrize(
    ("location", "problems"),
    [
        ("https://a.test/x", []),
        ("https://b.test/", ["leads to https://a.test/x instead of https://b.test/"]),
    ],
)
def test_where_an_answer_leads(location: str, problems: list[str]) -> None:
    with server(plain("308 Permanent Redirect", "Location: https://a.test/x\r\n")) as port:
        facts = check(ProbedRoute(f"http://home.test:{port}/", (308,), location=location), conditions())
    assert facts["problems"] == problems


def test_a_connection_that_is_to_be_closed() -> None:
    with server(lambda used, _head: used.shutdown(socket.SHUT_RDWR)) as port:
        facts = check(ProbedRoute(f"http://home.test:{port}/", closes=True), conditions())
    assert (facts["problems"], facts["status"]) == ([], None)
    over = threading.Event()
    with server(lambda _used, _head: over.wait(60) and None) as port:
        facts = check(ProbedRoute(f"http://home.test:{port}/", closes=True), Conditions("127.0.0.1", timeout=0.5))
        over.set()
    assert facts["problems"] == [f"127.0.0.1 port {port}: no answer within 0.5 s"]
    with server(plain("200 OK")) as port:
        facts = check(ProbedRoute(f"http://home.test:{port}/", closes=True), conditions())
    assert facts["problems"] == ["status 200 instead of a closed connection"]
    facts = check(ProbedRoute(f"http://home.test:{free_port()}/", closes=True), conditions())
    assert "cannot connect" in facts["problems"][0]
