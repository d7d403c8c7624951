# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the frames that a host sends, orderly or not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _http2
from ansible_collections.constellation.edge.plugins.module_utils._hostile._http2 import (
    DATA,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    frame,
)
from ansible_collections.constellation.edge.plugins.module_utils._hostile._wire import CLOSED, RESET, SILENT, Seen

OK, EARLY = b"\x88", b"\x08\x03103"
END, ACK, PADDED, PRIORITY = 1, 1, 8, 32


class Host:
    """The other end of a connection."""

    def __init__(self) -> None:
        """Be connected."""
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(0.2)

    def answers(self, *frames: bytes, hangs_up: bool = True) -> Seen:
        """Send these frames; return what is made of them."""
        self.theirs.sendall(b"".join(frames))
        if hangs_up:
            self.theirs.shutdown(socket.SHUT_WR)
        return _http2._answer(self.ours)

    def heard(self) -> bytes:
        """Return what was said to the host."""
        self.ours.shutdown(socket.SHUT_WR)
        return self.theirs.recv(1000)


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    with made.ours, made.theirs:
        yield made


def goaway(last: int, code: int) -> bytes:
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big"))


def test_status_and_body_are_put_together(host: Host) -> None:
    seen = host.answers(frame(HEADERS, 0, 1, OK), frame(DATA, 0, 1, b"he"), frame(DATA, END, 1, b"llo"), b"never read")
    assert (seen.end, seen.status, seen.data) == (CLOSED, 200, b"hello")


def test_settings_and_pings_are_acknowledged_once(host: Host) -> None:
    host.answers(
        frame(SETTINGS, 0, 0),
        frame(SETTINGS, ACK, 0),
        frame(PING, 0, 0, b"12345678"),
        frame(PING, ACK, 0, b"87654321"),
        frame(HEADERS, END, 1, OK),
    )
    assert host.heard() == frame(SETTINGS, ACK, 0) + frame(PING, ACK, 0, b"12345678")


def test_an_early_answer_is_not_the_final_one(host: Host) -> None:
    seen = host.answers(frame(HEADERS, 0, 1, EARLY), frame(HEADERS, END, 1, OK))
    assert [answer.status for answer in seen.answers] == [200]


def test_padding_and_priority_are_no_part_of_it(host: Host) -> None:
    seen = host.answers(
        frame(HEADERS, PADDED | PRIORITY, 1, b"\x02" + b"\x00\x00\x00\x00\x10" + OK + b"\x00\x00"),
        frame(DATA, PADDED | END, 1, b"\x03abc\x00\x00\x00"),
    )
    assert (seen.status, seen.data) == (200, b"abc")


def test_padding_without_its_length_is_nothing(host: Host) -> None:
    seen = host.answers(frame(HEADERS, 0, 1, OK), frame(DATA, PADDED, 1), frame(DATA, END, 1, b"abc"))
    assert (seen.status, seen.data) == (200, b"abc")


def test_another_stream_is_nobody_s(host: Host) -> None:
    seen = host.answers(frame(HEADERS, END, 3, b"\x8d"), frame(RST_STREAM, 0, 3, b"\x00\x00\x00\x01"))
    assert seen == Seen(CLOSED, "", (), b"")


def test_a_stream_that_is_reset_is_told_with_its_code(host: Host) -> None:
    seen = host.answers(frame(RST_STREAM, 0, 1, b"\x00\x00\x00\x07"))
    assert (seen.end, seen.note, seen.answers) == (RESET, "RST_STREAM 7", ())


@pytest.mark.parametrize(("last", "code"), [(0, 0), (1, 1)])
def test_a_host_that_goes_away_for_a_reason_has_ended_it(host: Host, last: int, code: int) -> None:
    seen = host.answers(goaway(last, code), frame(HEADERS, END, 1, OK))
    assert (seen.note, seen.status) == (f"GOAWAY {code}", 0)


def test_a_host_that_takes_no_further_request_still_answers_this_one(host: Host) -> None:
    seen = host.answers(goaway(1, 0), frame(HEADERS, END, 1, OK))
    assert (seen.note, seen.status) == ("GOAWAY 0", 200)


def test_a_host_that_says_nothing_more_is_silent(host: Host) -> None:
    seen = host.answers(frame(HEADERS, 0, 1, OK), hangs_up=False)
    assert (seen.end, seen.status) == (SILENT, 200)


def test_a_connection_that_breaks_is_told_with_the_reason(host: Host) -> None:
    host.theirs.close()
    seen = _http2._answer(BrokenSocket())  # type: ignore[arg-type]
    assert seen.end == RESET
    assert "reset" in seen.note.lower()


class BrokenSocket:
    """A connection that the other side resets."""

    def makefile(self, _mode: str) -> BrokenSocket:
        return self

    def read(self, _size: int) -> bytes:
        raise ConnectionResetError(104, "Connection reset by peer")

    def close(self) -> None:
        """Close nothing."""
