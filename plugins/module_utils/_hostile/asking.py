# SPDX-License-Identifier: GPL-3.0-or-later

"""One ordinary request with headers of one's own, by HTTP/1.1 or HTTP/2, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import _http2
from ._judging import not_spoken
from ._wire import UNTRUSTED, Seen, exchange, request
from .subject import Subject


@dataclass(frozen=True)
class Answer:
    """What came back.

    ``status`` is 0 without an answer, and ``end`` then tells how the connection ended. ``challenge`` is the header
    WWW-Authenticate, None where headers were not read. ``is_spoken`` is false where the host has no HTTP/2, and
    ``is_trusted`` where nothing was sent because of the certificate.
    """

    status: int
    end: str
    challenge: str | None = None
    body: bytes = b""
    is_spoken: bool = True
    is_trusted: bool = True


def by_http1(subject: Subject, path: str, headers: Mapping[str, str], agent: str) -> Answer:
    """Ask by HTTP/1.1."""
    lines = (f"{name}: {value}" for name, value in headers.items())
    seen = exchange(subject, request(subject, path, *lines, agent=agent))
    only = seen.only()
    return Answer(seen.status, str(seen), only.one("WWW-Authenticate"), only.body, is_trusted=_is_trusted(seen))


def by_http2(subject: Subject, path: str, headers: Mapping[str, str], agent: str) -> Answer:
    """Ask by HTTP/2."""
    given = {"user-agent": agent, **{name.lower(): value for name, value in headers.items()}}
    fields = [(name.encode(), value.encode()) for name, value in given.items()]
    seen = _http2.exchange(subject, [*_http2.fields(subject, path), *fields])
    spoken, trusted = not not_spoken(seen), _is_trusted(seen)
    return Answer(seen.status, str(seen), None, seen.only().body, is_spoken=spoken, is_trusted=trusted)


def _is_trusted(seen: Seen) -> bool:
    return seen.note != UNTRUSTED
