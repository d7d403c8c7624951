# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: proxies in front of a site that are believed when they say who their client is.

nginx's module realip then has the client's address in `$remote_addr`, for logs, bans and limits. Who is in the LAN is
asked of both, the client and the proxy that names him (`INSIDE`): one on the Internet knows nobody of this LAN.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Union

from ...module_utils._host.lan import LAN_NETWORKS
from ...module_utils._host.names import SITE_FILES
from .._keys.keys import key
from .._keys.kinds import Several
from .._keys.names import UnusableValueError
from .._keys.nearest import nearest
from ._cdns import CDNS
from ._files import file_of
from ._lan import INSIDE, lan_networks
from .feature import Directives, SiteFeature
from .place import Host, Needs, Refusal

if TYPE_CHECKING:
    from .._inventory.site import Site

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - an alias that is evaluated at run time

_CHAIN = "X-Forwarded-For"
_CLIENT, _PEER = f"{INSIDE}_client", f"{INSIDE}_peer"
# Shorter public networks are no proxy's: those of the largest networks here have 13 and 29 bits. By version of IP.
_SHORTEST = {4: 8, 6: 16}
_PRIVATE = [ipaddress.ip_network(each) for each in LAN_NETWORKS]
_LOOPBACK = [ipaddress.ip_network(each) for each in ("127.0.0.0/8", "::1/128")]
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_HEAD = "# `trusted_proxies` of the inventory, written by constellation.edge: change it there.\n"
_file = partial(file_of, "proxies", "conf")


def _proxy(value: object) -> str:
    """Return the name of a CDN, or a network in its usual form. Raises UnusableValueError."""
    if isinstance(value, str) and value in CDNS:
        return value
    network = _network(value)
    said = f"trusted_proxies: '{value}'"
    if _within(network, _MAPPED):
        raise UnusableValueError(f"{said} is IPv4 in the form of IPv6: write it in the form 192.0.2.0/24")
    if network.prefixlen < _SHORTEST[network.version] and not any(_within(network, each) for each in _PRIVATE):
        raise UnusableValueError(
            f"{said} is as good as everybody, and who is in it can say to be any client: name the proxy's own addresses"
        )
    if any(_within(network, each) or _within(each, network) for each in _LOOPBACK):
        raise UnusableValueError(
            f"{said} is this proxy's own host: whatever runs there could say to be any client. Name the address that "
            "the other proxy has on a machine of its own, or in the network of its container"
        )
    return str(network)


def _network(value: object) -> _Network:
    """Return a network, or raise UnusableValueError."""
    said = f"trusted_proxies: {value!r}"
    example = "write an address or a network, such as 192.168.0.2 or 2001:db8::/48"
    if not isinstance(value, str) or "%" in value:
        raise UnusableValueError(f"{said} is no text that names a proxy: {example}")
    if not any(sign in value for sign in ".:/"):
        raise UnusableValueError(f"{said} is no CDN that is known{nearest(value, CDNS)}; or {example}")
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        try:
            whole = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise UnusableValueError(f"{said} is no network ({error}): {example}") from error
        raise UnusableValueError(
            f"{said} has bits of a host behind its prefix: write {whole} for the network, or the address alone"
        ) from error


def _within(network: _Network, other: _Network) -> bool:
    """Whether a network is a part of another one."""
    return (
        network.version == other.version
        and int(other.network_address) <= int(network.network_address)
        and int(network.broadcast_address) <= int(other.broadcast_address)
    )


