# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole DNS messages: what stands in each section, names with pointers, broken ones, and TCP for the long ones."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns._message import AAAA, A, question
from ansible_collections.constellation.edge.plugins.module_utils._dns._records import (
    CNAME,
    NS,
    Message,
    Record,
    exchange,
    parse,
)

NAME = "home.example.org"
QUESTION = question(NAME, A, 7)
POINTER = b"\xc0\x0c"


def record(name, kind, data):
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def message(flags, answers=(), authority=(), additional=(), head=QUESTION):
    counts = struct.pack("!5H", flags, 1, len(answers), len(authority), len(additional))
    return head[:2] + counts + head[12:] + b"".join((*answers, *authority, *additional))


ADDRESS = record(POINTER, A, bytes([198, 51, 100, 9]))
REFERRAL = message(
    0x8000,
    authority=[record(b"\xc0\x11", NS, b"\x02NS\xc0\x11"), record(b"\xc0\x11", 43, b"signer")],
    additional=[record(b"\x02ns\xc0\x11", AAAA, bytes(15) + b"\1")],
)


def test_each_section_is_read():
    own = message(0x8400, [record(POINTER, CNAME, b"\x03www\xc0\x11"), ADDRESS])
    assert parse(own, len(QUESTION)) == Message(
        0, True, False, (Record(NAME, CNAME, "www.example.org"), Record(NAME, A, "198.51.100.9"))
    )
    assert parse(REFERRAL, len(QUESTION)) == Message(
        0,
        False,
        False,
        (),
        (Record("example.org", NS, "ns.example.org"), Record("example.org", 43, "")),
        (Record("ns.example.org", AAAA, "::1"),),
    )
    assert parse(message(0x8183), len(QUESTION)) == Message(3, False, False)


def test_the_root_has_a_name():
    asked = question(".", NS, 7, recursive=False)
    assert asked[2:4] == bytes(2)
    reply = message(0x8000, [record(b"\0", NS, b"\1a\0")], head=asked)
    assert parse(reply, len(asked)) == Message(0, False, False, (Record(".", NS, "a"),))


@pytest.mark.parametrize("name", [b"\xc0\x22", b"\x80x", b"\x03\xff\xff\xff\0"])
def test_a_name_that_is_none_breaks_the_reply(name):
    assert parse(message(0x8400, [record(name, A, bytes(4))]), len(QUESTION)) is None


def test_every_broken_reply_is_survived():
    for end in range(len(QUESTION), len(REFERRAL)):
        assert parse(REFERRAL[:end], len(QUESTION)) is None
    for at in range(len(REFERRAL)):
        for bits in (0xFF, 0xC0, 0x01):
            parse(REFERRAL[:at] + bytes([REFERRAL[at] ^ bits]) + REFERRAL[at + 1 :], len(QUESTION))


@pytest.fixture
def server():
    """Return a server whose datagrams are cut off, with its port; `tcp` is what it says over TCP."""
    said = {"tcp": [ADDRESS], "udp": 0x8600}
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    said["port"] = tcp.getsockname()[1]
    udp.bind(("127.0.0.1", said["port"]))

    def by_udp():
        data, client = udp.recvfrom(512)
        udp.sendto(message(said["udp"], head=data), client)

    def by_tcp():
        with contextlib.suppress(OSError):  # nobody came
            answer(tcp.accept()[0])

    def answer(connection):
        with connection:
            data = connection.recv(512)[2:]
            reply = message(0x8400, said["tcp"], head=data)
            whole = struct.pack("!H", len(reply)) + reply
            connection.sendall(whole[:9])
            time.sleep(0.01)
            connection.sendall(whole[9 : said.get("until", len(whole))])

    threads = [threading.Thread(target=each, daemon=True) for each in (by_udp, by_tcp)]
    for thread in threads:
        thread.start()
    yield said
    tcp.shutdown(socket.SHUT_RDWR)
    tcp.close()
    udp.close()


def ask(server, name=NAME, seconds=0.5):
    end = time.monotonic() + seconds
    return exchange("127.0.0.1", name, A, end, seconds=seconds, recursive=False, port=server["port"])


def test_what_is_too_long_for_a_datagram_comes_over_tcp(server):
    assert ask(server).answers == (Record(NAME, A, "198.51.100.9"),)


def test_a_datagram_that_is_enough_is_the_answer(server):
    server["udp"] = 0x8400
    assert ask(server) == Message(0, True, False)


def test_what_stays_cut_off_is_told_as_such(server):
    server["until"] = 20
    assert ask(server).truncated


@pytest.mark.parametrize("name", ["a..b", "x" * 64])
def test_a_name_of_no_such_form_is_not_asked_for(name):
    assert ask({"port": 9}, name) is None


def test_nothing_is_asked_when_the_time_is_over():
    assert ask({"port": 9}, seconds=0) is None
