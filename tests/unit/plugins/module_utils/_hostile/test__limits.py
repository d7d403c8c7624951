# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many connections are counted: those that stand, of a host that refuses, ends or takes them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _limits
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject, Verdict
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import ProbeError

WANTED = 6
# With a linger of no time, a close resets the connection.
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening


def subject(server: socket.socket) -> Subject:
    port = server.getsockname()[1]
    return Subject(f"https://home.example.org:{port}/", address="127.0.0.1", connections=WANTED)


def ask(asked: Subject) -> Verdict:
    [probe] = _limits.probes(asked)
    return probe.ask()


def test_a_host_that_takes_all_has_no_limit(server: socket.socket) -> None:
    assert ask(subject(server)) == Verdict(False, f"{WANTED} of {WANTED} were taken")


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), ProbeError("no address")])
def test_after_three_in_a_row_no_more_are_tried(
    server: socket.socket, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, tried = _limits.connect, []

    def limited(address: str, port: int, timeout: float) -> socket.socket:
        tried.append(port)
        if len(tried) > 2:
            raise error
        return connect(address, port, timeout)

    monkeypatch.setattr(_limits, "connect", limited)
    assert ask(subject(server)) == Verdict(True, f"2 of {WANTED} were taken")
    assert len(tried) == 5


@pytest.mark.parametrize("is_reset", [False, True])
def test_what_was_taken_and_then_ended_does_not_stand(
    server: socket.socket, is_reset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, taken = _limits.connect, []

    def ending(address: str, port: int, timeout: float) -> socket.socket:
        used = connect(address, port, timeout)
        there, _place = server.accept()
        taken.append(there)
        if len(taken) % 2:
            if is_reset:
                there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            there.close()
        return used

    monkeypatch.setattr(_limits, "connect", ending)
    try:
        assert ask(subject(server)) == Verdict(True, f"{WANTED // 2} of {WANTED} were taken")
    finally:
        for each in taken:
            each.close()
