# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of our fail2ban jails, and what fail2ban's client says about a jail."""

from __future__ import annotations

import ast
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._host.errors import EdgeError

LOOPBACK = ("127.0.0.1/8", "::1")
_HEADER = """\
# constellation.edge: this file is ours as a whole; the next run puts back what is changed here by hand.
# Own jails belong in jail.local or in another file of this folder. What is never banned there is not banned here.
# Of bantime, findtime and maxretry there, what is stricter than our default counts, unless the inventory says it.
"""
_CONTROLLER = "# controller: "
_TIME = re.compile(r"-?\d+(?:\.\d+)?(?:\s*[a-z]+)?(?:(?:\s+|(?<=[a-z]))\d+(?:\.\d+)?\s*[a-z]+)*", re.IGNORECASE)
#: the keys of a jail in the order in which they are written
_KEYS = (
    "filter",
    "port",
    "backend",
    "journalmatch",
    "logpath",
    "maxretry",
    "findtime",
    "bantime",
    "banaction",
    "ignoreip",
)

# Which of two values lets an attacker try less often: the larger one, or the smaller one.
_STRICTNESS = {"bantime": 1, "findtime": 1, "maxretry": -1}
#: a jail of no one's, by which fail2ban's dump says what it gives every jail
GENERAL = "edge-every-jail"
# What is a jail's own where honest clients do what it counts.
_SUSTAINED = ("findtime", "maxretry")
# Seconds, by fail2ban's words for them (`str2seconds` of fail2ban 1.1.0).
_UNITS = (
    (r"y(?:e(?:a(?:rs?)?)?)?", 31557600),
    (r"mon?(?:t(?:hs?)?)?", 2629800),
    (r"w(?:e(?:e(?:ks?)?)?)?", 604800),
    (r"d(?:a(?:ys?)?)?", 86400),
    (r"h(?:o(?:u(?:rs?)?)?)?", 3600),
    (r"mm?|mi(?:n(?:utes?)?)?", 60),
    (r"s(?:e(?:c(?:onds?)?)?)?|", 1),
)


class Fail2banError(EdgeError):
    """A jail or a host that cannot be brought in line; the message names the place and the remedy."""


@dataclass(frozen=True)
class Jail:
    """One jail as it is wanted. ``logs`` are its log files, none where it reads the journal or inherits them.

    ``stated`` are the keys of ``settings`` that its owner said himself; the others are defaults. With ``sustained``, a
    client has to go on for long before he is banned, whatever counts for the host's other jails.
    """

    name: str
    enabled: bool
    settings: tuple[tuple[str, str], ...]
    logs: tuple[str, ...]
    stated: frozenset[str] = frozenset(_STRICTNESS)
    sustained: bool = False

    @property
    def filter(self) -> str:
        """Return the filter's file name; fail2ban takes the jail's own name where none is given."""
        return re.sub(r"\[.*", "", dict(self.settings).get("filter", "")) or self.name

    @property
    def banaction(self) -> str:
        """Return the ban action, empty where the jail inherits it."""
        return dict(self.settings).get("banaction", "")


