# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with an address, asked from small servers of the test; and what Mono would say of a certificate."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.mono import connected, reach, trust
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.server_uri import (
    is_same,
    parse_server_uri,
)

PAGE = b"<title>Constellation Server</title>"
NAMES = "subjectAltName=DNS:localhost"
KEYS = {"rsa": ["-newkey", "rsa:2048"], "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}


@contextmanager
def server(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yield the port of a server on the loopback interface that gives every request one answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        listener.settimeout(0.05)
        while not stop.is_set():
            with suppress(OSError):
                used, _peer = listener.accept()
                used.settimeout(5)
                with context.wrap_socket(used, server_side=True) if context else used as secured:
                    secured.recv(4096)
                    secured.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join(5)
        listener.close()


def http(status: str, body: bytes = PAGE, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def ask(port: int, scheme: str = "http", host: str = "localhost") -> reach.Trouble | None:
    return reach.reach(parse_server_uri(f"{scheme}://{host}:{port}/c/"), 5)


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an authority of each kind of key, and a certificate for localhost of each."""
    folder = tmp_path_factory.mktemp("tls")
    for kind, key in KEYS.items():
        root, leaf = str(folder / f"{kind}-root"), str(folder / kind)
        subject = ["-nodes", "-subj", f"/CN={kind}"]
        openssl("req", "-x509", *key, *subject, "-keyout", f"{root}.key", "-out", f"{root}.pem", "-days", "9")
        openssl("req", *key, *subject, "-keyout", f"{leaf}.key", "-out", f"{leaf}.csr")
        (folder / "names").write_text(NAMES)
        signed = ["-CA", f"{root}.pem", "-CAkey", f"{root}.key", "-CAcreateserial", "-days", "9"]
        openssl("x509", "-req", "-in", f"{leaf}.csr", *signed, "-extfile", str(folder / "names"), "-out", f"{leaf}.pem")
    return folder


def tls(authorities: Path, kind: str, newest: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities / f"{kind}.pem", authorities / f"{kind}.key")
    if newest:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


@pytest.fixture
def trusting(authorities: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system trust both authorities."""
    roots = b"".join((authorities / f"{kind}-root.pem").read_bytes() for kind in KEYS)
    (authorities / "all.pem").write_bytes(roots)
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities / "all.pem"))
    monkeypatch.setattr(trust, "_SYSTEM", (str(authorities),))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return Mono's store on a host that has cert-sync."""
    (tmp_path / "cert-sync").touch()
    monkeypatch.setattr(trust, "_SYNC", str(tmp_path / "cert-sync"))
    monkeypatch.setattr(trust, "_MACHINE", str(tmp_path))
    folder = tmp_path / ".mono/new-certs/Trust"
    folder.mkdir(parents=True)
    return folder


def test_a_constellation_server_is_no_trouble() -> None:
    with server(http("200 OK")) as port:
        assert ask(port) is None


@pytest.mark.parametrize(
    ("answer", "problem", "remedy", "curable"),
    [
        (http("400 Bad Request", b"<h1>Bad Request (Invalid host)</h1>"), "does not listen under /c/", "path", True),
        (http("404 Not Found"), "nothing under this path (404)", "path", True),
        (http("502 Bad Gateway"), "only a proxy whose server does not answer (502)", "site.yml", True),
        (http("401 Unauthorized"), "asks for a password (401)", "password", False),
        (http("403 Forbidden"), "refuses this host (403)", "allow", False),
        (http("301 Moved", b"", "Location: https://x/\r\n"), "redirects to https://x/", "name", True),
        (http("200 OK", b"my router"), "answers, but not as a Constellation server (200)", "which program", True),
        (http("500 Oops"), "answers, but not as a Constellation server (500)", "which program", True),
        (b"SSH-2.0-OpenSSH\r\n", "gives no answer (BadStatusLine)", "logs", True),
        (b"", "gives no answer (RemoteDisconnected)", "logs", True),
    ],
)
def test_other_answers_have_each_its_remedy(answer: bytes, problem: str, remedy: str, curable: bool) -> None:
    with server(answer) as port:
        trouble = ask(port)
    assert trouble is not None
    assert problem in trouble.problem
    assert remedy in trouble.remedy
    assert trouble.curable is curable


def test_a_port_without_a_program() -> None:
    with server(b"") as port:
        pass
    trouble = ask(port)
    assert trouble is not None
    said = trouble.problem.replace("::1, ", "").replace(", ::1", "")
    assert f"localhost (127.0.0.1) refuses the connection on port {port}" in said
    assert "hairpin" not in trouble.remedy


def test_an_address_without_a_way_to_it_does_not_hide_the_one_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(b"") as port:
        pass
    connect = socket.create_connection

    def without_ipv6(place: tuple[str, int], timeout: float) -> socket.socket:
        if ":" in place[0]:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return connect(place, timeout)

    monkeypatch.setattr(socket, "create_connection", without_ipv6)
    monkeypatch.setattr(reach, "resolve", lambda _uri: ["127.0.0.1", "::1"])
    trouble = ask(port)
    assert trouble is not None
    assert "refuses the connection" in trouble.problem


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "resolve", lambda _uri: [])
    trouble = ask(1, host="nowhere.example.org")
    assert trouble is not None
    assert trouble.problem == "the name nowhere.example.org does not resolve on this host"
    assert "/etc/hosts" in trouble.remedy


