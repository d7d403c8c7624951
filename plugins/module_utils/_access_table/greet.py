# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests by which a host can tell whom it saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .._hostile.asking import Answer, by_http1
from .._hostile.subject import Subject, token
from .._probe.connection import ProbeError, connect, reason
from . import bans, logs
from .door import Client, Door, Greeting

AGENT = "constellation.edge-access"
_AT_ONCE = 8
_SECONDS = 5.0
# A page is short, and a stream of a service has no end.
_QUIET, _BODY = 0.2, 1.0
# Of each site: one may have a log of its own, or none.
_PLACES = 4
_UNLOGGED = "nginx's logs below /var/log/nginx do not tell which address it saw"


def greet(doors: Sequence[Door], addresses: Sequence[str]) -> list[Greeting]:
    """Ask some places of each site through each address: not each may be logged in a way that can be read."""
    sites: dict[tuple[str, str], list[Door]] = {}
    for door in doors:
        for address in door.addresses or addresses:
            sites.setdefault((door.host, address), []).append(door)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [*pool.map(lambda each: _greet(each[1], sites[each][:_PLACES]), sites)]


def _greet(address: str, doors: Sequence[Door]) -> Greeting:
    marker = token()
    found = Greeting(host=doors[0].host, address=address, marker=marker, here="", there="", why="")
    subject = Subject(doors[0].url, address, timeout=_SECONDS, quiet=_QUIET, body=_BODY)
    try:
        with connect(subject.place, subject.port, _SECONDS) as used:
            here, there = used.getsockname()[0], used.getpeername()[0]
    except (OSError, ProbeError) as error:
        return {**found, "why": f"no connection: {reason(error)}"}
    answers = [*_answers(subject, doors, f"{AGENT} {marker}")]
    # Where nginx closes the connection on purpose, it logs that as well.
    why = "" if any(each.status for each in answers) else f"no answer: {answers[0].end}"
    return {**found, "here": here, "there": there, "why": why}


def _answers(subject: Subject, doors: Sequence[Door], agent: str) -> Iterator[Answer]:
    for door in doors:
        answer = by_http1(subject, door.path, {}, agent)
        yield answer
        if answer.end.startswith("refused"):
            return  # and so are the others


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
