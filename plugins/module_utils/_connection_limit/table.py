# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of the limit of open connections: our table for nft, our unit for systemd, and what a listing says of both.

nginx's own `limit_conn` counts a client only when its headers are complete: one that sends them slowly goes free.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Union

from .._host.errors import EdgeError
from .._host.lan import LAN_NETWORKS
from .._host.names import COLLECTION, LIMIT_PATH, LIMIT_TABLE

# The first command makes the second one succeed where the table is gone already.
DELETION = f"add table {LIMIT_TABLE}; delete table {LIMIT_TABLE}"

DEFAULT_LIMIT = 256
DEFAULT_PORTS = (80, 443)
# A page with its pictures takes six connections of a browser (HTTP/1.1), and several people share one address.
SMALLEST_LIMIT = 32
# One address has no more ports than that.
LARGEST_LIMIT = 65535
# Clients that are counted at a time; where the set is full, one more is not counted, and therefore let in.
_CLIENTS = 65535

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - an alias that is evaluated at run time


class LimitError(EdgeError):
    """What is asked for cannot be, or could not be brought about; the message names the value and the remedy."""


@dataclass(frozen=True)
class Limit:
    """What is wanted: how many open connections of one client on which ports, and who is not counted."""

    connections: int
    ports: tuple[int, ...] = DEFAULT_PORTS
    exempt: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What the kernel holds of our table: the rules by their digest, and the connections that were refused."""

    digests: tuple[str, ...] = ()
    dormant: bool = False
    refused: int = 0

    def holds(self, text: str) -> bool:
        """Whether every rule of a text of ours is there, and no rule of another one."""
        wanted = _digests(text)
        return bool(wanted) and self.digests == wanted and not self.dormant


def parse_limit(connections: int, ports: Sequence[int], exempt: Sequence[str]) -> Limit:
    """Check what a caller gives. Raises LimitError."""
    if not SMALLEST_LIMIT <= connections <= LARGEST_LIMIT:
        raise LimitError(
            f"limit: {connections} is not between {SMALLEST_LIMIT} and {LARGEST_LIMIT}: fewer shut out a household with"
            f" several browsers, more no address can have; {DEFAULT_LIMIT} is the default, 0 is no limit"
        )
    if not ports:
        raise LimitError("ports: the list is empty; name at least one port, or write limit: 0 for no limit")
    for port in ports:
        if not 1 <= port <= 65535:
            raise LimitError(f"ports: {port} is not a port; write a number from 1 to 65535")
    return Limit(connections, tuple(sorted(set(ports))), tuple(_network(text) for text in exempt))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise LimitError(
            f"exempt: '{text}' is not an address or a network ({error}); write one such as 198.51.100.7, 10.8.0.0/24 or"
            " 2001:db8:0:1::/64"
        ) from error


def nft_text(limit: Limit) -> str:
    """Return the file for `nft -f`: it replaces our table in one transaction and names no other."""
    text = _text(limit, "")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return _text(limit, digest)


def _text(limit: Limit, digest: str) -> str:
    said = f'comment "{COLLECTION} {digest}"'
    ports = ", ".join(str(port) for port in limit.ports)
    private = [ipaddress.ip_network(network) for network in LAN_NETWORKS]
    exempt4, exempt6 = _elements([*private, *limit.exempt])
    over = f"ct count over {limit.connections} }} goto refuse {said}"
    return f"""# Written by {COLLECTION} (role hardening); changes are lost. No other table is touched.
# One client's open connections to nginx: of an IPv4 address, or of an IPv6 network of 64 bits, which is one household.
add table {LIMIT_TABLE}
delete table {LIMIT_TABLE}
table {LIMIT_TABLE} {{
\tset clients4 {{
\t\ttype ipv4_addr
\t\tsize {_CLIENTS}
\t\tflags dynamic
\t}}
\tset clients6 {{
\t\ttype ipv6_addr
\t\tsize {_CLIENTS}
\t\tflags dynamic
\t}}
\tcounter refused {{
\t}}
\t# Before ufw, whose rules would accept what comes here.
\tchain input {{
\t\ttype filter hook input priority filter - 5; policy accept;
\t\tiif "lo" return {said}
\t\ttcp dport {{ {ports} }} ct state new goto count {said}
\t}}
\tchain count {{
\t\tip saddr {{ {exempt4} }} return {said}
\t\tip6 saddr {{ {exempt6} }} return {said}
\t\tadd @clients4 {{ ip saddr {over}
\t\tadd @clients6 {{ ip6 saddr & ffff:ffff:ffff:ffff:: {over}
\t}}
\t# Dropped, not rejected: a browser asks again after a second and gets in when another connection has ended, and a
\t# sender of forged addresses makes this host send nothing.
\tchain refuse {{
\t\tcounter name refused {said}
\t\tlimit rate 6/minute burst 5 packets log prefix "{COLLECTION} connection limit: " level info {said}
\t\tdrop {said}
\t}}
}}
"""


def _elements(networks: Iterable[Network]) -> tuple[str, str]:
    """Return the networks of IPv4 and of IPv6 as nft's elements, none of them within another: nft refuses those."""
    networks = list(networks)
    four = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv6Network))
    return ", ".join(map(str, four)), ", ".join(map(str, six))


def unit_text() -> str:
    """Return the unit that loads the table when the host starts, before the network is up."""
    return f"""# Written by {COLLECTION} (role hardening); changes are lost.
[Unit]
Description=Limit the open connections of each client to nginx
DefaultDependencies=no
RequiresMountsFor={LIMIT_PATH}
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
After=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {LIMIT_PATH}
ExecReload=/usr/sbin/nft -f {LIMIT_PATH}
ExecStop=/usr/sbin/nft "{DELETION}"

[Install]
WantedBy=multi-user.target
"""


def drop_in_text() -> str:
    """Return the drop-in by which nftables.service loads our table again.

    Its file begins by `flush ruleset`, which takes every table away. A dependency between the units would not do: one
    that is active already is not started once more.
    """
    return f"""# Written by {COLLECTION} (role hardening); changes are lost.
[Service]
ExecStartPost=-/usr/sbin/nft -f {LIMIT_PATH}
ExecReload=-/usr/sbin/nft -f {LIMIT_PATH}
"""


def read_listing(text: str) -> Listing:
    """Read what `nft list table` says of our table."""
    refused = re.search(r"counter refused \{\s*packets (\d+)", text)
    dormant = re.search(r"^\s*flags [^;\n]*dormant", text, re.MULTILINE) is not None
    return Listing(_digests(text), dormant, int(refused[1]) if refused else 0)


def read_limit(text: str) -> tuple[int, list[int]]:
    """Return the limit and the ports of a file of ours, 0 and none of any other."""
    limit = re.search(r"ct count over (\d+)", text)
    ports = re.search(r"tcp dport \{ ([\d, ]+) \}", text)
    if limit is None or ports is None:
        return 0, []
    return int(limit[1]), [int(port) for port in ports[1].split(",")]


def _digests(text: str) -> tuple[str, ...]:
    return tuple(re.findall(rf'comment "{re.escape(COLLECTION)} ([0-9a-f]+)"', text))
