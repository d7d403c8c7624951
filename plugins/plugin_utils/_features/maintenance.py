# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a site that is worked on answers 503 to everybody but who works on it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Kind, Mistake, kind_of, listed
from .._keys.nearest import nearest
from .._nginx.literal import literal
from ._lan import INSIDE, lan_networks
from .feature import CHALLENGE_PATH, ERROR_PATH, Directives, Page, SiteFeature
from .place import Host, Needs
from .trusted_proxies import is_near, trusts

if TYPE_CHECKING:
    from .._inventory.site import Site

LAN = "lan"
_ALLOW, _TEXT, _UNTIL = "allow", "text", "until"
_KEYS = (_ALLOW, _TEXT, _UNTIL)
_CLOSED, _LET_IN = "$constellation_edge_closed", "$constellation_edge_let_in"
_PATH = "/.constellation-edge/maintenance"
# Seconds, where nobody has said how long it takes.
_RETRY_AFTER = 600
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?) ?(?:(Z|UTC|GMT)|([+-]\d\d):?(\d\d))\Z", re.ASCII | re.IGNORECASE
)
_SAID = "This site is being worked on. Please come back later."
# nginx reads no argument that is longer than 4 kB.
_LONGEST = 2500


class _Maintenance(Kind):
    """True or false, or who is let in, until when, and what the others read."""

    def __init__(self) -> None:
        """Name it."""
        networks = {"anyOf": [{"const": LAN}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}
        text = {"type": "string", "minLength": 1}
        keys = {_ALLOW: networks, _TEXT: text, _UNTIL: text}
        mapping = {"type": "object", "properties": keys, "additionalProperties": False}
        super().__init__(
            words=f"true, false or a mapping with {listed(_KEYS)}",
            option={"type": "raw"},
            json={"anyOf": [{"type": "boolean"}, mapping]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no such mapping, and each value that is none."""
        if isinstance(value, bool):
            return
        if not isinstance(value, dict):
            yield Mistake(value, f"{name} must be true, false or a mapping with {listed(_KEYS)}, not {kind_of(value)}")
            return
        for each in value:
            if each not in _KEYS:
                yield Mistake(each, f"unknown key '{each}'{nearest(each, _KEYS)}", name)
        if _ALLOW in value:
            yield from _network_faults(value[_ALLOW], name)
        if _TEXT in value and (fault := _text_fault(value[_TEXT])):
            yield Mistake(value[_TEXT], f"{_TEXT} {fault}", name)
        if _UNTIL in value and (fault := _time_fault(value[_UNTIL])):
            yield Mistake(value[_UNTIL], f"{_UNTIL} {fault}", name)

    def convert(self, value: Any) -> bool | dict[str, Any]:
        """Return plain data; a time in the form of ISO 8601."""
        if value is False:
            return False
        given = {} if value is True else value
        allow = given.get(_ALLOW, [])
        found = {
            _ALLOW: [LAN] if allow == LAN else [each if each == LAN else str(_network(each)) for each in allow],
            _TEXT: str(given.get(_TEXT, _SAID)),
        }
        until = _moment(given[_UNTIL]) if _UNTIL in given else None
        return found | ({_UNTIL: until.isoformat()} if until else {})


@dataclass(frozen=True, kw_only=True)
class Maintenance(SiteFeature):
    """`maintenance` of a site."""

    owns: ClassVar[tuple[str, ...]] = (f"if ({_CLOSED}) {{}}",)
    is_on_plain: ClassVar[bool] = True
    maintenance: bool | Mapping[str, Any] = key(
        _Maintenance(),
        "Whether everybody gets 503 and a page that says so. The proxy's host itself is let in.",
        "C(allow) lets others in, as V(lan) or as a list of networks, in which V(lan) may stand, too.",
        "C(until) is when it ends by itself, with its distance from UTC, such as C(2026-12-24 18:00 +01:00). Clients "
        "are told by C(Retry-After) (RFC 9110). C(text) is what the page says.",
        "Aliases and redirects to HTTPS still lead on, and certificates are still renewed. In an adopted server, names "
        "that are not the site's are served as before.",
        default=False,
        example={_ALLOW: LAN, _UNTIL: "2026-12-24 18:00 +01:00"},
    )

    def guard(self, whole: Site) -> Directives:
        """Lead everybody who is not let in to the page."""
        return {f"if ({_CLOSED})": {"rewrite": f"^ {_PATH} last"}} if self._said else {}

    def pages(self, whole: Site) -> list[Page]:
        """Return the page."""
        if not self._said:
            return []
        # No body is too large for this answer, which is for later.
        usual = {"internal": None, "default_type": "text/html", "client_max_body_size": "0"}
        after = format_datetime(self._until.astimezone(timezone.utc), usegmt=True) if self._until else _RETRY_AFTER
        headers = [f'Retry-After "{after}" always', "Cache-Control no-store always"]
        return [Page(f"= {_PATH}", {**usual, "return": f"503 '{self._page(whole)}'"}, (), {"add_header": headers})]

    def needs(self, whole: Site) -> Needs:
        """Need what tells networks apart."""
        return Needs(modules=("http_geo_module",)) if self._said.get(_ALLOW) else Needs()

    def traits(self) -> Mapping[str, Any]:
        """Tell `edge_probe` that 503 is right."""
        return {"maintenance": True} if self._said else {}

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what tells who is let in, for the http level."""
        closed = [site for site in sites if site._said]
        if not closed:
            return ""
        behind = trusts(sites)
        lets_in = {
            site.name: _allowed(site._said[_ALLOW], host, behind=behind) for site in closed if site._said[_ALLOW]
        }
        geos = {_geo(networks): networks for networks in lets_in.values()}
        texts = [text for name, networks in geos.items() for text in _tells(name, networks, host, behind=behind)]
        if geos:
            names = " ".join(
                f'"~^{_names(site)}$" {_geo(lets_in[site.name])};' for site in closed if site.name in lets_in
            )
            texts.append(f"map $host {_LET_IN} {{ default 0; {names} }}")
        entries = " ".join(f'"~^\\S+ \\S+ 0 {site._now} {_names(site)} " 1;' for site in closed)
        # From the host itself its own run asks whether the services answer. Certificates are renewed meanwhile, and a
        # server's conditions are asked again when an error gets its page.
        past = rf"http {literal(CHALLENGE_PATH)}|https? {literal(ERROR_PATH)}(?!\x0a)$"
        always = rf'"~^(\S+) \1 " 0; "~^(?:\S+ ){{5}}(?:{past})" 0;'
        # Who comes by the host's own address, and not whom a proxy names.
        peer = "$realip_remote_addr" if behind else "$remote_addr"
        asked = f"{peer} $server_addr {_LET_IN if geos else '0'} $msec $host $scheme $uri"
        texts.append(f'map "{asked}" {_CLOSED} {{ volatile; default 0; {always} {entries} }}')
        return "\n".join(texts)

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Tell which sites are closed, and where that is over."""
        return [site._note(site.name) for site in sites if site._said]

    @property
    def _said(self) -> Mapping[str, Any]:
        return {} if isinstance(self.maintenance, bool) else self.maintenance

    @property
    def _until(self) -> datetime | None:
        return datetime.fromisoformat(self._said[_UNTIL]) if _UNTIL in self._said else None

    @property
    def _now(self) -> str:
        """An expression for `$msec` as long as the site is closed."""
        return rf"{_before(int(self._until.timestamp()))}\.\d+" if self._until else r"\S+"

    def _page(self, whole: Site) -> str:
        end = f"<p>Until {_escaped(_shown(self._until))}</p>" if self._until else ""
        return (
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=width=device-width>"
            f"<title>{whole.name}</title><h1>{whole.name}</h1><p>{_escaped(self._said[_TEXT])}</p>{end}</html>"
        )

    def _note(self, name: str) -> str:
        if self._until and self._until.timestamp() <= time.time():
            return f"the maintenance of {name} is over since {_shown(self._until)}: take `maintenance` out of the site"
        end = f" until {_shown(self._until)}" if self._until else " until `maintenance` is taken out of the site"
        others = f" but {', '.join(self._said[_ALLOW])}" if self._said[_ALLOW] else ""
        return f"{name} is in maintenance{end}: everybody{others} gets 503"


def _network_faults(value: object, name: str) -> Iterator[Mistake]:
    if value == LAN:
        return
    if not isinstance(value, list) or not value:
        text = f"{_ALLOW} must be '{LAN}' or a list of networks, such as [{LAN}, 203.0.113.7], not {kind_of(value)}"
        yield Mistake(value, text, name)
        return
    for each in value:
        try:
            if each != LAN and not _network(each).prefixlen:
                yield Mistake(each, f"{_ALLOW}: '{each}' is everybody: take `maintenance` out", name)
        except ValueError as error:
            text = f"{_ALLOW}: '{each}' is no network, such as 10.8.0.0/24 or 203.0.113.7 ({error})"
            yield Mistake(each, text, name)


def _network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a network; an address of one network card alone is none to nginx. Raises ValueError."""
    if not isinstance(value, str) or "%" in value:
        raise ValueError("write it without the name of a network card")
    return ipaddress.ip_network(value)


def _text_fault(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        return f"must be what the page is to say, not {kind_of(value)}"
    if any(not (letter.isprintable() or letter == "\n") for letter in value):
        return "holds a sign that cannot be shown: write plain text"
    if len(_escaped(value)) > _LONGEST:
        return "is too long for a page of this kind: shorten it to some 400 letters"
    return ""


def _time_fault(value: object) -> str:
    example = "write one such as '2026-12-24 18:00 +01:00', or with Z for UTC"
    try:
        moment = _moment(value)
    except ValueError:
        return (
            f"'{value}' is no time with its distance from UTC, which the host and its readers may have otherwise: "
            + (example)
        )
    # The time is compared as ten digits.
    return "" if 1e9 <= moment.timestamp() < 1e10 else f"'{value}' is no time that can be meant: {example}"


def _moment(value: object) -> datetime:
    """Return a time with its zone. YAML itself makes one out of some texts. Raises ValueError for what is none."""
    if isinstance(value, datetime) and value.tzinfo:
        return value
    found = _TIME.match(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError
    day, hour, utc, hours, minutes = found.groups()
    return datetime.fromisoformat(f"{day}T{hour}" + ("+00:00" if utc else f"{hours}:{minutes}"))


def _shown(moment: datetime) -> str:
    """Return a time as a person reads it anywhere."""
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname()}"


def _before(seconds: int) -> str:
    """Return an expression for each number of as many digits that is smaller."""
    digits = str(seconds)
    smaller = (
        rf"{digits[:at]}[0-{int(digit) - 1}]\d{{{len(digits) - at - 1}}}"
        for at, digit in enumerate(digits)
        if digit > "0"
    )
    return f"(?:{'|'.join(smaller)})"


def _escaped(text: str) -> str:
    """Return a text for HTML, without a sign that nginx or a browser would read otherwise."""
    lines = text.strip().split("\n")
    plain = ("".join(each if _is_plain(each) else f"&#{ord(each)};" for each in line) for line in lines)
    return "<br>".join(plain)


def _is_plain(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in " .,:;!?()+-/")


def _allowed(allowed: Iterable[str], host: Host, *, behind: bool) -> list[str]:
    """Return the networks that are let in; the LAN stays a word where a proxy may say who its client is."""
    several = ([*lan_networks(host)] if each == LAN and not behind else [each] for each in allowed)
    return [*dict.fromkeys(network for some in several for network in some)]


def _tells(name: str, allowed: Sequence[str], host: Host, *, behind: bool) -> list[str]:
    """Return what makes a variable 1 for those that are let in.

    Where a proxy may say who its client is, one of the LAN has to ask himself, or to be named by a proxy of the LAN.
    """
    if not behind:
        return [f"geo {name} {{ default 0; {' '.join(f'{each} 1;' for each in allowed)} }}"]
    listed_ones = f"{name}_listed"
    networks = " ".join(f"{each} {1 if is_near(each, host) else 2};" for each in allowed if each != LAN)
    inside = '"~^1" 1;' if LAN in allowed else '"11" 1;'
    return [
        f"geo {listed_ones} {{ default 0; {networks} }}",
        f'map "{INSIDE}{listed_ones}" {name} {{ default 0; "~2$" 1; {inside} }}',
    ]


def _geo(networks: Iterable[str]) -> str:
    """Return the variable of some networks; sites that let in the same have one."""
    return f"{_LET_IN}_{hashlib.sha256(' '.join(networks).encode()).hexdigest()[:8]}"


def _names(site: Site) -> str:
    return f"(?:{'|'.join(map(literal, site.server_names))})"
