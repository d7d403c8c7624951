# SPDX-License-Identifier: GPL-3.0-or-later

"""What the HTTP listener of Mono accepts as a listenUri, and when two of them are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import DotnetError

DEFAULT_PORTS = {"http": 80, "https": 443}
_PARTS = re.compile(r"(?P<host>[^/:]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?", re.DOTALL)
_HOST = re.compile(r"[+*]|[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")


@dataclass(frozen=True)
class ListenUri:
    """The parts of a listenUri; ``path`` ends in ``/``, as the server completes it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def any_host(self) -> bool:
        """Whether it answers whatever the Host header says."""
        return self.host in ("+", "*")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}{self.path}"


def parse_listen_uri(text: str) -> ListenUri:
    """Return the parts of a listenUri; what the listener would refuse, or ignore, is an error that says why."""

    def refuse(why: str) -> DotnetError:
        return DotnetError(f"listenUri {text!r}: {why}, as in http://+:8088/constellation")

    scheme, separator, rest = text.partition("://")
    if not separator:
        raise refuse("the scheme and :// are missing")
    if scheme not in DEFAULT_PORTS:
        raise refuse(f"the scheme must be http, in small letters, and not {scheme!r}")
    if rest.startswith("["):
        raise refuse("the listener of Mono knows no IPv6 address: use + as the host")
    found = _PARTS.fullmatch(rest)
    host, port_text, path = (found["host"], found["port"], found["path"] or "/") if found else ("", "", "")
    if not _HOST.fullmatch(host):
        raise refuse("the host must be +, * or a plain name or IPv4 address")
    port = _port(port_text, scheme)
    if not 1 <= port <= 65535:
        raise refuse("the port must be a number from 1 to 65535")
    if "//" in path:
        raise refuse("the path must not contain //")
    if not re.fullmatch(r"[!-~]*", path) or re.search(r"[%?#\\]", path):
        raise refuse("the path must be plain ASCII without %, ?, # and white space")
    return ListenUri(scheme, host.lower(), port, path if path.endswith("/") else path + "/")


def _port(text: str | None, scheme: str) -> int:
    """Return the port, the scheme's own when none is written, or 0 for what is no number."""
    if text is None:
        return DEFAULT_PORTS[scheme]
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0


def check_together(uris: list[ListenUri]) -> None:
    """Refuse URIs that one process cannot listen on at the same time."""
    schemes: dict[int, str] = {}
    for uri in uris:
        if schemes.setdefault(uri.port, uri.scheme) != uri.scheme:
            raise DotnetError(f"http and https cannot share port {uri.port}: give one of them another port")


def warnings_for(uris: list[ListenUri]) -> list[str]:
    """Return what works in the file but probably not as meant."""
    notes = []
    for uri in uris:
        if uri.scheme == "https":
            notes.append(f"listenUri {uri}: https works on Windows only; on Linux let nginx do TLS and listen on http")
        if not uri.any_host:
            notes.append(
                f"listenUri {uri}: the server answers only requests whose Host header is {uri.host}; "
                "the proxy must send that name, or the host be +"
            )
    return notes
