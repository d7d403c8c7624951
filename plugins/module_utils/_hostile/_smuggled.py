# SPDX-License-Identifier: GPL-3.0-or-later

"""A request with another one hidden in it, and the verdict on what became of both."""

from __future__ import annotations

from ._echoed import NoEchoError, recent
from ._wire import Seen, shown
from .subject import Subject, Verdict, token


class Parts:
    """A request with a mark of its own, and the one that is hidden in it."""

    def __init__(self, subject: Subject) -> None:
        self.mark, self.inner = token(), token()
        self.host = subject.host.encode()
        base = subject.echo.rstrip("/") if subject.echo else ""
        self.path = f"{base}/{self.mark}".encode()
        self.hidden = b"GET %s/%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (base.encode(), self.inner.encode(), self.host)

    def post(self, *lines: bytes, body: bytes = b"") -> bytes:
        """Return a POST with these header lines."""
        return self.line(b"POST %s HTTP/1.1" % self.path, *lines, body=body)

    def line(self, first: bytes, *lines: bytes, body: bytes = b"") -> bytes:
        """Return a request with this request line."""
        return b"\r\n".join((first, b"Host: " + self.host, *lines, b"", body))

    def over(self, *lines: bytes) -> bytes:
        """Return a POST whose body ends with the hidden request by its length, and before it by its chunks."""
        body = b"0\r\n\r\n" + self.hidden
        return self.post(b"Content-Length: %d" % len(body), *lines, body=body)

    def length(self, *lines: bytes) -> bytes:
        """Return a POST with the hidden request for a body; `%d` in the lines is its length."""
        return self.post(*(line.replace(b"%d", b"%d" % len(self.hidden)) for line in lines), body=self.hidden)

    def chunk(self, size: bytes = b"%x", end: bytes = b"\r\n", close: bytes = b"") -> bytes:
        """Return a POST with the hidden request for a chunk; `%x` in the size is its length."""
        head = size.replace(b"%x", b"%x" % len(self.hidden))
        body = head + end + self.hidden + (close or end) + b"0" + end + end
        return self.post(b"Transfer-Encoding: chunked", body=body)

    def after(self, last: bytes) -> bytes:
        """Return a POST with the hidden request behind what a careless reader takes for the last chunk."""
        return self.post(b"Transfer-Encoding: chunked", body=last + b"\r\n\r\n" + self.hidden)


def judged(subject: Subject, parts: Parts, seen: Seen) -> Verdict:
    """Return the verdict on what came back, and on what the service got where it tells."""
    finals = [answer for answer in seen.answers if answer.status >= 200]
    # What is left of a body that was not taken for one is nonsense: 400 says just that.
    if any(answer.status != 400 for answer in finals[1:]):
        return Verdict(False, f"{seen}: a second answer")
    if not finals and seen.data and not seen.data.startswith(b"HTTP/1.1 1"):
        return Verdict(False, f"{seen}: {shown(seen.data)}")
    if not subject.echo:
        return Verdict(True, str(seen))
    try:
        reached = recent(subject, parts.mark)
        hidden = recent(subject, parts.inner)
    except NoEchoError as error:
        return Verdict(None, f"{seen}; {error}")
    if len(reached) > 1 or any(parts.inner in line for each in hidden for line in each.head):
        return Verdict(False, f"{seen}: the service got {len(reached)} requests, and {len(hidden)} that were hidden")
    for each in reached:
        if told := _ambiguous(each.head):
            return Verdict(False, f"{seen}: the service got {told}")
    return Verdict(True, f"{seen}; the service got {len(reached)}")


def _ambiguous(head: tuple[str, ...]) -> str:
    """Return what of a head a service could read in two ways, "" for nothing."""
    names = [line.partition(":")[0].strip().lower().replace("_", "-") for line in head[1:]]
    sizes = names.count("content-length") + names.count("transfer-encoding")
    if sizes > 1:
        return "more than one length"
    if odd := next((line for line in head if any(ord(letter) < 32 and letter != "\t" for letter in line)), ""):
        return shown(odd)
    return ""
