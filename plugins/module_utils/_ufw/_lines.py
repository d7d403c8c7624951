# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lines of ufw's before.rules and after.rules do with packets from everywhere.

They are read as `iptables-restore -n` reads them. What speaks of some alone is left out. What is not understood opens
nothing, and counts as closing what is behind it, so that nobody is warned of a port that is closed.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .rule import V4, V6, Entry

PARTS = {V4: ("before.rules", "after.rules"), V6: ("before6.rules", "after6.rules")}
ACCEPT, CLOSE, RETURN, PASS = "ACCEPT", "DROP", "RETURN", "LOG"
# Where the policy `reject` has its line; what is no chain closes.
POLICY = "the policy"
# A line of fewer ports decides nothing here.
FEW = 64
#: every port, as a number with a bit for each
ALL = (1 << 65536) - 1
_CLOSING = ("DROP", "REJECT")
_PASSING = (PASS, "NFLOG", *(f"ufw{family}-logging-{way}" for family in ("", "6") for way in ("deny", "allow")))
_BUILT_IN = ("INPUT", "FORWARD", "OUTPUT")
_PROTOCOLS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "all": "any", "0": "any", "ip": "any"}
_MATCHES = ("tcp", "udp", "multiport", "conntrack", "state", "comment", "addrtype", "rt", "set")
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_JOINED = re.compile(r"(--[a-z-]+)=(.*)|(-[psdimj])(.+)", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where a line stands; ``rule`` is what it says, where ufw leaves that in the kernel when it reloads."""

    file: str
    number: int
    rule: str = ""


@dataclass(frozen=True)
class Line:
    """What a line, or a rule of the owner's, does with packets from everywhere to these ports."""

    source: Entry | Place | None
    target: str
    proto: str = "any"
    ports: int = ALL


Chains = dict[str, list[Line]]


def chains(family: int) -> Chains:
    """Return the chains that packets to this host pass, as ufw makes them before it loads its files."""
    name = "ufw" if family == V4 else "ufw6"
    parts = [f"{name}-{part}-input" for part in ("before", "after", "reject", "track")]
    return {
        "INPUT": [Line(None, part) for part in parts],
        **{part: [] for part in parts},
        parts[2]: [Line(None, POLICY)],
    }


def load(there: Chains, text: str, path: str) -> Chains:
    """Return the chains after a file is loaded; none where it has a command that is not understood."""
    if not there:
        return {}
    after = {name: list(lines) for name, lines in there.items()}
    for number, line in _committed(text):
        if not _play(after, line, Place(path, number)):
            return {}
    return after


def ports(said: str) -> int:
    """Return ports as iptables takes them, `80,443,1024:`; the name of a service counts as none."""
    bits = 0
    for item in said.split(","):
        found = re.fullmatch(r"(\d{0,5})(:?)(\d{0,5})", item)
        if found:
            low = int(found[1] or 0)
            high = int(found[3] or 65535) if found[2] else low
            bits |= ALL >> (65535 - high) & ALL << low if low <= high <= 65535 else 0
    return bits


def _committed(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of each block of the table `filter` that ends in COMMIT, with their numbers."""
    table = ""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        said = line.strip()
        if said.startswith("*"):
            table, block = said, []
        elif said == "COMMIT":
            yield from block
            block = []
        elif said and not said.startswith("#") and table == "*filter":
            block.append((number, said))


def _play(after: Chains, line: str, place: Place) -> bool:
    """Carry out a line; say whether its command is understood."""
    words = _words(line)
    if words[0].startswith(":"):
        # With `-n` this empties a chain, but not one of the kernel's own.
        if words[0][1:] not in _BUILT_IN:
            after[words[0][1:]] = []
        return True
    command, chain, rest = words[0], words[1] if len(words) > 1 else "", words[2:]
    if command in ("-P", "--policy"):  # ufw sets its own policies after its files
        return True
    lines = after.setdefault(chain, [])
    if command in ("-N", "--new-chain"):
        return True
    index = len(lines)
    if command in ("-I", "--insert"):
        index = max(int(rest.pop(0)) - 1, 0) if rest and re.fullmatch(r"\d{1,5}", rest[0]) else 0
    if chain == "INPUT":
        place = replace(place, rule=shlex.join(rest))
    clear = "\\" not in line and line.count('"') % 2 == 0
    # Every line has its place, since another one may be inserted by number.
    lines.insert(index, _line(rest, place) if clear else Line(place, CLOSE))
    return command in ("-A", "--append", "-I", "--insert")


def _words(line: str) -> list[str]:
    found = []
    for word in _WORD.findall(re.sub(r"^\[\d+:\d+\]", "", line)):
        joined = _JOINED.fullmatch(word)
        parts = [part for part in joined.groups() if part is not None] if joined else [word]
        found += [part.replace('"', "") for part in parts]
    return found or [line]


@dataclass
class _Said:
    """What a line's words say; ``chosen`` is a port that the sender chooses."""

    target: str = ""
    proto: str = "any"
    ports: int = ALL
    narrow: bool = False
    unknown: bool = False
    chosen: bool = False


def _line(words: list[str], place: Place) -> Line:
    said = _Said()
    rest, negated = iter(words), False
    for word in rest:
        if word == "!":
            negated = True
            continue
        if word in _OPTIONS:
            _OPTIONS[word](said, next(rest, ""), negated)
        elif word == "--syn":
            said.narrow |= negated
        else:
            said.unknown = True
        negated = False
    passes = said.target in _PASSING or said.narrow or said.ports.bit_count() < FEW
    if passes or (said.unknown if said.target == ACCEPT else said.chosen):
        return Line(place, PASS)
    target = CLOSE if said.unknown or said.target in _CLOSING else said.target or PASS
    return Line(place, target, said.proto, said.ports)


def _protocol(said: _Said, value: str, negated: bool) -> None:
    name = value.lower()
    other = re.fullmatch(r"[a-z][a-z0-9-]*|[1-9]\d*", name) is not None and name not in _PROTOCOLS
    said.proto = _PROTOCOLS.get(name, said.proto)
    said.narrow |= other and not negated
    said.unknown |= negated or not (other or name in _PROTOCOLS)


def _from(said: _Said, value: str, negated: bool) -> None:
    said.narrow |= not _is_everybody(value) and not negated
    said.unknown |= negated


def _to(said: _Said, value: str, negated: bool) -> None:
    # Another address counts as the one that this host is asked at.
    said.narrow |= not negated and not _is_everybody(value) and _is_no_host(value)
    said.unknown |= negated


def _interface(said: _Said, value: str, negated: bool) -> None:
    said.narrow |= value != "+" and not negated
    said.unknown |= negated


def _match(said: _Said, value: str, negated: bool) -> None:
    said.unknown |= value not in _MATCHES or negated


def _state(said: _Said, value: str, negated: bool) -> None:
    said.narrow |= ("NEW" in value.upper().split(",")) == negated


def _dport(said: _Said, value: str, negated: bool) -> None:
    said.ports &= ALL ^ ports(value) if negated else ports(value)


def _sport(said: _Said, _value: str, _negated: bool) -> None:
    said.chosen = True


def _kind(said: _Said, value: str, negated: bool) -> None:
    said.narrow |= ("LOCAL" in value.upper().split(",")) == negated


def _some(said: _Said, _value: str, negated: bool) -> None:
    said.narrow |= not negated
    said.unknown |= negated


def _target(said: _Said, value: str, _negated: bool) -> None:
    said.target = value


def _nothing(_said: _Said, _value: str, _negated: bool) -> None:
    """Read a word that says nothing of whom a line speaks."""


_READERS: dict[Callable[[_Said, str, bool], None], str] = {
    _protocol: "-p --protocol --proto",
    _from: "-s --source --src",
    _to: "-d --destination --dst",
    _interface: "-i --in-interface",
    _match: "-m --match",
    _state: "--ctstate --state",
    _dport: "--dport --destination-port --dports --destination-ports",
    _sport: "--sport --source-port --sports --source-ports",
    _kind: "--dst-type",
    _some: "--match-set --rt-type",
    _target: "-j --jump",
    _nothing: "--comment --reject-with --log-prefix --log-level",
}
_OPTIONS = {word: reader for reader, words in _READERS.items() for word in words.split()}


def _is_everybody(addresses: str) -> bool:
    return any(re.search(r"/0+(\.0+)*$", address) for address in addresses.split(","))


def _is_no_host(address: str) -> bool:
    """Whether an address is none that this host can have for itself."""
    try:
        return ipaddress.ip_network(address, strict=False).is_multicast
    except ValueError:
        return True
