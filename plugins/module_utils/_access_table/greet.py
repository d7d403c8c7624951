# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests by which a host can tell whom it saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .._hostile.asking import by_http1
from .._hostile.subject import Subject, token
from .._probe.connection import ProbeError, connect, reason
from . import bans, logs
from .door import Client, Door, Greeting

AGENT = "constellation.edge-access"
_AT_ONCE = 8
_SECONDS = 5.0
_UNLOGGED = "nginx's logs below /var/log/nginx do not tell which address it saw"


def greet(doors: Sequence[Door], addresses: Sequence[str]) -> list[Greeting]:
    """Ask each site once through each address."""
    sites = dict.fromkeys((door.host, address) for door in doors for address in door.addresses or addresses)
    urls = {door.host: door.url for door in doors}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [*pool.map(lambda each: _greet(each[0], each[1], urls[each[0]]), sites)]


def _greet(host: str, address: str, url: str) -> Greeting:
    marker = token()
    found = Greeting(host=host, address=address, marker=marker, here="", there="", why="")
    subject = Subject(url, address, timeout=_SECONDS)
    try:
        with connect(subject.place, subject.port, _SECONDS) as used:
            here, there = used.getsockname()[0], used.getpeername()[0]
    except (OSError, ProbeError) as error:
        return {**found, "why": f"no connection: {reason(error)}"}
    answer = by_http1(subject, Door(url).path, {}, f"{AGENT} {marker}")
    if not answer.status:
        # Where nginx closes the connection on purpose, it logs that as well.
        return {**found, "here": here, "there": there, "why": f"no answer: {answer.end}"}
    return {**found, "here": here, "there": there}


def whom(greetings: Iterable[Greeting], folder: Path = logs.LOGS) -> list[Client]:
    """Return whom nginx saw, on its own host."""
    several = [*greetings]
    found = logs.clients([each["marker"] for each in several if each["there"]], folder)
    tries = {address: bans.tries_left(address, logs=folder) for address in {*found.values()}}
    return [
        Client(
            host=each["host"],
            address=each["address"],
            seen=(seen := found.get(each["marker"], "")),
            tries=tries.get(seen, 0),
            why="" if seen else (each["why"] or _UNLOGGED),
        )
        for each in several
    ]
