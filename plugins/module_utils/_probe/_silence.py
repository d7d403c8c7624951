# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a port answers at all: each address is tried twice, all of them at once, within a short time."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from typing import Any

from .connection import ProbeError

Place = tuple[int, int, int, Any]

# Seconds until what has not answered is silent. The system itself repeats a SYN only after one second (RFC 6298 section
# 2, 2011), which would leave its answer 0.2 s; the second try of ours leaves it 0.8 s.
SILENCE = 1.2
SECOND_TRY = 0.4

_ON_ITS_WAY = (errno.EINPROGRESS, errno.EAGAIN)
_PENDING, _OPEN, _REFUSED, _FILTERED = "", "open", "refused", "filtered"


def ask(places: list[Place]) -> str:
    """Return `open` when an address answers, else `refused` when one says no, else `filtered`.

    A refusal ends the question about its address at once. So does an error that a router reports. Raises ProbeError
    where this machine cannot ask.
    """
    start = time.monotonic()
    with _Attempts(places) as attempts:
        for end in (SECOND_TRY, SILENCE):
            attempts.begin()
            if attempts.wait(start + end):
                break
        return attempts.state()


class _Attempts:
    """The connections that are on their way, and what is known of each address."""

    def __init__(self, places: list[Place]) -> None:
        """Begin nothing yet."""
        self._known = dict.fromkeys(range(len(places)), _PENDING)
        self._places = places
        self._waiting = selectors.DefaultSelector()

    def __enter__(self) -> _Attempts:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End all connections."""
        for each in [*self._waiting.get_map().values()]:
            self._end(each.fileobj)
        self._waiting.close()

    def begin(self) -> None:
        """Try each address that has not answered."""
        for number, known in self._known.items():
            if known is not _PENDING:
                continue
            family, kind, protocol, place = self._places[number]
            try:
                attempt = socket.socket(family, kind, protocol)
            except OSError as error:
                if error.errno != errno.EAFNOSUPPORT:
                    raise ProbeError(f"no connection can be tried from here: {error.strerror}") from error
                # A machine without IPv6.
                self._known[number] = _FILTERED
                continue
            attempt.setblocking(False)
            self._waiting.register(attempt, selectors.EVENT_WRITE, (attempt, number))
            said = attempt.connect_ex(place)
            # What the system says at once it does not say again.
            if said and said not in _ON_ITS_WAY:
                self._hear(attempt, number, said)

    def wait(self, until: float) -> bool:
        """Hear answers until a moment of the clock; whether nothing more has to be asked."""
        while not self._is_done() and (left := until - time.monotonic()) > 0:
            for each, _events in self._waiting.select(left):
                attempt, number = each.data
                self._hear(attempt, number, attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        return self._is_done()

    def state(self) -> str:
        """Return what is known of all addresses together."""
        return next((each for each in (_OPEN, _REFUSED) if each in self._known.values()), _FILTERED)

    def _is_done(self) -> bool:
        known = self._known.values()
        return _OPEN in known or _PENDING not in known

    def _hear(self, attempt: socket.socket, number: int, error: int) -> None:
        refused = _REFUSED if error == errno.ECONNREFUSED else _FILTERED
        self._known[number] = refused if error else _OPEN
        self._end(attempt)

    def _end(self, attempt: Any) -> None:
        self._waiting.unregister(attempt)
        attempt.close()
