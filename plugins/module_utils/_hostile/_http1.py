# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1 answers out of the bytes of a connection; several, where a host gave several."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})[ \r\n]")
_NO_BODY = (204, 304)


@dataclass(frozen=True)
class Response:
    """One answer; ``ended`` is false where more of its body may follow."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    ended: bool = True

    def all(self, name: str) -> list[str]:
        """Return the values of a header, one for each line."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        """Return the values of a header as one, "" without any."""
        return ", ".join(self.all(name))


def read_answers(data: bytes) -> tuple[list[Response], bytes]:
    """Return the answers that the bytes begin with, and what follows them. What is no whole head stays in the rest.

    No body is expected of 1xx, 204 and 304 alone: what is asked by HEAD is not for this.
    """
    answers: list[Response] = []
    while _STATUS.match(data) and b"\r\n\r\n" in data:
        head, _empty, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        status = int(first.split(b" ")[1])
        headers = tuple(
            (name.decode("latin-1"), value.strip().decode("latin-1"))
            for name, _colon, value in (line.partition(b":") for line in lines)
        )
        body, data, ended = _body(status, headers, rest)
        answers.append(Response(status, headers, body, ended))
    return answers, data


def _body(status: int, headers: tuple[tuple[str, str], ...], rest: bytes) -> tuple[bytes, bytes, bool]:
    """Return the body, what follows it, and whether it is whole. What follows an upgrade is no answer."""
    values = {name.lower(): value for name, value in headers}
    if status == 101:
        return rest, b"", False
    if status < 200 or status in _NO_BODY:
        return b"", rest, True
    if values.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(rest)
    length = values.get("content-length", "")
    if length.isdigit():
        size = int(length)
        return rest[:size], rest[size:], len(rest) >= size
    return rest, b"", False


def _chunks(rest: bytes) -> tuple[bytes, bytes, bool]:
    body = b""
    while True:
        line, end, after = rest.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            return body, b"", False
        if not end or len(after) < size + 2:
            return body + after[:size], b"", False
        body, rest = body + after[:size], after[size + 2 :]
        if size == 0:
            return body, rest, True
