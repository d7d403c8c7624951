# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports that answer, refuse, or say nothing: a full queue of a listener drops what comes, as a firewall does."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._probe import _ports, _silence
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import places_of
from probe_servers import free_port


@contextmanager
def silent() -> Iterator[socket.socket]:
    """Yield a listener whose queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _number in range(3):
            used = stack.enter_context(socket.socket())
            used.setblocking(False)
            used.connect_ex(listener.getsockname())
        yield listener


def places(*ports: int) -> list[_silence.Place]:
    return [place for port in ports for place in places_of("127.0.0.1", port, 10)]


def test_what_answers_is_open_and_what_refuses_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert _ports.shut("127.0.0.1", port, 10) == "open"
        # One address that answers is enough, whichever it is.
        assert _silence.ask(places(free_port(), port)) == _silence.ask(places(port, free_port())) == "open"
    assert _ports.shut("127.0.0.1", port, 10) == "refused"


def test_what_says_nothing_is_filtered() -> None:
    with silent() as listener:
        assert _ports.shut("127.0.0.1", listener.getsockname()[1], 10) == "filtered"


def test_a_refusal_ends_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an endless time, a question that goes on would never end."""
    monkeypatch.setattr(_silence, "SECOND_TRY", 1e6)
    assert _silence.ask(places(free_port(), free_port())) == "refused"
    with socket.create_server(("127.0.0.1", 0)) as listener, silent() as other:
        ports = other.getsockname()[1], listener.getsockname()[1]
        assert _silence.ask(places(*ports)) == "open"


def test_a_refusal_counts_beside_an_address_that_says_nothing() -> None:
    with silent() as listener:
        assert _silence.ask(places(listener.getsockname()[1], free_port())) == "refused"


def test_what_was_lost_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first packet meets a full queue, which is emptied before the second one, and both have no end in time."""
    begun: list[int] = []
    begin = _silence._Attempts.begin

    def counted(attempts: _silence._Attempts) -> None:
        begun.append(1)
        if len(begun) == 2:
            for _number in range(2):
                listener.accept()[0].close()
        begin(attempts)

    monkeypatch.setattr(_silence._Attempts, "begin", counted)
    monkeypatch.setattr(_silence, "SILENCE", 60.0)
    with silent() as listener:
        assert _silence.ask(places(listener.getsockname()[1])) == "open"
    assert len(begun) == 2


def test_an_address_without_a_way_is_filtered() -> None:
    """The system itself refuses to connect to everybody, and says so at once."""
    assert _silence.ask([(socket.AF_INET, socket.SOCK_STREAM, 0, ("255.255.255.255", 9))]) == "filtered"


@pytest.mark.parametrize(("number", "state"), [(errno.EAFNOSUPPORT, "filtered"), (errno.EMFILE, "")])
def test_a_machine_that_cannot_ask_proves_nothing(monkeypatch: pytest.MonkeyPatch, number: int, state: str) -> None:
    def refused(*_arguments: int) -> None:
        raise OSError(number, os.strerror(number))

    asked = places(free_port())
    monkeypatch.setattr(_silence.socket, "socket", refused)
    if state:
        assert _silence.ask(asked) == state
    else:
        with pytest.raises(_ports.ProbeError, match="no connection can be tried from here: Too many open files"):
            _silence.ask(asked)


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(_ports.ProbeError, match="does not resolve"):
        _ports.shut("nowhere.invalid", 8088, 20)


def test_every_connection_is_ended() -> None:
    before = threading.active_count(), len(_descriptors())
    with silent() as listener:
        inside = len(_descriptors())
        _silence.ask(places(listener.getsockname()[1], free_port()))
        assert len(_descriptors()) == inside
    assert (threading.active_count(), len(_descriptors())) == before


def _descriptors() -> list[str]:
    return os.listdir("/proc/self/fd")
