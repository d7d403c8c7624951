# SPDX-License-Identifier: GPL-3.0-or-later

"""What the HTTP listener of Mono accepts as a listenUri, and when two of them are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..._dotnet.errors import DotnetError

DEFAULT_PORTS = {"http": 80, "https": 443}
_PARTS = re.compile(r"(?P<host>[^/:]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?", re.DOTALL)
_HOST = re.compile(r"[+*]|[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_STARTS = re.compile(
    r"https?://(?:\[[^\]]*\]|[^:/]+)(?::\s*\+?0*(?P<port>[0-9]{1,5})\s*)?(?P<path>/.*)?", re.DOTALL | re.ASCII
)


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
    if host != host.lower():
        raise refuse("the host must be in small letters: the listener of Mono answers to no other spelling")
    port = _port(port_text, scheme)
    if not 1 <= port <= 65535:
        raise refuse("the port must be a number from 1 to 65535")
    if "//" in path:
        raise refuse("the path must not contain //")
    if not re.fullmatch(r"[!-~]*", path) or re.search(r"[%?#\\]", path):
        raise refuse("the path must be plain ASCII without %, ?, # and white space")
    return ListenUri(scheme, host, port, path if path.endswith("/") else path + "/")


def _port(text: str | None, scheme: str) -> int:
    """Return the port, the scheme's own when none is written, or 0 for what is no number."""
    if text is None:
        return DEFAULT_PORTS[scheme]
    found = re.fullmatch(r"0*([0-9]{1,5})", text)
    return int(found[1]) if found else 0


def starts(text: str) -> bool:
    """Return whether Mono's listener starts with this URI, however odd it is: it may never answer by it.

    A single refused one keeps the server from listening on any other.
    """
    found = _STARTS.fullmatch(text)
    if not found:
        return False
    path = found["path"] or "/"
    path = path if path.endswith("/") else path + "/"
    return 1 <= int(found["port"] or 80) <= 65535 and "%" not in path and "//" not in path[:-1]


def check_together(uris: list[ListenUri]) -> None:
    """Refuse URIs that one process cannot listen on at the same time."""
    schemes: dict[int, str] = {}
    for uri in uris:
        if schemes.setdefault(uri.port, uri.scheme) != uri.scheme:
            raise DotnetError(f"http and https cannot share port {uri.port}: give one of them another port")
    everywhere = {uri.port for uri in uris if uri.any_host}
    for uri in uris:
        if uri.port in everywhere and _ADDRESS.fullmatch(uri.host):
            raise DotnetError(
                f"{uri.host} cannot share port {uri.port} with + or *, which take it on every address: leave one out"
            )


def warnings_for(uris: list[ListenUri]) -> list[str]:
    """Return what works in the file but probably not as meant."""
    notes = []
    for uri in uris:
        if uri.scheme == "https":
            notes.append(f"listenUri {uri}: https works on Windows only; on Linux let nginx do TLS and listen on http")
        if uri.host == "localhost":
            notes.append(
                f"listenUri {uri}: Mono listens on one address of a name, and for localhost that may be ::1 alone; "
                "write 127.0.0.1"
            )
        if not uri.any_host:
            notes.append(
                f"listenUri {uri}: the server answers only requests whose Host header is {uri.host}; "
                "the proxy must send that name, or the host be +"
            )
    return notes
