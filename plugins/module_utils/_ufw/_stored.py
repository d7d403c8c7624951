# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules in ufw's own files, read as ufw 0.36 reads them (`_read_rules` of its `backend_iptables.py`)."""

from __future__ import annotations

import binascii
import re
import socket
from dataclasses import dataclass, field, replace

from .rule import EVERYWHERE, V4, V6, Entry, UfwError

# The version from which on ufw can read a comment of an odd number of digits, or of bytes that are no UTF-8.
TOLERANT = (0, 36, 2)
FILES = {V4: "/etc/ufw/user.rules", V6: "/etc/ufw/user6.rules"}
_TUPLE = re.compile(r"### tuple ###\s*")
_COMMENT = " comment="
_PROTOCOLS = ("tcp", "udp", "ipv6", "esp", "ah", "igmp", "gre", "vrrp", "any")
_ACTIONS = ("allow", "reject", "limit")
_LOGS = ("", "log", "log-all")
_INTERFACE = re.compile(r"[a-zA-Z0-9_\-.+,=%@]{1,15}$")
_ADDRESSES = ((socket.AF_INET, r"[0-9./]{1,31}$", 32), (socket.AF_INET6, r"[a-fA-F0-9:./]{1,43}$", 128))
_MOST_SEPARATORS = 14


class _MalformedError(Exception):
    """A rule that ufw skips with a warning."""


@dataclass
class Stored:
    """The rules of one file, the places of the lines that ufw skips, and why one before `TOLERANT` fails."""

    entries: list[Entry] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)


def parse_stored(text: str, family: int) -> Stored:
    """Read the rules of ``user.rules`` (``V4``) or ``user6.rules`` (``V6``): there they stand whole, active or not.

    Raises UfwError, with file and line, where ufw itself dies of the line.
    """
    found = Stored()
    for number, line in enumerate(text.split("\n"), 1):
        place = f"{FILES[family]}:{number}"
        if line.count(_COMMENT) > 1:
            raise UfwError(
                f"{place}: ufw fails at a line with two comments: delete one `comment=...` there, and run again"
            )
        rule, _equals, comment = line.partition(_COMMENT)
        begin = _TUPLE.match(rule)
        if begin is None:
            continue
        try:
            entry = _entry(rule[begin.end() :].split(), family)
        except _MalformedError:
            found.skipped.append(place)
            continue
        comment = comment.strip()
        try:
            text = _decoded(comment)
        except ValueError as error:
            raise UfwError(_unreadable(place, comment)) from error
        found.entries.append(replace(entry, comment=text))
        if len(comment) % 2 or "\\x" in text:
            found.failing.append(_unreadable(place, comment))
    return found


def parse_entries(text: str, family: int) -> list[Entry]:
    """Return the rules of a file alone."""
    return parse_stored(text, family).entries


def _decoded(comment: str) -> str:
    # ufw cuts the last digit of an odd number.
    return binascii.unhexlify(comment[: len(comment) // 2 * 2]).decode("utf-8", "backslashreplace")


def _unreadable(place: str, comment: str) -> str:
    return (
        f"{place}: ufw fails at the comment {comment!r}, which is no text in hexadecimal digits: delete"
        f" `comment={comment}` there, and run again"
    )


def _entry(fields: list[str], family: int) -> Entry:
    if not 6 <= len(fields) <= 9:
        raise _MalformedError
    said, proto, dport, dst, sport, src = fields[:6]
    action, log = _action(said.split(":")[1] if ":" in said else said)
    if proto not in _PROTOCOLS:
        raise _MalformedError
    direction = _direction(fields[-1]) if len(fields) in (7, 9) else "in"
    dapp, sapp = (
        "" if len(fields) < 8 or word == "-" else word.replace("%20", " ") for word in [*fields[6:8], "-", "-"][:2]
    )
    return Entry(
        family=family, action=action, proto=proto, dport=_ports(dport), src=_address(src, family),
        dst=_address(dst, family), sport=_ports(sport), direction=direction, dapp=dapp, sapp=sapp, log=log,
        forward=":" in said,
    )  # fmt: skip


def _action(said: str) -> tuple[str, str]:
    words = [*said.lower().split("_"), ""]
    if words[1] not in _LOGS:
        raise _MalformedError
    return (words[0] if words[0] in _ACTIONS else "deny"), words[1]


def _direction(said: str) -> str:
    """Return the direction with the interfaces in ufw's own writing."""
    side, underscore, interface = said.partition("_")
    if side not in ("in", "out"):
        raise _MalformedError
    if not underscore:
        return side
    if "!" in said and re.search(r"in_\w+", said) and re.search(r"out_\w+", said):
        into, out = (part.partition("_")[2] for part in said.split("!")[:2])
        # One without a name counts as none.
        parts = [f"{way}_{name}" for way, name in (("in", into), ("out", out)) if _is_interface(name)]
        return "!".join(parts) or side
    return said if _is_interface(interface) else side


def _is_interface(name: str) -> bool:
    if name and (not _INTERFACE.match(name) or name in (".", "..")):
        raise _MalformedError
    return bool(name)


def _ports(said: str) -> str:
    """Return the ports as ufw has them: the name of a service becomes its number."""
    if said == "any":
        return said
    if said[0] in ",:" or said.count(",") + said.count(":") > _MOST_SEPARATORS:
        raise _MalformedError
    return ",".join(_port(item) for item in said.split(","))


def _port(item: str) -> str:
    if re.match(r"\d+(?::\d+)?$", item):
        numbers = [int(number) for number in item.split(":")]
        if not all(1 <= number <= 65535 for number in numbers) or (len(numbers) == 2 and numbers[0] >= numbers[1]):
            raise _MalformedError
        return item
    if re.match(r"\w[\w\-]+", item):
        try:
            return str(socket.getservbyname(item))
        except OSError:
            pass
    raise _MalformedError


def _address(said: str, family: int) -> str:
    address = said.lower()
    if address in ("any", *EVERYWHERE.values()):
        return EVERYWHERE[family]
    if not any(_is_address(address, *form) for form in _ADDRESSES):
        raise _MalformedError
    return address


def _is_address(said: str, kind: int, form: str, bits: int) -> bool:
    if not re.match(form, said):
        return False
    address, slash, mask = said.partition("/")
    try:
        socket.inet_pton(kind, address)
    except OSError:
        return False
    return not slash or _is_mask(mask, kind, bits)


def _is_mask(mask: str, kind: int, bits: int) -> bool:
    if re.match(r"[0-9]+$", mask):
        return int(mask) <= bits
    if kind != socket.AF_INET:
        return False
    quads = mask.split(".")
    return len(quads) == 4 and all(re.match(r"[0-9]+$", quad) and int(quad) <= 255 for quad in quads)