@dataclass(frozen=True)
class JailStatus:
    """What the running server says: its actions, how many are banned, and which files or journal entries it watches."""

    actions: tuple[str, ...] = ()
    banned: int = 0
    watching: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether the jail both sees something and can act on it: fail2ban lists jails that can do neither."""
        return bool(self.actions and self.watching)


def _line(origin: str, key: str, value: str) -> str:
    if not value.isprintable():
        raise Fail2banError(f"{origin}.{key}: {value!r} holds a control character or a line break: leave it out")
    return value.strip()


def _time(origin: str, key: str, value: str) -> str:
    text = _line(origin, key, value)
    if seconds(text) is None:
        raise Fail2banError(f"{origin}.{key}: {value!r} is not a time: write seconds (600) or a unit (10m, 1h, 2d)")
    return text


def normal_ignored(origin: str, values: Iterable[str]) -> list[str]:
    """Check the addresses, networks and host names that are never banned; empty ones are left out."""
    found = []
    for value in values:
        text = value.strip()
        if not text:
            continue
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            if not re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text):
                raise Fail2banError(
                    f"{origin}.ignoreip: {value!r} is not an address, a network (192.168.0.0/24) or a host name"
                ) from None
        found.append(text)
    return found


def wanted_jails(
    raw: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    ssh_ports: Sequence[int],
    stated: Iterable[str] = tuple(_STRICTNESS),
) -> list[Jail]:
    """Check the owner's jails and complete them; a mistake raises Fail2banError with the jail's number.

    ``stated`` are those of the defaults that the owner said himself.

    The defaults are written into each jail of ours, not into fail2ban's own ``[DEFAULT]``, which governs the owner's
    jails too. A jail for sshd without a port gets the ports that SSH uses: a ban on port 22 stops nobody on 2222.
    """
    jails: list[Jail] = []
    for index, item in enumerate(raw):
        name = str(item["name"])
        origin = f"jails[{index}]"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,25}", name) or name.upper() in ("DEFAULT", "INCLUDES"):
            raise Fail2banError(
                f"{origin}.name: {name!r} is not a jail name: at most 26 letters, digits, dots, dashes and underscores"
            )
        if any(jail.name == name for jail in jails):
            raise Fail2banError(f"{origin}.name: {name!r} is given twice: keep one of them")
        jail = _jail(origin, name, item, defaults, ssh_ports)
        own = {key for key in _STRICTNESS if item.get(key) is not None}.union(stated)
        sustained = bool(item.get("sustained"))
        jails.append(
            replace(jail, stated=frozenset(own.difference(_SUSTAINED if sustained else ())), sustained=sustained)
        )
    return jails


def _jail(
    origin: str, name: str, item: Mapping[str, Any], defaults: Mapping[str, Any], ssh_ports: Sequence[int]
) -> Jail:
    values: dict[str, str] = {}
    for key in ("filter", "port", "journalmatch"):
        if item.get(key):
            values[key] = _line(origin, key, str(item[key]))
    if "port" not in values and values.get("filter", name).startswith("sshd"):
        values["port"] = ",".join(str(port) for port in ssh_ports)
    values["backend"] = str(item.get("backend") or "auto")
    for key in ("findtime", "bantime", "maxretry", "banaction"):
        value = item.get(key) if item.get(key) is not None else defaults.get(key)
        if value is not None and key == "maxretry" and int(value) < 1:
            raise Fail2banError(f"{origin}.maxretry: {value} bans everybody at once: 1 is the least")
        if value not in (None, ""):
            values[key] = _time(origin, key, str(value)) if key.endswith("time") else _line(origin, key, str(value))
    logs = tuple(_line(origin, "logpath", str(path)) for path in item.get("logpath") or [])
    for path in logs:
        if not path.startswith(("/", "%(")):
            raise Fail2banError(f"{origin}.logpath: {path!r} is not an absolute path")
    if logs and values["backend"] == "systemd":
        raise Fail2banError(f"{origin}: a logpath is not read with backend systemd: use backend auto, or leave it out")
    if logs:
        values["logpath"] = "\n".join(logs)
    return Jail(name, bool(item.get("enabled", True)), tuple(values.items()), logs)


def render(jails: Iterable[Jail], ignored: Mapping[str, Sequence[str]], controller: str | None) -> str:
    """Return the text of our file. ``ignored`` holds for each jail what is never banned."""
    text = _HEADER + (f"{_CONTROLLER}{controller}\n" if controller else "")
    for jail in jails:
        values = dict(jail.settings)
        if ignored.get(jail.name):
            values["ignoreip"] = _words(ignored[jail.name])
        lines = [f"enabled = {'true' if jail.enabled else 'false'}"]
        for key in _KEYS:
            if key in values:
                lines.append(f"{key} = " + values[key].replace("\n", "\n" + " " * (len(key) + 3)))
        text += f"\n[{jail.name}]\n" + "\n".join(lines) + "\n"
    return text


def _words(words: Iterable[str]) -> str:
    """Return words as one value that fail2ban reads as these words: no interpolation begins in it, and no comment."""
    return (" " + " ".join(words)).replace("%", "%%").replace(" ;", ",;").lstrip()


def enabled_jails(text: str) -> list[str]:
    """Return the names of the jails that our file enables."""
    sections = re.split(r"(?m)^\[([^\]]+)\]$", text)[1:]
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return [name for name, body in pairs if re.search(r"(?m)^enabled = true$", body)]


def known_controller(text: str) -> str | None:
    """Return the controller's address that our file of an earlier run holds."""
    match = re.search(rf"(?m)^{_CONTROLLER}(\S+)$", text)
    return match[1] if match else None


@dataclass(frozen=True)
class Inherited:
    """What fail2ban gives a jail without our file: the words that it never bans, and its values by their keys."""

    ignored: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


def question(jails: Sequence[Jail]) -> str:
    """Return a file that enables the jails and says nothing of what they inherit, to read that from fail2ban's dump."""
    text = ""
    several = [(jail.name, dict(jail.settings).get("filter", "")) for jail in jails]
    several += [(GENERAL, jail.filter) for jail in jails if jail.sustained][:1]
    for name, given in several:
        kept = f"filter = {given}\n" if given else ""
        text += f"[{name}]\nenabled = true\nbackend = auto\nlogpath = /dev/null\naction =\n{kept}"
    return text


