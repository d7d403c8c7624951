# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a file with the addresses of names, for `include` in a `geo` block of nginx, and what counts as one.

A file is its own record: a comment has the addresses of each name, which count as long as DNS does not answer. A name
itself stands there by its digest alone.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from .._host.lan import LAN_NETWORKS

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - an alias that is evaluated at run time

# More than these are no client's. The lowest are taken, so that the order of an answer changes nothing.
LIMIT = 16
# What no client of the Internet has: whoever answers for the name could let in all of a house, or of a provider, by it.
# RFC 1122 section 3.2.1.3 (1989), RFC 6598 (2012), RFC 5771 (2010), RFC 1112 section 4 (1989).
_NOBODY = [ipaddress.ip_network(each) for each in ("0.0.0.0/8", "100.64.0.0/10", "224.0.0.0/3", *LAN_NETWORKS)]
# The only addresses of IPv6 that have been given to anybody (IANA, RFC 4291 section 2.4, 2006).
_SOMEBODY = ipaddress.ip_network("2000::/3")
_PREFIX, _SUFFIX = "clients-", ".conf"
_FILE = re.compile(rf"{_PREFIX}[0-9a-f]{{16}}{re.escape(_SUFFIX)}\Z")
_KNOWN = re.compile(r"^# ([0-9a-f]{16})((?: [0-9a-f:.]+)*)$", re.MULTILINE)
_HEAD = (
    "# Addresses of names in `allow` and `deny`, written by constellation.edge: change the names in the inventory.\n"
)


class Wanted(NamedTuple):
    """What a file has: names with the value of each, of which the last counts; `fixed` are networks beside them.

    Of two networks nginx takes the narrower one, which an address of a name always is. Whoever answers for a name would
    thereby lock a machine out of the LAN, or let one of a denied network in: no address in one of `fixed` is written.
    """

    names: tuple[tuple[str, str], ...]
    fixed: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wanted:
        """Return what `settings` gave. Raises KeyError, TypeError or ValueError for anything else."""
        fixed = tuple(str(ipaddress.ip_network(each)) for each in given["fixed"])
        return cls(tuple((str(name), str(value)) for name, value in given["names"]), fixed)

    def settings(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"names": [[*each] for each in self.names], "fixed": [*self.fixed]}

    @property
    def file(self) -> str:
        """The name of the file, by its meaning: what nginx reads never gets another one."""
        return f"{_PREFIX}{_digest(json.dumps(self.settings(), sort_keys=True))}{_SUFFIX}"

    def text(self, known: Mapping[str, Iterable[str]]) -> str:
        """Return the file's text; `known` are the addresses of each name."""
        found = {name: usable(known.get(name, ())) for name, _value in self.names}
        values = {address: value for name, value in self.names for address in found[name]}
        comments = [" ".join(("#", _digest(name), *several)) for name, several in sorted(found.items())]
        networks = [ipaddress.ip_network(each) for each in self.fixed]
        lines = [f"{each} {values[each]};" for each in _sorted(values) if not _is_in(each, networks)]
        return _HEAD + "".join(f"{line}\n" for line in (*comments, *lines))


def settings_text(wanted: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of the settings, which `nginx_site` writes: by the names of the files what each has."""
    return json.dumps(wanted, indent=2, sort_keys=True) + "\n"


def is_file(name: str) -> bool:
    """Whether a file has such a text, by its name."""
    return _FILE.match(name) is not None


def known_in(texts: Iterable[str], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the addresses that files have of the names, without those of which they have none."""
    digests = {_digest(name): name for name in names}
    found: dict[str, list[str]] = {}
    for text in texts:
        for digest, several in _KNOWN.findall(text):
            if digest in digests:
                found.setdefault(digests[digest], []).extend(several.split())
    return {name: kept for name, several in found.items() if (kept := usable(several))}


def usable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses that a client of the Internet may have, in order, at most `LIMIT` of them."""
    return tuple(_sorted(each for each in set(addresses) if _is_client(each)))[:LIMIT]


def _is_client(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        return found in _SOMEBODY and "%" not in address
    return not _is_in(address, _NOBODY)


def _sorted(addresses: Iterable[str]) -> Sequence[str]:
    return [str(each) for each in sorted(map(ipaddress.ip_address, addresses), key=lambda each: (each.version, each))]


def _is_in(address: str, networks: Iterable[_Network]) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in network for network in networks)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
