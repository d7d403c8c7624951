# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the Unix sockets among the upstreams, and whether nginx can connect to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .._keys.sockets import SOCKET

if TYPE_CHECKING:
    from .._inventory.site import Site


def sockets(sites: Iterable[Site]) -> list[str]:
    """Return the paths of all sockets that routes lead to."""
    return sorted({path for _place, path in _places(sites)})


def socket_notes(sites: Sequence[Site], answers: Mapping[str, str]) -> list[str]:
    """Return what is to be known of sockets: `answers` has by path why nginx's user cannot connect, "" where it can."""
    return [
        f"{place}: nginx cannot reach the service at {SOCKET}{path} ({answers[path]}), so that this route answers 502 "
        "until it can. The service has to run, and nginx's user to be in the group of its socket "
        f"(`ls -l {path}` shows it, `sudo adduser www-data GROUP` and a restart of nginx do it)"
        for place, path in _places(sites)
        if answers.get(path)
    ]


def _places(sites: Iterable[Site]) -> Iterator[tuple[str, str]]:
    for site in sites:
        for route in site.routes:
            for target in route.targets:
                if target.is_socket:
                    yield route.found_at(site.name), target.host.removeprefix(SOCKET)
