# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service was sent, by the report of a service that tells it (tests/lab/standins/echo.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ._wire import Seen, exchange, request
from .subject import Subject


class NoEchoError(Exception):
    """What answers at the path of `echo` does not report."""


@dataclass(frozen=True)
class EchoedRequest:
    """One request as a service got it.

    ``head`` are its lines, the first of them the request line; ``number`` tells that it is the first, second... of its
    connection; ``peer`` is the address that it came from.
    """

    head: tuple[str, ...]
    number: int = 1
    peer: str = ""

    def values(self, name: str) -> list[str]:
        """Return the values of a header, one for each line; `-` and `_` are the same, as to many services."""
        pairs = [line.partition(":") for line in self.head[1:]]
        return [value.strip() for key, _colon, value in pairs if _plain(key) == _plain(name)]


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def read(body: bytes) -> dict[str, object]:
    """Return a report. Raises NoEchoError when it is none."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise NoEchoError(f"no report, but {len(body)} bytes that are no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("head"), list):
        raise NoEchoError("no report: JSON without `head`")
    return found


def one(seen: Seen) -> EchoedRequest:
    """Return the request that an answer reports. Raises NoEchoError when it reports none."""
    if seen.status != 200:
        raise NoEchoError(f"no report, but {seen}")
    return _request(read(seen.only().body))


def _request(found: object) -> EchoedRequest:
    if not isinstance(found, dict) or not isinstance(found.get("head"), list):
        raise NoEchoError("no report of a request")
    return EchoedRequest(tuple(map(str, found["head"])), int(found.get("requests", 1)), str(found.get("peer", "")))


def recent(subject: Subject, word: str) -> list[EchoedRequest]:
    """Return the latest requests to the service in which a word stands. Raises NoEchoError when it does not tell."""
    found = read(exchange(subject, request(subject, subject.echo)).only().body).get("recent")
    if not isinstance(found, list):
        raise NoEchoError("no report: JSON without `recent`")
    return [each for each in map(_request, found) if any(word in line for line in each.head)]