def read_dump(dump: str) -> dict[str, Inherited]:
    """Read `fail2ban-client -d`: a list of words a line, of which `set JAIL KEY VALUE...` counts."""
    ignored: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, str]] = {}
    for line in dump.splitlines():
        if not line.startswith("['set', "):
            continue
        _set, jail, key, *rest = ast.literal_eval(line)
        if key == "addignoreip":
            ignored[jail] = tuple(rest)
        elif key in _STRICTNESS and rest != [None]:
            values.setdefault(jail, {})[key] = str(rest[0])
    names = [*ignored, *values]
    return {name: Inherited(ignored.get(name, ()), tuple(values.get(name, {}).items())) for name in names}


def own_values(jail: Jail, inherited: Mapping[str, Inherited]) -> dict[str, str]:
    """Return what the host's own files give a jail; of a sustained one, not what they give every jail."""
    values = dict(inherited.get(jail.name, Inherited()).values)
    general = dict(inherited.get(GENERAL, Inherited()).values) if jail.sustained else {}
    return {key: value for key, value in values.items() if key not in _SUSTAINED or value != general.get(key)}


def as_strict(
    jail: Jail, theirs: Mapping[str, str], amount: Callable[[str], float | None]
) -> tuple[Jail, list[str], list[str]]:
    """Return the jail no laxer than `theirs` has it, warnings of what is stated and laxer, and notes of what it took.

    Of what is stated, the stated value stays; of a default of ours, the stricter of the two. `amount` reads a time or a
    number as fail2ban does: None where it cannot.
    """
    values = dict(jail.settings)
    warnings, notes = [], []
    for key, sign in _STRICTNESS.items():
        mine, other = amount(values.get(key, "")), amount(theirs.get(key, ""))
        if mine is None or other is None or sign * other <= sign * mine:
            continue
        if key == "findtime" and other == float("inf"):
            continue  # a negative one: no failure is ever counted
        if key in jail.stated:
            warnings.append(
                f"jail {jail.name}: {key} {values[key]}, as the inventory says, is laxer than {theirs[key]}, which this"
                " host's own files say"
            )
            continue
        notes.append(
            f"jail {jail.name} keeps {key} {theirs[key]}, which this host's own files say and which is stricter than"
            f" the default {values[key]}: to have another one, {_remedy(jail, key)}"
        )
        # What is no plain time, such as a sum with a comment, is written as its seconds.
        values[key] = theirs[key] if seconds(theirs[key]) is not None else _as_seconds(other)
    return replace(jail, settings=tuple(values.items())), warnings, notes


def _remedy(jail: Jail, key: str) -> str:
    is_own = jail.sustained and key in _SUSTAINED
    return "change it there" if is_own else f"write hardening_{key} into the inventory"


def seconds(text: str) -> float | None:
    """Return a number, or the seconds of a time; a ban for ever (a negative time) is longer than any other.

    None for what is not written in a plain way: fail2ban evaluates sums and more.
    """
    amount = 0.0
    parts = re.findall(r"(-?\d+(?:\.\d+)?)\s*([a-z]*)", text.lower())
    # A number with a zero before it is none to fail2ban, since Python evaluates it.
    if not parts or not _TIME.fullmatch(text) or re.search(r"(?<![\d.])0\d", text):
        return None
    for number, unit in parts:
        factor = next((factor for pattern, factor in _UNITS if re.fullmatch(pattern, unit)), None)
        if factor is None:
            return None
        amount += float(number) * factor
    return normal_amount(amount)


def _as_seconds(amount: float) -> str:
    return "-1" if amount == float("inf") else f"{amount:.3f}".rstrip("0").rstrip(".")


def normal_amount(amount: float) -> float:
    """Return an amount so that amounts can be compared: a negative one is without end."""
    return amount if amount >= 0 else float("inf")


def unite(*lists: Iterable[str]) -> list[str]:
    """Return all values once, in the order in which they first appear."""
    return list(dict.fromkeys(value for values in lists for value in values))


def parse_status(status: str, actions: str) -> JailStatus:
    """Read ``fail2ban-client status JAIL`` and ``fail2ban-client get JAIL actions``."""
    watching: list[str] = []
    for label in ("File list", "Journal matches"):
        match = re.search(rf"(?m){label}:[ \t]*(.*)$", status)
        if match and match[1].strip():
            watching += match[1].split() if label == "File list" else [match[1].strip()]
    banned = re.search(r"Currently banned:\s*(\d+)", status)
    names: list[str] = []
    _head, colon, tail = actions.partition("following actions:")
    if colon:
        names = [name for name in re.split(r"[\s,]+", tail) if name]
    return JailStatus(tuple(names), int(banned[1]) if banned else 0, tuple(watching))