@pytest.mark.parametrize(
    ("addresses", "hairpin"),
    [
        (["203.0.113.9"], True),
        (["2001:db8::9", "203.0.113.9"], True),
        (["2001:db8::9"], False),
        (["192.168.0.9"], False),
        (["203.0.113.9", "192.168.0.9"], False),
    ],
)
def test_the_router_s_public_address_is_told_from_one_in_the_lan(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], hairpin: bool
) -> None:
    def silent(*_arguments: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(reach, "resolve", lambda _uri: addresses)
    monkeypatch.setattr(reach.socket, "create_connection", silent)
    trouble = ask(443, "https", "demo.example.org")
    assert trouble is not None
    assert "does not answer on port 443" in trouble.problem
    assert ("hairpin NAT" in trouble.remedy) is hairpin
    assert trouble.curable is False


def test_a_certificate_that_the_system_does_not_trust(authorities: Path) -> None:
    with server(http("200 OK"), tls(authorities, "rsa")) as port:
        trouble = ask(port, "https")
    assert trouble is not None
    assert "this host does not trust the certificate of localhost" in trouble.problem
    assert "update-ca-certificates" in trouble.remedy


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_name(authorities: Path) -> None:
    with server(http("200 OK"), tls(authorities, "rsa")) as port:
        trouble = ask(port, "https", "127.0.0.1")
        assert ask(port, "https") is None
    assert trouble is not None
    assert trouble.problem == "the certificate that answers is not for 127.0.0.1"
    assert trouble.curable


def test_no_tls_at_all() -> None:
    with server(http("200 OK")) as port:
        trouble = ask(port, "https")
    assert trouble is not None
    assert "does not talk TLS" in trouble.problem


def distrust(port: int) -> reach.Trouble | None:
    return trust.distrust(parse_server_uri(f"https://localhost:{port}/c/"), 0, 5)


def add(store: Path, authorities: Path, kind: str) -> None:
    (store / f"{kind}.0").write_bytes(b"text\n" + (authorities / f"{kind}-root.pem").read_bytes())


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("served", "known", "problem", "remedy"),
    [
        ("rsa", ["rsa"], "", ""),
        ("ec", ["ec", "rsa"], "", ""),
        ("rsa", ["ec"], "its store lacks the authority", "run update-ca-certificates, which brings"),
        ("ec", ["rsa"], "leaves out because its key is ECDSA", "put it there by hand: mkdir -p"),
        ("rsa", [], "Mono trusts no certificate on this host", "run update-ca-certificates"),
    ],
)
def test_what_mono_trusts_is_what_its_store_holds(
    authorities: Path, store: Path, served: str, known: list[str], problem: str, remedy: str
) -> None:
    for kind in known:
        add(store, authorities, kind)
    with server(http("200 OK"), tls(authorities, served)) as port:
        trouble = distrust(port)
    if not problem:
        assert trouble is None
        return
    assert trouble is not None
    assert problem in trouble.problem
    assert remedy in trouble.remedy
    if "by hand" in remedy:
        assert f"cp {authorities}/ec-root.pem" in trouble.remedy
        assert f'"{store}/$(openssl x509 -noout -hash' in trouble.remedy