@dataclass(frozen=True, kw_only=True)
class TrustedProxies(SiteFeature):
    """`trusted_proxies` of a site."""

    trusted_proxies: tuple[str, ...] = key(
        Several("a network or the name of a CDN, or a list of them", "^[0-9A-Za-z.:/-]+$", _proxy),
        "Proxies in front of the site, as addresses, networks, or the name of a CDN: V(cloudflare).",
        "What they say of their client's address counts for logs, bans and limits, and for what the services are told.",
        "Of a CDN alone it is its own header, V(CF-Connecting-IP); otherwise V(X-Forwarded-For), from its end to the "
        "first address that is not of the list. From anybody else neither counts.",
        "They are neither banned nor counted by the limit of open connections. The LAN is open to nobody that a proxy "
        "outside the LAN names.",
        default=(),
        example=["cloudflare", "192.168.0.2"],
    )

    def both(self, whole: Site) -> Directives:
        """Include the file with the proxies."""
        return {"include": [f"{SITE_FILES}/{_file(whole.name)}"]} if self.trusted_proxies else {}

    def both_own(self, whole: Site) -> tuple[str, ...]:
        """Own that include alone: others are the owner's."""
        return (f"include {SITE_FILES}/{_file(whole.name)}",)

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, object]) -> Iterator[Refusal]:
        """Refuse it where the server is an owner's, who may trust others there by another header."""
        if whole.adopt and whole.trusted_proxies:
            text = (
                "trusted_proxies: a site that adopts keeps what its owner's server says of proxies: write "
                "`set_real_ip_from` and `real_ip_header` there, and the same networks into "
                "`hardening_connection_limit_exempt` and `edge_fail2ban_ignoreip`"
            )
            yield Refusal(place, text, entry)

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what tells who is in the LAN, for the http level."""
        if not trusts(sites):
            return ""
        near = dict.fromkeys(lan_networks(host), 1)
        # A proxy that does not name its client is not that client.
        alone = [each for each in networks(sites) if each.endswith(("/32", "/128")) and _is_private(each)]
        client = {**dict.fromkeys(alone, 0), **near}
        return "\n".join(
            (
                f"geo $realip_remote_addr {_PEER} {{ default 0; {_entries(near)} }}",
                f"geo {_CLIENT} {{ default 0; {_entries(client)} }}",
                f'map "{_PEER}{_CLIENT}" {INSIDE} {{ default 0; "11" 1; }}',
            )
        )

    def needs(self, whole: Site) -> Needs:
        """Have the file, and the modules that read it and tell networks apart."""
        if not self.trusted_proxies:
            return Needs()
        return Needs(files={_file(whole.name): self._text}, modules=("http_realip_module", "http_geo_module"))

    @property
    def _text(self) -> str:
        headers = {CDNS[each].header if each in CDNS else _CHAIN for each in self.trusted_proxies}
        # Of a chain each part counts that a proxy of the list has written.
        header = headers.pop() if len(headers) == 1 else _CHAIN
        cdns = [(each, CDNS[each]) for each in self.trusted_proxies if each in CDNS]
        dates = "".join(f"# {name}: {' '.join(cdn.sources)}, {cdn.date}\n" for name, cdn in cdns)
        trusted = "".join(f"set_real_ip_from {each};\n" for each in _spelt(self.trusted_proxies))
        return f"{_HEAD}{dates}{trusted}real_ip_header {header};\nreal_ip_recursive on;\n"


def trusts(sites: Iterable[Site]) -> bool:
    """Whether any site has a proxy in front of it, so that `INSIDE` is there."""
    return any(site.trusted_proxies for site in sites)


def networks(sites: Iterable[Site]) -> list[str]:
    """Return the networks of all sites' proxies, each once."""
    return _spelt(each for site in sites for each in site.trusted_proxies)


def is_near(network: str, host: Host) -> bool:
    """Whether all of a network is in the LAN."""
    return any(_within(ipaddress.ip_network(network), ipaddress.ip_network(each)) for each in lan_networks(host))


def _spelt(proxies: Iterable[str]) -> list[str]:
    """Return the networks that are meant, each once."""
    several = (CDNS[each].networks if each in CDNS else (each,) for each in proxies)
    return [*dict.fromkeys(network for some in several for network in some)]


def _is_private(network: str) -> bool:
    return any(_within(ipaddress.ip_network(network), each) for each in _PRIVATE)


def _entries(values: Mapping[str, int]) -> str:
    return " ".join(f"{network} {value};" for network, value in values.items())
