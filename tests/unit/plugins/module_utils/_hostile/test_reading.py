# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How bytes become answers: by HTTP/1, of which there may be several, and by HTTP/2."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile._http1 import Response, read_answers
from ansible_collections.constellation.edge.plugins.module_utils._hostile._http2 import block, frame, status_of

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nab"
CHUNKS = b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\n\r\n"


def statuses(data: bytes) -> tuple[list[tuple[int, bytes, bool]], bytes]:
    answers, rest = read_answers(data)
    return [(each.status, each.body, each.ended) for each in answers], rest


def test_two_answers_are_two():
    assert statuses(LENGTH + CHUNKS) == ([(200, b"ab", True), (404, b"ab", True)], b"")
    assert statuses(CHUNKS + LENGTH) == ([(404, b"ab", True), (200, b"ab", True)], b"")
    assert statuses(b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH) == ([(100, b"", True), (200, b"ab", True)], b"")


@pytest.mark.parametrize("data", [LENGTH[:-1], CHUNKS[:-1], CHUNKS[:-5], CHUNKS[:-7], CHUNKS[:-10]])
def test_half_a_body_has_not_ended(data):
    (answer,), rest = read_answers(data)
    assert (answer.ended, rest) == (False, b"")


def test_what_is_no_answer_is_left():
    assert statuses(b"<html>") == ([], b"<html>")
    assert statuses(LENGTH[:20]) == ([], LENGTH[:20])
    assert statuses(LENGTH + b"SSH-2.0") == ([(200, b"ab", True)], b"SSH-2.0")


def test_an_upgrade_ends_the_answers():
    assert statuses(b"HTTP/1.1 101 Yes\r\n\r\n" + LENGTH) == ([(101, LENGTH, False)], b"")


def test_a_header_by_any_case():
    (answer,), _rest = read_answers(LENGTH)
    assert answer.all("X-a") == ["1", "2"]
    assert answer.one("X-A") == "1, 2"
    assert Response(0).one("X-A") == ""


@pytest.mark.parametrize(
    ("fragment", "status"),
    [
        (b"\x88", 200),
        (b"\x8d\x5f", 404),
        (b"\x08\x03421", 421),
        (b"\x48\x03301", 301),
        # What nginx sends first where it has no table of its own, and Huffman's code for 302 (RFC 7541 C.6.1).
        (b"\x20\x88", 200),
        (bytes.fromhex("48826402"), 302),
        (bytes.fromhex("4883640eff"), 307),
        (b"\x3f\xe1\x1f\x88", 200),
        (b"", 0),
        (b"\x00\x01a\x01b", 0),
    ],
)
def test_the_status_of_http2(fragment, status):
    assert status_of(fragment) == status


def test_frames_and_fields_are_as_the_standard_has_them():
    assert frame(4, 1, 0) == bytes.fromhex("000000040100000000")
    assert frame(0, 1, 1, b"abc") == bytes.fromhex("000003000100000001") + b"abc"
    assert block([(b"x", b"y")]) == b"\x00\x01x\x01y"
    assert block([(b"x", b"y" * 200)])[3:6] == b"\x7f\x49y"
