# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question to a DNS server on this machine, and answers of every kind, broken ones among them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns import _message
from ansible_collections.constellation.edge.plugins.module_utils._dns._message import AAAA, A, Reply, ask, understand

NAME = "nas.lan"
QUESTION = _message.question(NAME, A, 7)
OWN, CACHE, REFUSED, NO_NAME = 0x8480, 0x8180, 0x8185, 0x8183


def record(kind, data, lifetime=0, name=b"\xc0\x0c"):
    return name + struct.pack("!HHIH", kind, 1, lifetime, len(data)) + data


def message(flags, *records, count=None):
    head = QUESTION[:2] + struct.pack("!5H", flags, 1, len(records) if count is None else count, 0, 0)
    return head + QUESTION[12:] + b"".join(records)


FOUR = record(A, bytes([10, 0, 0, 1]))
LONG = record(A, bytes([10, 0, 0, 1]), 60)
ALIAS = record(5, b"\x03one\xc0\x10", 0)


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (message(OWN, FOUR), Reply(("10.0.0.1",), True)),
        (message(0x8100, FOUR), Reply(("10.0.0.1",), True)),
        (message(CACHE, FOUR), Reply(("10.0.0.1",), False)),
        (message(OWN, LONG), Reply(("10.0.0.1",), False)),
        (message(OWN, ALIAS, record(A, bytes(4), name=b"\x03one\xc0\x10")), Reply(("0.0.0.0",), True)),  # noqa: S104
        (message(CACHE), Reply()),
        (message(NO_NAME), Reply()),
        (message(REFUSED), None),
        (message(OWN, FOUR, count=2), None),
        (message(OWN, FOUR[:-2]), None),
        (message(OWN, b"\xff"), None),
    ],
)
def test_a_reply_is_understood(data, reply):
    found = understand(data, A, len(QUESTION))
    assert found == reply if reply is None or reply.addresses else found and not found.addresses


def test_every_broken_reply_is_survived():
    whole = message(OWN, ALIAS, FOUR)
    for end in range(len(QUESTION), len(whole)):
        assert understand(whole[:end], A, len(QUESTION)) is None
    for at in range(len(QUESTION), len(whole)):
        understand(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], A, len(QUESTION))


@pytest.mark.parametrize("name", ["a..b", "", "x" * 64, "\xe9.lan"])
def test_a_name_of_no_such_form_is_not_asked_for(name):
    assert ask("127.0.0.1", name, True, 9) is None


@pytest.fixture
def server():
    """Return a server that answers with what `answers` maps a kind to, None for silence."""
    answers: dict[int, object] = {}
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint.bind(("127.0.0.1", 0))

    def serve():
        while True:
            data, client = endpoint.recvfrom(512)
            if data == b"end":
                return
            (kind,) = struct.unpack("!H", data[-4:-2])
            for each in answers.get(kind) or []:
                endpoint.sendto(each(data), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    answers["port"] = endpoint.getsockname()[1]
    yield answers
    endpoint.sendto(b"end", endpoint.getsockname())
    thread.join(5)
    endpoint.close()


def answered(flags, *records):
    def make(data):
        return data[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + data[12:] + b"".join(records)

    return make


def test_addresses_of_both_families_are_asked_for(server):
    six = record(AAAA, bytes(15) + b"\1")
    server |= {A: [answered(OWN, FOUR)], AAAA: [answered(OWN, six)]}
    assert ask("127.0.0.1", NAME, True, server["port"]) == Reply(("10.0.0.1", "::1"), True)
    assert ask("127.0.0.1", NAME, False, server["port"]) == Reply(("10.0.0.1",), True)


def test_one_family_is_enough(server, monkeypatch):
    monkeypatch.setattr(_message, "_SECONDS", 0.1)
    server |= {A: [answered(CACHE, FOUR)], AAAA: None}
    assert ask("127.0.0.1", NAME, True, server["port"]) == Reply(("10.0.0.1",), False)


@pytest.fixture
def by_tcp(server):
    """Return a list to hold what the server says over TCP, on the same port; nothing for silence."""
    replies: list[object] = []
    listener = socket.create_server(("127.0.0.1", server["port"]))

    def serve():
        with contextlib.suppress(OSError):  # the end
            while True:
                connection = listener.accept()[0]
                with connection:
                    data = connection.recv(512)[2:]
                    for each in replies:
                        reply = each(data)
                        connection.sendall(struct.pack("!H", len(reply)) + reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield replies
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


CUT = 0x0200


def test_a_reply_that_is_cut_off_is_asked_for_again_over_tcp(server, by_tcp):
    many = [record(A, bytes([10, 0, 0, last]), 60) for last in range(1, 61)]
    by_tcp.append(answered(CACHE, *many))
    for records in ([], many[:2]):
        server |= {A: [answered(CACHE | CUT, *records)]}
        reply = ask("127.0.0.1", NAME, False, server["port"])
        assert reply == Reply(tuple(f"10.0.0.{last}" for last in range(1, 61)))


def test_what_stays_cut_off_says_only_what_it_holds(server, by_tcp):
    server |= {A: [answered(CACHE | CUT, LONG)]}
    assert ask("127.0.0.1", NAME, False, server["port"]) == Reply(("10.0.0.1",))
    server |= {A: [answered(CACHE | CUT)]}
    assert ask("127.0.0.1", NAME, False, server["port"]) is None
    assert by_tcp == []


def test_silence_is_no_answer(server, monkeypatch):
    monkeypatch.setattr(_message, "_SECONDS", 0.1)
    assert ask("127.0.0.1", NAME, True, server["port"]) is None


def test_nobody_there_is_no_answer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert ask("127.0.0.1", NAME, True, port) is None


def test_an_answer_to_another_question_is_passed_over(server):
    def other(data):
        return bytes([data[0] ^ 1]) + answered(OWN, FOUR)(data)[1:]

    server |= {A: [other, lambda data: data, lambda _data: b"x", answered(OWN, FOUR)], AAAA: [answered(NO_NAME)]}
    assert ask("127.0.0.1", NAME, True, server["port"]) == Reply(("10.0.0.1",), True)
