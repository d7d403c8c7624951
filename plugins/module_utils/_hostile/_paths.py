# SPDX-License-Identifier: GPL-3.0-or-later

"""The path that is kept for the LAN, in every spelling that a service might take for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress

from .._host.lan import LAN_NETWORKS
from .._probe.connection import ProbeError, connect
from . import _http2
from ._judging import not_spoken
from ._wire import SILENT, Seen, exchange, request, shown
from .subject import Probe, Subject, Verdict, token

REMEDY = (
    "what the Constellation server keeps for its own host is open to everybody: run playbooks/site.yml; "
    "console: lan of the route keeps it for the LAN"
)

_AWAY = (400, 403, 404, 405, 414, 421)
# Letters that some comparison takes for others: U+017F for s, U+212A for k, and those of full width for all (Unicode
# 16.0, CaseFolding.txt and UnicodeData.txt).
_LIKE = {"s": "\u017f", "k": "\u212a"}
# What some readers drop out of a path, or pass over: Unicode's format characters and a few controls.
_DROPPED = ("\u200d", "\u200b", "\ufeff", "\u00ad", "\u2060", "\u0001", "\u007f", "\u0301")


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    folder, name = _parts(subject.kept)
    found = [Probe("plain", f"GET {subject.kept}", lambda: _plain(subject))]
    for number, (what, spelt) in enumerate(spellings(folder, name), 1):
        found.append(_spelling(subject, f"{number:03d}-{what.replace(' ', '-')}", what, spelt))
    absolute = f"https://{subject.host}{subject.kept}"
    found.append(_spelling(subject, "absolute-form", "absolute form", absolute))
    for what, path in (
        ("h2", subject.kept),
        ("h2 case", folder + name.upper()),
        ("h2 escape", folder + _escaped(name)),
    ):
        found.append(_by_http2(subject, what.replace(" ", "-"), what.replace("h2", "by HTTP/2"), path))
    return found


def _parts(kept: str) -> tuple[str, str]:
    """Return the folder that a path is in, and its last part with what ends it."""
    bare = kept.rstrip("/")
    folder = bare[: bare.rindex("/") + 1]
    return folder, kept[len(folder) :].rstrip("/")


def _escaped(name: str) -> str:
    return "".join(f"%{ord(letter):02x}" for letter in name)


def spellings(folder: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield what is special about a spelling, and the path."""
    yield from _cases(folder, name)
    yield from _slashes(folder, name)
    yield from _dots(folder, name)
    yield from _escapes(folder, name)
    yield from _strange(folder, name)
    yield from _ends(folder, name)


def _cases(folder: str, name: str) -> Iterator[tuple[str, str]]:
    for each in (name.lower(), name.upper(), name.swapcase(), name.title()):
        yield "case", f"{folder}{each}/"
        yield "case without its slash", f"{folder}{each}"


def _slashes(folder: str, name: str) -> Iterator[tuple[str, str]]:
    yield "doubled slash", f"{folder}/{name}/"
    yield "tripled slash", f"{folder}//{name}//"
    yield "all slashes doubled", folder.replace("/", "//") + f"{name}//"
    for slash in ("\\", "%5c", "%5C", "%2f", "%2F", "/%2f", "%2f/", "\\/", "/\\", "%5c%5c", "%2f%2f"):
        yield "another slash before", f"{folder[:-1]}{slash}{name}/"
        yield "another slash behind", f"{folder}{name}{slash}"
        yield "another slash within", f"{folder}{slash}{name}/"
    for slash in ("\u2215", "\u2044", "\uff0f", "\u29f8"):
        yield "a sign like a slash", f"{folder}{slash}{name}/"


def _dots(folder: str, name: str) -> Iterator[tuple[str, str]]:
    for dots in ("./", "x/../", "%2e/", "x/%2e%2e/", "x/.%2e/", "x/%2E%2E/", "x%2f..%2f", "./././", "x/y/../../"):
        yield "dots", f"{folder}{dots}{name}/"
    for dots in ("..;/", ".;/", "x/..;/", "..%00/", "%252e/", "x\\..\\", "x/..\\", ".%5c", "x/..%5c"):
        yield "odd dots", f"{folder}{dots}{name}/"
    yield "dots from the root", f"/x/..{folder}{name}/"
    yield "dots behind", f"{folder}{name}/."
    yield "dots above", f"{folder}{name}/../{name}/"
    yield "a dot at the end", f"{folder}{name}."
    yield "a dot at the end", f"{folder}{name}./"
    yield "a space at the end", f"{folder}{name}%20/"


