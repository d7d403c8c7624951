# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service is told of a client, when the client says it itself: each name in each spelling, all names at once."""

from __future__ import annotations

from collections.abc import Callable

from . import _http2
from ._echoed import EchoedRequest, NoEchoError, one
from ._judging import not_spoken, refused
from ._wire import Seen, exchange, request, shown
from .subject import Probe, Subject, Verdict, is_address, token

REMEDY = (
    "the location of the route sends on what a client says of itself: run playbooks/site.yml; a line proxy_set_header "
    "of your own for that name wins over the collection's"
)

# What the proxy itself says, in place of whatever the client did.
_SAID = ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port")
_ADDRESSES = ("X-Real-IP", "X-Forwarded-For")
_Lines = list[tuple[str, str]]
# How a line of a name is written; the last part is the lie.
_SPELLINGS: dict[str, tuple[str, Callable[[str, str], _Lines]]] = {
    "as-is": ("as they are", lambda name, lie: [(name, lie)]),
    "lower": ("in small letters", lambda name, lie: [(name.lower(), lie)]),
    "upper": ("in capital letters", lambda name, lie: [(name.upper(), lie)]),
    "repeated": ("each three times", lambda name, lie: [(name, lie)] * 3),
    "underscore": ("with underscores", lambda name, lie: [(name.replace("-", "_"), lie)]),
    "mixed": ("with the first hyphen for an underscore", lambda name, lie: [(name.replace("-", "_", 1), lie)]),
    "empty-first": ("an empty one first", lambda name, lie: [(name, ""), (name, lie)]),
    "empty-last": ("an empty one last", lambda name, lie: [(name, lie), (name, "")]),
    "space": ("with a space before the colon", lambda name, lie: [(f"{name} ", lie)]),
    "tab": ("with a tab before the value", lambda name, lie: [(name, f"\t{lie}")]),
    "folded": ("the value on a line of its own", lambda name, lie: [(name, f"\r\n {lie}")]),
    "bare-cr": ("behind a bare carriage return", lambda name, lie: [(f"X-Edge-{len(name)}", f"a\r{name}: {lie}")]),
    "dotted": ("with a dot for a hyphen", lambda name, lie: [(name.replace("-", "."), lie)]),
}
# A head may have so many bytes that every nginx takes it: four buffers of 8 kB, and less for HTTP/2.
_MOST = 6000


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    found = [_by_http1(subject, name, what, spell) for name, (what, spell) in _SPELLINGS.items()]
    return [
        Probe("echo", "an ordinary request: the service reports it", lambda: _plain(subject)),
        *found,
        Probe("connection", "all names in Connection", lambda: _connection(subject)),
        _by_http2(subject, "h2", "by HTTP/2", lambda name, lie: [(name.lower(), lie)]),
        _by_http2(subject, "h2-underscore", "by HTTP/2, with underscores", _SPELLINGS["underscore"][1]),
        _by_http2(subject, "h2-repeated", "by HTTP/2, three times", lambda name, lie: [(name.lower(), lie)] * 3),
        _by_http2(subject, "h2-empty-first", "by HTTP/2, an empty one first", _SPELLINGS["empty-first"][1]),
        Probe("address", "another address in what tells the client's", lambda: _address(subject)),
        Probe("hop-by-hop", "what concerns one connection alone", lambda: _hop_by_hop(subject)),
    ]


def _names(subject: Subject) -> list[str]:
    return list(dict.fromkeys((*subject.claims, *_SAID)))


def _portions(lines: _Lines) -> list[_Lines]:
    """Return the lines in portions that a head may have."""
    portions: list[_Lines] = [[]]
    size = 0
    for name, value in lines:
        size += len(name) + len(value) + 4
        if size > _MOST:
            portions.append([])
            size = len(name) + len(value) + 4
        portions[-1].append((name, value))
    return portions


