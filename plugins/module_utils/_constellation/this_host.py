# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names and addresses mean this very host."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from .._host.files import read_bytes

_IPV4, _IPV6 = "/proc/net/fib_trie", "/proc/net/if_inet6"
_LOCAL = re.compile(rb"\|-- ([0-9.]+)\n\s+/32 host LOCAL")


def own_hosts(hosts: Iterable[str]) -> list[str]:
    """Return those of the hosts, written as in a URL, that are a name or an address of this one."""
    addresses = own_addresses()
    return [host for host in dict.fromkeys(hosts) if is_own(host.strip("[]"), addresses)]


def is_own(host: str, addresses: frozenset[str]) -> bool:
    """Whether a name or an address, without brackets, means the host that has these addresses."""
    if host.lower() == socket.gethostname().lower():
        return True
    return any(each in addresses or ipaddress.ip_address(each).is_loopback for each in _looked_up(host))


def own_addresses(ipv4: str = _IPV4, ipv6: str = _IPV6) -> frozenset[str]:
    """Return the addresses of this host's network cards, as the kernel has them."""
    found = {address.decode() for address in _LOCAL.findall(_read(ipv4))}
    for line in _read(ipv6).splitlines():
        found.add(str(ipaddress.ip_address(bytes.fromhex(line.split()[0].decode()))))
    return frozenset(found)


def _looked_up(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # unknown, or no host name at all
        return []
    return [str(each[4][0]).partition("%")[0] for each in found]


def _read(path: str) -> bytes:
    try:
        return read_bytes(path)
    except OSError:  # a kernel without that family
        return b""
