# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: addresses, networks and DNS names of clients, as an owner writes them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import partial

from .kinds import Mistake, Several
from .names import UnusableValueError, host_name

_EXAMPLE = "write an address, a network or a DNS name, such as 192.0.2.7, 2001:db8::/48 or anna.dyndns.example.org"
# An address or a network has a colon, or a last part that begins with a digit, as that of no domain does.
_NUMERIC = re.compile(r"[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*(?:/.*)?\Z|(?:[^/]*\.)?[0-9][^./]*(?:/.*)?\Z")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def networks(name: str) -> Several:
    """Return the kind of a key of that name that lists networks."""
    return _Networks(name)


class _Networks(Several):
    def __init__(self, name: str) -> None:
        super().__init__(
            "an address, a network or a DNS name, or a list of them", "^[0-9A-Za-z.:/-]+$", partial(_client, name)
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse an empty list as well, which could be read as nobody, or as those of the site."""
        if value in (None, []):
            yield Mistake(value, f"{name} names nobody: {_EXAMPLE}, or take {name} out")
        yield from super().faults(name, value)


def is_name(client: str) -> bool:
    """Whether a client of such a list, as it is read, is a DNS name."""
    return "/" not in client


def _client(name: str, value: object) -> str:
    """Return a network in its usual form, or a DNS name in small letters. Raises UnusableValueError."""
    if not isinstance(value, str) or "%" in value:
        raise UnusableValueError(f"{name}: {value!r} is no text that names an address: {_EXAMPLE}")
    return _network(name, value) if _NUMERIC.match(value) else _dns_name(name, value)


def _dns_name(name: str, value: str) -> str:
    if "." not in value.rstrip("."):
        raise UnusableValueError(f"{name}: '{value}' is neither an address nor a DNS name, which has a dot: {_EXAMPLE}")
    if value.startswith("*."):
        raise UnusableValueError(f"{name}: '{value}' is a wildcard, which has no address: name each client")
    try:
        return host_name(value)
    except UnusableValueError as error:
        raise UnusableValueError(f"{name}: {error}") from error


def _network(name: str, value: str) -> str:
    try:
        found = ipaddress.ip_network(value)
    except ValueError as error:
        raise UnusableValueError(f"{name}: {_instead(value, str(error))}") from error
    if not found.prefixlen:
        raise UnusableValueError(f"{name}: '{value}' is everybody: write `access: public` or `access: none` for that")
    if isinstance(found, ipaddress.IPv6Network) and found.subnet_of(_MAPPED):
        raise UnusableValueError(f"{name}: '{value}' is IPv4 in the form of IPv6: write it in the form 192.0.2.0/24")
    return str(found)


def _instead(value: str, reason: str) -> str:
    try:
        whole = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return f"'{value}' is no network ({reason}): {_EXAMPLE}"
    return f"'{value}' has bits of a host behind its prefix: write {whole} for the network, or the address alone"
