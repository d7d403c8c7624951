# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the addresses of the host at which the names of a site are answered."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._keys.keys import key
from .._keys.kinds import Several
from .._keys.names import UnusableValueError
from .feature import SiteFeature
from .place import Host, Refusal

if TYPE_CHECKING:
    from .._inventory.site import Site

_EXAMPLE = "write an address of this host, such as 192.168.0.2 or fd00::2"


def _own(value: object) -> str:
    """Return an address in its usual form. Raises UnusableValueError."""
    text = value[1:-1] if isinstance(value, str) and value[:1] + value[-1:] == "[]" else value
    said = f"listen: {value!r}"
    if not isinstance(text, str):
        text = str(text)
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise UnusableValueError(f"{said} is no address{_hint(text)}; {_EXAMPLE}") from error
    if address.is_unspecified:
        raise UnusableValueError(f"{said} is every address, as without the key: take `listen` out")
    if address.is_multicast or str(address) == "255.255.255.255":
        raise UnusableValueError(
            f"{said} is a multicast or broadcast address, at which no site can be answered: {_EXAMPLE}"
        )
    if address.version == 6 and (address.is_link_local or address.ipv4_mapped):
        why = "is link-local, which nginx cannot listen on" if address.is_link_local else "is IPv4 written as IPv6"
        raise UnusableValueError(f"{said} {why}: {_EXAMPLE}")
    return str(address)


def _hint(text: str) -> str:
    """Return what else a text may be that somebody takes for an address to listen on."""
    if re.search(r"(?:\A|:|\s)\d{2,5}(?:\s|\Z)", text):
        return ": sites have the ports 80 and 443, and no others"
    if "/" in text and not text.startswith("unix:"):
        return ", but a network"
    return ": several are a list, and names, network cards and sockets are none"


@dataclass(frozen=True, kw_only=True)
class Listen(SiteFeature):
    """`listen` of a site."""

    listen: tuple[str, ...] = key(
        Several("an address, or a list of addresses", r"^[0-9A-Fa-f.:\[\]]+$", _own),
        "The addresses of the host at which the names of the site are answered, on the ports 80 and 443.",
        "At its other addresses they are names that nobody has; challenges for the certificate are answered at all of "
        "them.",
        "It keeps nobody out: behind a router, all requests come to the address that it forwards to.",
        default=(),
        otherwise="all addresses",
        example=["192.168.0.2", "fd00::2"],
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, object]) -> Iterator[Refusal]:
        """Refuse it where the server is an owner's, with addresses that he wrote there, and where it names none."""
        if "listen" in entry and not whole.listen:
            text = "listen: names no address, which would mean every one: write one, or take `listen` out"
            yield Refusal(place, text, entry)
        if whole.adopt and whole.listen:
            text = "listen: a site that adopts keeps the addresses of its owner's server: write them there"
            yield Refusal(place, text, entry)

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Tell which sites nobody but the host itself reaches."""
        return [
            f"{site.name} is answered to the host itself alone (`listen: {', '.join(site.listen)}`), so that nothing "
            "of it is proven from another machine"
            for site in sites
            if is_inside(site)
        ]


def is_inside(site: Site) -> bool:
    """Whether nobody but the host itself can connect to a site."""
    return bool(site.listen) and all(map(is_loopback, site.listen))


def is_loopback(address: str) -> bool:
    """Whether an address is the host's own for itself."""
    return ipaddress.ip_address(address).is_loopback


def in_url(address: str) -> str:
    """Return an address as it stands in a URL, and in nginx's `listen`."""
    return f"[{address}]" if ":" in address else address
