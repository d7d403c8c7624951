# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: where a redirect leads: a URL or a path of the same site, with its status and what comes along.

nginx has no escape for a `$` in what `return` says, so that none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .kinds import Group, Kind, Mistake, Word, kind_of, listed
from .names import UnusableValueError, host_name, upstream_name

_TO, _CODE, _PATH = "to", "code", "path"
KEEP, DROP = "keep", "drop"
#: RFC 9110 sections 15.4.2 to 15.4.9 (2022)
CODES = (301, 302, 303, 307, 308)
_USUAL = 308
_ONE_OF = f"{', '.join(map(str, CODES[:-1]))} or {CODES[-1]}"
# RFC 3986 sections 2 and 3 (2005) without the dollar.
_SIGNS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!&'()*+,;=-]|%[0-9A-Fa-f]{2})*\Z")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# nginx reads no argument that is longer than 4 kB.
_LONGEST = 2000
_PATTERN = r"^([Hh][Tt][Tt][Pp][Ss]?://[^\s$/?#]+|/(?![/\\]))[^\s$]*$"


@dataclass(frozen=True)
class Destination:
    """Where a redirect leads, with the status.

    `host` has scheme and port, such as `https://home.example.org`, "" is the same site. `path` begins with a slash, and
    has query and fragment. With `keeps`, what a client wrote behind the route's path comes behind it.
    """

    host: str
    path: str
    code: int = _USUAL
    keeps: bool = False

    @property
    def name(self) -> str:
        """The name of the host where nginx of this collection would answer for it, "" for the same site or a port."""
        parts = urlsplit(self.host)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        return (parts.hostname or "") if parts.port in (None, usual) else ""

    @property
    def bare_path(self) -> str:
        """The path without query and fragment."""
        return re.split("[?#]", self.path)[0]


def destination(value: object) -> tuple[str, str]:
    """Return the host and the path of a destination, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"redirect {value!r} is no destination: write https://NAME/ or /PATH/")
    if not _SIGNS.match(value):
        raise UnusableValueError(_sign(value))
    if len(value) > _LONGEST:
        raise UnusableValueError(f"redirect is longer than nginx takes, which is {_LONGEST} letters")
    if value.startswith("//"):
        raise UnusableValueError(
            f"redirect '{value}' begins with two slashes, which leads to another host: write https:{value}, or "
            f"/{value.lstrip('/')} for a path of this site"
        )
    if value.startswith("/"):
        return "", value
    if not _SCHEME.match(value):
        raise UnusableValueError(
            f"redirect '{value}' is no destination: write https://{value}, or /PATH/ for this site"
        )
    return _url(value)


def _url(value: str) -> tuple[str, str]:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise UnusableValueError(f"redirect '{value}': a port is a number from 1 to 65535") from None
    if "@" in parts.netloc:
        raise UnusableValueError(f"redirect '{value}' has a user in it, which every client would see: take it out")
    if not parts.hostname or port == 0:
        raise UnusableValueError(f"redirect '{value}' names no host: write https://NAME/")
    host = parts.netloc.lower() if ":" in parts.hostname else _host(parts.hostname) + (f":{port}" if port else "")
    rest = value.partition("://")[2][len(parts.netloc) :]
    return f"{parts.scheme}://{host}", rest if rest.startswith("/") else f"/{rest}"


def _host(name: str) -> str:
    """Return a name, of the Internet or of a LAN, or an IPv4 address."""
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", name):
        return name
    return host_name(name) if "." in name else upstream_name(name)


def _sign(value: str) -> str:
    if found := re.search(r"\$\{?[A-Za-z_]\w*\}?|\{[A-Za-z_.]+\}", value):
        return (
            f"redirect '{value}': '{found[0]}' is no variable here: take it out; to a destination that ends in / path "
            "and query come along by themselves"
        )
    if "$" in value:
        return f"redirect '{value}' has a `$`, which nginx would take for a variable: write %24"
    if "\\" in value:
        return f"redirect '{value}' has a backslash, which browsers take for a slash: write / or %5C"
    return f"redirect {value!r} has a sign that no URL has: write it as its bytes in UTF-8, such as %20 for a blank"


class Redirect(Kind):
    """A destination, or a mapping with it, a status, and whether path and query come along."""

    def __init__(self) -> None:
        """Name it."""
        to = {"type": "string", "pattern": _PATTERN}
        self._group = Group(
            {_TO: Kind("a URL or a path", {"type": "str"}, to), _CODE: _Code(), _PATH: Word(KEEP, DROP)},
            {
                _TO: "A URL, or a path of the same site.",
                _CODE: f"The status of the answer, V({_USUAL}) by default.",
                _PATH: "Whether what the client wrote behind the route's path, and its query, come along. The default "
                "is V(keep) for a destination that ends in C(/) or has no path, and V(drop) for others.",
            },
        )
        super().__init__(
            words=f"a URL, a path, or a mapping with {listed([_TO, _CODE, _PATH])}",
            option={"type": "raw"},
            json={"anyOf": [to, {**self._group.json, "required": [_TO]}]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what leads nowhere, or where a client could decide."""
        if isinstance(value, dict):
            found = list(self._group.faults(name, value))
            yield from found
            if _TO not in value:
                yield Mistake(value, f"{name} needs `{_TO}: https://NAME/`, or a path of this site")
            if found or _TO not in value:
                return
        elif not isinstance(value, str):
            yield Mistake(value, f"{name} must be a URL, a path of this site or a mapping, not {kind_of(value)}")
            return
        to = value[_TO] if isinstance(value, dict) else value
        try:
            _host_and_port, path = destination(to)
        except UnusableValueError as problem:
            yield Mistake(to, str(problem))
            return
        if isinstance(value, dict) and value.get(_PATH) == KEEP and not path.endswith("/"):
            text = f"{name}: with `{_PATH}: {KEEP}` the destination ends in `/`, and '{to}' does not: write {to}/"
            yield Mistake(to, text if "?" not in path and "#" not in path else _without_query(name, str(to)))

    def convert(self, value: Any) -> Destination:
        """Return it with what is usual."""
        given: Mapping[str, Any] = value if isinstance(value, dict) else {_TO: value}
        host, path = destination(given[_TO])
        usual = KEEP if path.endswith("/") and not set("?#") & set(path) else DROP
        return Destination(host, path, int(given.get(_CODE, _USUAL)), given.get(_PATH, usual) == KEEP)


def _without_query(name: str, to: str) -> str:
    return f"{name}: '{to}' has a query or a fragment, behind which no path can come: write `{_PATH}: {DROP}`"


class _Code(Kind):
    def __init__(self) -> None:
        super().__init__(_ONE_OF, {"type": "int", "choices": [*CODES]}, {"enum": [*CODES]})

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no redirect."""
        if isinstance(value, bool) or value not in CODES:
            yield Mistake(value, f"{name} {value!r} is no status of a redirect: write one of {_ONE_OF}")
