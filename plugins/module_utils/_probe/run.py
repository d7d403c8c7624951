# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask all routes and all ports, several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlsplit

from . import _ports
from .connection import ProbeError, tls_context
from .route import Conditions, ProbedRoute, RouteFacts, check

_AT_ONCE = 8


@dataclass(frozen=True)
class Ports:
    """What to expect of ports; ``outside`` is false where the question comes from the host itself."""

    closed: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    outside: bool = True


class Report(TypedDict):
    """Everything that was found out, and the problems of all of it with the place in front."""

    results: list[RouteFacts]
    ports: list[_ports.PortFacts]
    ok: bool
    problems: list[str]


def probe(routes: list[ProbedRoute], wanted: Ports, conditions: Conditions) -> Report:
    """Ask every route, and every port of the address, or of each host of the routes where no address is given.

    Routes and ports are asked eight each at a time, the answers keep the order of the questions. Raises ProbeError when
    the question itself is wrong: an unreadable ``ca_file``, a port that is none, or ports without any host to ask.
    """
    tls_context(conditions.ca_file)
    for port in (*wanted.closed, *wanted.opened):
        if not 1 <= port <= 65535:
            raise ProbeError(f"port {port}: a port is a number from 1 to 65535")
    hosts = [conditions.address] if conditions.address else _hosts(routes)
    if (wanted.closed or wanted.opened) and not hosts:
        raise ProbeError("ports are to be asked, but there is neither an address nor a route: give an address")
    with ThreadPoolExecutor(_AT_ONCE) as for_ports, ThreadPoolExecutor(_AT_ONCE) as for_routes:
        asked = [_ports.ask(host, wanted.closed, wanted.opened, conditions.timeout, for_ports) for host in hosts]
        results = list(for_routes.map(lambda route: check(route, conditions), routes))
        found = [
            facts
            for each in asked
            for facts in _ports.weigh(each, wanted.outside, _is_alive(each.address, results, conditions))
        ]
    problems = [f"{_asked(facts)}: {problem}" for facts in results for problem in facts["problems"]]
    problems += [facts["detail"] for facts in found if facts["proof"] == "failed"]
    return Report(results=results, ports=found, ok=not problems, problems=problems)


def _asked(facts: RouteFacts) -> str:
    return f"{facts['url']} as {facts['agent']}" if facts["agent"] else facts["url"]


def _hosts(routes: list[ProbedRoute]) -> list[str]:
    return list(dict.fromkeys(host for route in routes if (host := _host(route.url))))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the route's own problem, which its facts name
        return ""


def _is_alive(host: str, results: list[RouteFacts], conditions: Conditions) -> bool:
    return any(facts["status"] is not None and (conditions.address or _host(facts["url"]) == host) for facts in results)
