# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the IPv6 addresses of this host to which a name's DNS records lead."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Collection

from . import _message
from .resolver import read_settings

_ADDRESSES = "/proc/net/if_inet6"
# Servers that said nothing: each costs seconds, and there may be many names.
_SILENT: set[str] = set()


def own_ipv6(path: str = _ADDRESSES) -> frozenset[str]:
    """Return the host's addresses that others can reach, none where IPv6 is switched off."""
    try:
        with open(path, encoding="ascii") as lines:
            words = [line.split()[0] for line in lines if line.strip()]
    except OSError:
        return frozenset()
    found = [ipaddress.IPv6Address(int(word, 16)) for word in words]
    return frozenset(str(each) for each in found if not each.is_link_local and not each.is_loopback)


def led_here(name: str, own: Collection[str]) -> list[str]:
    """Return which of the host's addresses a name has. A host without any asks nobody."""
    return [address for address in _in_dns(name) if address in own] if own else []


@functools.lru_cache(maxsize=256)
def _in_dns(name: str) -> tuple[str, ...]:
    # What /etc/hosts has is of no meaning for an authority.
    for server in read_settings().servers:
        if server not in _SILENT:
            reply = _message.ask(server, name, True)
            if reply is not None:
                return tuple(str(ipaddress.ip_address(each)) for each in reply.addresses)
            _SILENT.add(server)
    return ()
