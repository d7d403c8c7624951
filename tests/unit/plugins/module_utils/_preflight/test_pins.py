# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What services show by TLS: real ones on the loopback, and such as show nothing."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight import pins
from ansible_collections.constellation.edge.plugins.module_utils._preflight.pins import shown
from tools.certificates import Made, made

FILE = "pin-0.pem"


@contextlib.contextmanager
def service(folder: Path, *shows: Made, demands_name: bool = False) -> Iterator[tuple[int, list[str | None]]]:
    """Serve TLS with one certificate after another; yield the port, and the names that clients ask for."""
    asked: list[str | None] = []

    def note(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        asked.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if demands_name and not name else None

    def serve() -> None:
        # Who gets none does not come again.
        for number in range(1 if demands_name else 2):
            each = shows[number % len(shows)]
            (folder / "c").write_text(each.pem + each.key)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "c")
            context.sni_callback = note
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                context.wrap_socket(connection, server_side=True).recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked
        thread.join()


def asked_of(port: int, folder: Path, name: str = "") -> pins.Shown:
    return shown([{"file": FILE, "host": "127.0.0.1", "port": port, "name": name}], str(folder))[FILE]


def test_a_self_signed_one_vouches_for_itself(tmp_path: Path) -> None:
    one = made()
    with service(tmp_path, one) as (port, asked):
        assert asked_of(port, tmp_path) == {"held": "", "seen": one.pem, "fault": ""}
    assert asked == [None, None]


def test_it_is_asked_for_by_its_name(tmp_path: Path) -> None:
    with service(tmp_path, made()) as (port, asked):
        assert asked_of(port, tmp_path, "nas.home.test")["fault"] == ""
    assert asked == ["nas.home.test"] * 2


@pytest.mark.parametrize(
    ("one", "said"),
    [(made(issuer="home CA"), "unable to get local issuer certificate"), (made(days=-2), "certificate has expired")],
)
def test_one_that_does_not_is_told_in_the_words_of_openssl(tmp_path: Path, one: Made, said: str) -> None:
    with service(tmp_path, one) as (port, _asked):
        assert asked_of(port, tmp_path) == {"held": "", "seen": one.pem, "fault": said}


def test_one_that_changes_in_between_is_not_taken(tmp_path: Path) -> None:
    first = made()
    with service(tmp_path, first, made()) as (port, _asked):
        found = asked_of(port, tmp_path)
    assert found["seen"] == first.pem
    assert found["fault"]


def test_a_service_that_shows_none_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asked_of(listening.getsockname()[1], tmp_path)["fault"] == "no answer"
        port = listening.getsockname()[1]
    assert asked_of(port, tmp_path) == {"held": "", "seen": "", "fault": "Connection refused"}
    with service(tmp_path, made(), demands_name=True) as (port, _asked):
        found = asked_of(port, tmp_path)
    assert found["seen"] == ""
    assert "UNRECOGNIZED_NAME" in found["fault"].upper()


def test_what_is_held_is_read_though_the_service_is_off(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("held")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert asked_of(port, tmp_path) == {"held": "held", "seen": "", "fault": "Connection refused"}


def test_nobody_is_asked_for_nothing() -> None:
    assert shown([]) == {}