def _escapes(folder: str, name: str) -> Iterator[tuple[str, str]]:
    first = name[0]
    yield "escaped", f"{folder}{_escaped(name)}/"
    yield "escaped capitals", f"{folder}{_escaped(name).upper()}/"
    yield "escaped twice", f"{folder}{_escaped(name).replace('%', '%25')}/"
    yield "escaped three times", f"{folder}{_escaped(name).replace('%', '%2525')}/"
    yield "first letter escaped", f"{folder}%{ord(first):02x}{name[1:]}/"
    yield "first letter escaped twice", f"{folder}%25{ord(first):02x}{name[1:]}/"
    yield "escaped percent within an escape", f"{folder}%%{ord(first) >> 4:x}{ord(first) & 15:x}{name[1:]}/"
    yield "percent u", f"{folder}%u00{ord(first):02x}{name[1:]}/"
    # RFC 3629 section 3 (2003) forbids both.
    yield "overlong letter", f"{folder}%{0xC0 | ord(first) >> 6:02x}%{0x80 | ord(first) & 63:02x}{name[1:]}/"
    yield "overlong slash", f"{folder[:-1]}%c0%af{name}/"
    yield "overlong slash of three", f"{folder[:-1]}%e0%80%af{name}/"
    yield "overlong dots", f"{folder}x/%c0%ae%c0%ae/{name}/"
    yield "half an escape", f"{folder}{name}%"
    yield "half an escape", f"{folder}{name}%2"


def _strange(folder: str, name: str) -> Iterator[tuple[str, str]]:
    for sign in _DROPPED:
        code = "".join(f"%{byte:02x}" for byte in sign.encode())
        yield f"U+{ord(sign):04X} before", f"{folder}{code}{name}/"
        yield f"U+{ord(sign):04X} within", f"{folder}{name[0]}{code}{name[1:]}/"
        yield f"U+{ord(sign):04X} behind", f"{folder}{name}{code}/"
    for letter, like in _LIKE.items():
        place = name.lower().find(letter)
        if place >= 0:
            code = "".join(f"%{byte:02x}" for byte in like.encode())
            yield f"U+{ord(like):04X} for {letter}", f"{folder}{name[:place]}{code}{name[place + 1 :]}/"
    wide = "".join(f"%{byte:02x}" for byte in chr(0xFEE0 + ord(name[0])).encode())
    yield "a letter of full width", f"{folder}{wide}{name[1:]}/"
    yield "bytes that are no UTF-8", f"{folder}%ff{name}/"
    yield "bytes as they are", f"{folder}\u200d{name}/"


def _ends(folder: str, name: str) -> Iterator[tuple[str, str]]:
    for end in (";x", ";x/", ";jsessionid=1/", "%3bx/", "%00", "%00.html", "/%00", "?", "/?x=1", "/index.html", "%09"):
        yield "another end", f"{folder}{name}{end}"
    yield "an end before", f"{folder};x/{name}/"
    yield "a hash", f"{folder}{name}%23/"
    yield "a hash as it is", f"{folder}{name}#/"
    yield "a question mark", f"{folder}{name}%3f/"


def _plain(subject: Subject) -> Verdict:
    return _judged(subject, exchange(subject, request(subject, subject.kept)), subject.kept)


def _spelling(subject: Subject, name: str, what: str, path: str) -> Probe:
    def ask() -> Verdict:
        return _judged(subject, exchange(subject, request(subject, path)), path)

    return Probe(name, f"{what}: {shown(path)}", ask)


def _by_http2(subject: Subject, name: str, what: str, path: str) -> Probe:
    def ask() -> Verdict:
        seen = _http2.exchange(subject, _http2.fields(subject, path))
        return Verdict(True, str(seen)) if not_spoken(seen) else _judged(subject, seen, path)

    return Probe(name, f"{what}: {shown(path)}", ask)


def _judged(subject: Subject, seen: Seen, path: str) -> Verdict:
    """Return the verdict on what came back: what it is proven by is 403, 400 or 404."""
    if seen.status in _AWAY or (not seen.status and seen.end != SILENT):
        return Verdict(True, str(seen))
    if not seen.status:
        return Verdict(None, str(seen))
    if in_lan(subject) and exchange(subject, request(subject, subject.kept)).status != 403:
        return Verdict(None, f"{seen}; asked from within the LAN, to which it is open")
    # A service that answers any path so has not shown what is kept.
    _folder, name = _parts(subject.kept)
    other = path.replace(name, token())
    if other != path and _alike(seen, exchange(subject, request(subject, other))):
        return Verdict(None, f"{seen}, as for any other path")
    return Verdict(False, str(seen))


def _alike(seen: Seen, other: Seen) -> bool:
    return other.status == seen.status and other.only().body == seen.only().body


def in_lan(subject: Subject) -> bool:
    """Whether the host, as it is reached from here, is in a private network, or this is the host itself."""
    with suppress(OSError, ProbeError), connect(subject.place, subject.port, subject.timeout) as used:
        peer = ipaddress.ip_address(used.getpeername()[0].partition("%")[0])
        mapped = getattr(peer, "ipv4_mapped", None) or peer
        itself = used.getpeername()[0] == used.getsockname()[0]
        return itself or any(mapped in ipaddress.ip_network(network) for network in LAN_NETWORKS)
    return False
