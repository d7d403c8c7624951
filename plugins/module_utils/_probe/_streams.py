# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers without an end: server-sent events and moving pictures. When their pieces arrive is what is measured."""

from __future__ import annotations

import email.message
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from .connection import ProbeError, Target, ask, opened

_FIRST_LIMIT = 5.0
_APART = 0.02
_MOST = 8 * 1024 * 1024


class SseFacts(TypedDict):
    """Events that arrived, and the seconds until the first (None without one)."""

    ok: bool
    events: int
    first_seconds: float | None
    detail: str


class StreamFacts(TypedDict):
    """Whole parts of a multipart answer that arrived, and the seconds until the first (None without one)."""

    ok: bool
    parts: int
    first_seconds: float | None
    detail: str


@dataclass
class _Arrivals:
    """How many pieces there are, and the moments at which they came."""

    count: int = 0
    first: float | None = None
    last: float = 0.0
    bursts: int = 0

    def add(self, pieces: int, now: float) -> None:
        if not pieces:
            return
        if self.first is None:
            self.first, self.bursts = now, 1
        elif now - self.last > _APART:
            self.bursts += 1
        self.last = now
        self.count += pieces


def server_sent_events(target: Target) -> SseFacts:
    """Listen until events have come at two different moments, which no buffer in between would let through.

    The first must come within 5 seconds, or within the target's timeout where that is shorter. A failure is in the
    result, not raised.
    """
    seen = _Arrivals()
    detail = ""
    try:
        detail = _listen(target, seen)
    except (ProbeError, OSError) as error:
        detail = str(error)
    limit = min(_FIRST_LIMIT, target.timeout)
    if seen.first is None:
        detail = f"no event arrived ({detail})" if detail else "no event arrived"
    elif seen.first > limit:
        detail = f"the first event took {seen.first:.1f} s, so that something in between holds events back"
    elif seen.count < 2:
        detail = f"only one event arrived within {target.timeout:g} s"
    elif seen.bursts < 2:
        detail = f"{seen.count} events arrived at one moment, so that something in between holds events back"
    else:
        return SseFacts(ok=True, events=seen.count, first_seconds=round(seen.first, 3), detail="")
    return SseFacts(ok=False, events=seen.count, first_seconds=_rounded(seen.first), detail=detail)


def _listen(target: Target, seen: _Arrivals) -> str:
    start = time.monotonic()
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
    with opened(target) as used:
        response = ask(target, used, headers)
        kind = _kind(response)
        if response.status != 200 or kind != "text/event-stream":
            return f"status {response.status}, {kind or 'no content type'} instead of text/event-stream"
        rest = b""
        for moment, chunk in _chunks(response, start):
            rest = (rest + chunk).replace(b"\r\n", b"\n")
            *blocks, rest = rest.split(b"\n\n")
            seen.add(sum(_has_data(block) for block in blocks), moment)
            if seen.count >= 2 and seen.bursts >= 2:
                return ""
    return "the answer ended"


def _has_data(block: bytes) -> bool:
    return any(line.startswith(b"data") for line in block.split(b"\n"))


def moving_pictures(target: Target) -> StreamFacts:
    """Read a ``multipart/x-mixed-replace`` answer until two whole parts are there. A failure is in the result."""
    seen = _Arrivals()
    try:
        detail = _watch(target, seen)
    except (ProbeError, OSError) as error:
        detail = str(error)
    done = seen.count >= 2
    return StreamFacts(
        ok=done,
        parts=seen.count,
        first_seconds=_rounded(seen.first),
        detail="" if done else detail or "no part arrived",
    )


def _watch(target: Target, seen: _Arrivals) -> str:
    start = time.monotonic()
    with opened(target) as used:
        response = ask(target, used, {"Accept-Encoding": "identity"})
        kind = _kind(response)
        if response.status != 200 or kind != "multipart/x-mixed-replace":
            return f"status {response.status}, {kind or 'no content type'} instead of multipart/x-mixed-replace"
        # Cameras disagree on whether the two hyphens in front of a delimiter belong to its name.
        name = _parameter(response, "boundary").lstrip("-").encode("latin-1")
        if not name:
            return "the answer names no boundary"
        delimiter, tail, delimiters, received = b"--" + name, b"", 0, 0
        for moment, chunk in _chunks(response, start):
            received += len(chunk)
            tail += chunk
            found = tail.count(delimiter)
            tail = tail[-len(delimiter) + 1 :] if found == 0 else tail[tail.rindex(delimiter) + len(delimiter) :]
            # A part is whole when the delimiter of the next one is there: the first delimiter ends none.
            seen.add(found if delimiters else max(0, found - 1), moment)
            delimiters += found
            if seen.count >= 2:
                return ""
            if received > _MOST:
                return f"no two whole parts within {_MOST // 1024 // 1024} MB"
    return f"the answer ended after {seen.count} whole parts"


def _chunks(response: http.client.HTTPResponse, start: float) -> Iterator[tuple[float, bytes]]:
    """Yield each piece of a body when it arrives, with the seconds since ``start``."""
    while True:
        chunk = response.read1(65536)
        if not chunk:
            return
        yield time.monotonic() - start, chunk


def _message(response: http.client.HTTPResponse) -> email.message.Message:
    message = email.message.Message()
    message["Content-Type"] = response.getheader("Content-Type") or "none/none"
    return message


def _kind(response: http.client.HTTPResponse) -> str:
    kind = _message(response).get_content_type()
    return "" if kind == "none/none" else kind


def _parameter(response: http.client.HTTPResponse, name: str) -> str:
    value = _message(response).get_param(name)
    return value if isinstance(value, str) else ""


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