@pytest.mark.usefixtures("trusting")
def test_what_is_no_certificate_in_a_store_is_passed_over(authorities: Path, store: Path) -> None:
    os.mkfifo(store / "0-pipe.0")
    for name, inside in (("1", b"AAAA"), ("2", b"\xff\xfe"), ("3", b"%%%")):
        (store / name).write_bytes(b"-----BEGIN CERTIFICATE-----\n" + inside + b"\n-----END CERTIFICATE-----\n")
    add(store, authorities, "rsa")
    with server(http("200 OK"), tls(authorities, "rsa")) as port:
        assert distrust(port) is None


@pytest.mark.usefixtures("trusting")
def test_without_the_package_the_remedy_is_the_package(authorities: Path, store: Path) -> None:
    os.unlink(trust._SYNC)
    with server(http("200 OK"), tls(authorities, "rsa")) as port:
        trouble = distrust(port)
    assert trouble is not None
    assert "apt-get install ca-certificates-mono" in trouble.remedy


@pytest.mark.usefixtures("trusting")
def test_tls_that_mono_does_not_know(authorities: Path, store: Path) -> None:
    add(store, authorities, "rsa")
    with server(http("200 OK"), tls(authorities, "rsa", newest=True)) as port:
        trouble = distrust(port)
    assert trouble is not None
    assert "knows TLS 1.2 at most" in trouble.problem


def test_of_plain_http_nothing_is_asked() -> None:
    assert trust.distrust(parse_server_uri("http://127.0.0.1:8088/"), 0) is None


def test_the_user_s_own_store_counts() -> None:
    machine, user = trust.stores(os.getpid())
    assert machine == "/usr/share/.mono/new-certs/Trust"
    assert user.endswith("/.mono/new-certs/Trust")
    assert trust.stores(0) == [machine]


def test_a_connection_is_seen_while_it_stays() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uri = parse_server_uri(f"http://localhost:{listener.getsockname()[1]}/")
        assert connected.connections(uri, os.getpid()) == []
        assert not connected.stays_connected(uri, os.getpid(), 0, 0.1)
        with socket.create_connection(listener.getsockname()) as used:
            held = connected.connections(uri, os.getppid())
            assert [each.port for each in held] == [used.getsockname()[1]]
            assert connected.stays_connected(uri, os.getpid(), 10, 0.3)
            assert not connected.stays_connected(uri, 1 << 30, 0, 0.1)
        assert connected.connections(uri, os.getpid()) == []


def test_connections_that_come_and_go_are_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uri = parse_server_uri(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        stop = threading.Event()

        def refused() -> None:
            while not stop.is_set():
                with socket.create_connection(listener.getsockname()):
                    stop.wait(0.05)
                listener.accept()[0].close()

        thread = threading.Thread(target=refused, daemon=True)
        thread.start()
        try:
            assert not connected.stays_connected(uri, os.getpid(), 1, 2)
        finally:
            stop.set()
            thread.join(5)


def test_the_own_address_needs_no_packet() -> None:
    assert connected.own_address(parse_server_uri("http://127.0.0.1:9/"), 0) == "127.0.0.1"
    assert connected.own_address(parse_server_uri("http://nowhere.invalid:9/"), 0) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://Home:80/c", "http://home/c/", True),
        ("https://home/", "https://home:443", True),
        ("http://home/c", "http://home/C", False),
        ("http://home", "https://home", False),
        ("", "", True),
        ("", "http://home", False),
    ],
)
def test_the_same_place(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


@pytest.mark.parametrize(
    ("uri", "loopback", "text"),
    [
        ("http://127.0.0.1:8088", True, "http://127.0.0.1:8088/"),
        ("http://localhost/x", True, "http://localhost/x/"),
        ("https://[2001:db8::1]:8443/x/", False, "https://[2001:db8::1]:8443/x/"),
    ],
)
def test_parts(uri: str, loopback: bool, text: str) -> None:
    parsed = parse_server_uri(uri)
    assert (parsed.is_loopback, str(parsed)) == (loopback, text)