def _plain(subject: Subject) -> Verdict:
    try:
        told = one(exchange(subject, request(subject, subject.echo)))
    except NoEchoError as error:
        return Verdict(None, f"{subject.echo}: {error}")
    hosts = told.values("Host")
    return Verdict(hosts == [subject.host], f"Host: {', '.join(hosts)}")


def _by_http1(subject: Subject, name: str, what: str, spell: Callable[[str, str], _Lines]) -> Probe:
    def ask() -> Verdict:
        lie = token()
        lines = [line for each in _names(subject) for line in spell(each, lie)]
        seen = [
            exchange(subject, request(subject, subject.echo, *(f"{key}: {value}" for key, value in portion)))
            for portion in _portions(lines)
        ]
        return _judged(subject, seen, lie)

    return Probe(name, f"headers {what}", ask)


def _by_http2(subject: Subject, name: str, what: str, spell: Callable[[str, str], _Lines]) -> Probe:
    def ask() -> Verdict:
        lie = token()
        lines = [line for each in _names(subject) for line in spell(each.lower(), lie)]
        seen = [
            _http2.exchange(
                subject,
                [*_http2.fields(subject, subject.echo), *((key.encode(), value.encode()) for key, value in portion)],
            )
            for portion in _portions(lines)
        ]
        if not_spoken(seen[0]):
            return Verdict(True, str(seen[0]))
        return _judged(subject, seen, lie)

    return Probe(name, f"headers {what}", ask)


def _connection(subject: Subject) -> Verdict:
    lie = token()
    names = _names(subject)
    # nginx takes no line of more than 8 kB.
    listed = f"Connection: close, {', '.join(names)}"
    data = request(subject, subject.echo, listed, *(f"{name}: {lie}" for name in names))
    return _judged(subject, [exchange(subject, data.replace(b"Connection: close\r\n\r\n", b"\r\n"))], lie)


def _judged(subject: Subject, seen: list[Seen], lie: str) -> Verdict:
    """Return the verdict on what a service was told: the lie in no line, and what the proxy says, said once."""
    for each in seen:
        if refused(each):
            continue
        try:
            told = one(each)
        except NoEchoError as error:
            return Verdict(None, f"{subject.echo}: {error}")
        if problem := _problem(told, lie):
            return Verdict(False, problem)
    return Verdict(True, f"{seen[0]}, {len(_names(subject))} names")


def _problem(told: EchoedRequest, lie: str) -> str:
    lies = [line for line in told.head if lie in line]
    if lies:
        return f"the service was told {shown('; '.join(lies), 200)}"
    for name in _ADDRESSES:
        values = told.values(name)
        if len(values) > 1 or (values and not is_address(values[0])):
            return f"the service was told {name}: {shown(' and '.join(values))}"
    return ""


def _address(subject: Subject) -> Verdict:
    lie = "192.0.2.66"
    seen = exchange(subject, request(subject, subject.echo, *(f"{name}: {lie}" for name in _names(subject))))
    try:
        told = one(seen)
    except NoEchoError as error:
        return Verdict(None, f"{subject.echo}: {error}")
    values = [value for name in _ADDRESSES for value in told.values(name)]
    if problem := _problem(told, lie):
        return Verdict(False, problem)
    alone = len(set(values)) == 1
    return Verdict(alone, f"the service was told {', '.join(values) or 'no address'}")


def _hop_by_hop(subject: Subject) -> Verdict:
    """Judge that what concerns one connection alone goes no further."""
    lie = token()
    lines = (f"Keep-Alive: timeout={lie}", f"TE: {lie}", f"Proxy-Connection: {lie}", f"Upgrade: {lie}")
    seen = exchange(subject, request(subject, subject.echo, *lines))
    try:
        told = one(seen)
    except NoEchoError as error:
        return Verdict(None, f"{subject.echo}: {error}")
    upgrades = told.values("Upgrade")
    found = [*upgrades, *told.values("Transfer-Encoding")]
    return Verdict(
        not found, f"the service was told {shown(', '.join(found))}" if found else "nothing of the connection"
    )
