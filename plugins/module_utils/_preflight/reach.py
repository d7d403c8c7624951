# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what the Internet finds at names that have no certificate yet: addresses, and who answers there."""

from __future__ import annotations

import glob
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._constellation.this_host import own_addresses
from .._dns.resolver import read_settings
from .._dns.zone import look_up
from .._host.command import run
from .._host.lan import LAN_NETWORKS
from .._host.names import PLACEHOLDER_FOLDER

_LIVE = "/etc/letsencrypt/live/{name}/fullchain.pem"
# Signed by nobody, until there is a real one.
_PLACEHOLDERS = f"{PLACEHOLDER_FOLDER}/"
# RFC 6598 (2012): an Internet provider's own network. RFC 1122 (1989), RFC 4291 (2006): no machine's address.
_CLOSED = tuple(map(ipaddress.ip_network, (*LAN_NETWORKS, "100.64.0.0/10", "0.0.0.0/8", "::/128")))


def reach(certificates: Sequence[Mapping[str, Any]], servers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is found at each name for which a public authority is still to be asked.

    Args:
        certificates: each with its lineage's `name` and the `names` that it is for.
        servers: what nginx serves under these names already, as `standing` returns it.

    Returns:
        `own`, the addresses of this host that the Internet could reach, and `names`, each with its `addresses`, those
        that are `closed` to the Internet, who was asked (`servers`, `authoritative`), its `alias`, and `port_80`: for
        each address that can be asked what was met there.

    """
    wanted = [name for each in certificates for name in _without_certificate(each, servers)]
    own = sorted(each for each in own_addresses() if not is_closed(each))
    if not wanted:
        return {"own": own, "names": {}}
    ipv6 = any(":" in each for each in own)
    found = look_up(list(dict.fromkeys(wanted)), read_settings().servers, ipv6=ipv6)
    pairs = [(name, each) for name, known in found.items() for each in known.addresses if not is_closed(each)]
    met = _port_80(pairs)
    names = {
        name: {
            **asdict(known),
            "closed": [each for each in known.addresses if is_closed(each)],
            "port_80": {address: met[asked, address] for asked, address in pairs if asked == name},
        }
        for name, known in found.items()
    }
    return {"own": own, "names": names}


def _port_80(pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    # Python's HTTP is slow to load, and most runs have nothing to ask.
    from ._reach_port import ask_port_80  # pylint: disable=import-outside-toplevel

    return ask_port_80(pairs)


def is_closed(address: str) -> bool:
    """Tell whether an address leads nowhere from the Internet."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _CLOSED if network.version == parsed.version)


def _without_certificate(certificate: Mapping[str, Any], servers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names for which no certificate of an authority is there, or one that has ended."""
    served = [each["certificate"] for each in servers if set(each["names"]) & set(certificate["names"])]
    own, others = _LIVE.format(name=certificate["name"]), glob.glob(_LIVE.format(name="*"))
    missing = list(certificate["names"])
    for file in dict.fromkeys([own, *served, *sorted(others)]):
        if missing and file and not file.startswith(_PLACEHOLDERS):
            valid = _valid_names(file)
            missing = [name for name in missing if not {name, f"*.{name.partition('.')[2]}"} & valid]
    return missing


def _valid_names(file: str) -> set[str]:
    """Return the names of a certificate that has not ended; none where the file is none."""
    answer = run(["openssl", "x509", "-in", file, "-noout", "-checkend", "0", "-ext", "subjectAltName"])
    if answer.unanswered or answer.rc:
        return set()
    words = answer.out.replace(",", " ").split()
    return {word.removeprefix("DNS:").lower() for word in words if word.startswith("DNS:")}
