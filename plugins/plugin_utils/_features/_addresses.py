# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which upstreams are addresses, which are names that nginx asks for, and of whom it asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .._keys.names import Upstream
from .._nginx.platform import Platform
from .place import Names

# RFC 6761 section 6.3 (2013): the loopback address, whatever DNS says. Of the two the one that services listen on.
LOCALHOST = {"localhost": "127.0.0.1"}
# nginx counts in whole seconds, the current one included: a new address is used after two seconds at most, whatever
# lifetime the DNS server gives to its answers. Where the server itself says zero, as dnsmasq does for names of its LAN,
# it is one second at most, and nothing is said.
_VALID = "valid=1s"


def address(upstream: Upstream) -> str:
    """Return the host as an address in nginx's notation, or its socket; "" for a name."""
    if upstream.is_socket:
        return upstream.host
    try:
        ipaddress.ip_address(upstream.host.strip("[]"))
    except ValueError:
        return LOCALHOST.get(upstream.host, "")
    return upstream.host


def is_literal(upstream: Upstream) -> bool:
    """Whether nobody has to be asked for the address."""
    return address(upstream) != ""


def is_asked(upstream: Upstream, names: Names) -> bool:
    """Whether nginx asks for the name: it is not an address, and the host alone does not know one."""
    return not is_literal(upstream) and not names[upstream.host]["address"]


def known_address(upstream: Upstream, names: Names) -> str:
    """Return the address that nginx is given, "" where it asks."""
    return address(upstream) or str(names[upstream.host]["address"])


def resolver(found: Mapping[str, Any], platform: Platform) -> str:
    """Return the value of `resolver` for a name."""
    valid = [] if found["fresh"] else [_VALID]
    return " ".join([*found["servers"], *valid, *([] if platform.ipv6 else ["ipv6=off"])])


def note(name: str, found: Mapping[str, Any]) -> str:
    """Return what is to be known of a name that DNS does not know."""
    asked = " and ".join(found["servers"])
    if found["address"]:
        return (
            f"upstream {name} is known to this host alone (by /etc/hosts, mDNS or LLMNR) and not to its DNS server "
            f"{asked}, which nginx asks: nginx was given the address {found['address']}. When that changes, run the "
            "playbook again; or give the name an address in DNS, or write the address into the route's upstream"
        )
    return (
        f"upstream {name} has no address: neither the DNS server {asked} nor /etc/hosts knows it, so its routes answer "
        "502. They work as soon as DNS knows the name. Look at its spelling, or write the address into the route's "
        "upstream"
    )
