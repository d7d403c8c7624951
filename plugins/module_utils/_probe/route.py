# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask one route everything that is expected of it."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, replace
from typing import TypedDict
from urllib.parse import urljoin, urlsplit

from . import _grpc
from ._streams import SseFacts, StreamFacts, moving_pictures, server_sent_events
from ._tls import TlsFacts
from ._tls import look as look_at_tls
from ._websocket import WebSocketFacts, upgrade
from .connection import AGENT, ProbeError, Target, ask, opened

# What a site in maintenance answers (RFC 9110 section 15.6.4, 2022).
_CLOSED = 503
# Bytes of an answer that are read, where something must stand in it.
_LONGEST = 100_000
# What nginx answers for a service that a client asks too often (RFC 6585 section 4, 2012).
_TOO_MANY = 429


@dataclass(frozen=True)
class ProbedRoute:
    """A URL and what is expected of it.

    ``status`` lists what is acceptable, nothing stands for 200 to 399 and 401, and where it is ``guarded`` for 403
    too, in ``maintenance`` for 503, and where requests are ``limited`` for 429. ``refused_by`` are the statuses by
    which the proxy itself keeps some clients out; such an answer is right, and nothing else is asked. Where it is
    ``closed``, everybody who asks so is to be refused. ``location`` is where the answer leads, empty for anywhere;
    with ``closes`` the connection has to be closed without an answer. With ``grpc`` the URL is called as a method
    that no service has, and the answer has to be one of gRPC, where ``status`` lists none. ``agent`` is said to be
    who asks, in brackets behind the probe's own name, and ``holds`` is what stands in the answer. ``sse``,
    ``websocket`` and ``stream`` are paths of the same site, empty for none; without a leading slash they are taken
    from the URL on. ``http_port`` is where the plain form of an HTTPS URL is asked. ``address`` is connected to
    instead of that of all routes, where it is not empty.
    """

    url: str
    status: tuple[int, ...] = ()
    location: str = ""
    closes: bool = False
    grpc: bool = False
    agent: str = ""
    holds: str = ""
    guarded: bool = False
    refused_by: tuple[int, ...] = ()
    closed: bool = False
    limited: bool = False
    maintenance: bool = False
    redirect: bool = True
    sse: str = ""
    websocket: str = ""
    websocket_echo: bool = False
    stream: str = ""
    http_port: int = 80
    address: str = ""


@dataclass(frozen=True)
class Conditions:
    """What all routes share; see Target. ``trust`` is false where an untrusted certificate is no problem."""

    address: str = ""
    ca_file: str = ""
    trust: bool = True
    timeout: float = 10.0


class RedirectFacts(TypedDict):
    """What the plain form of the URL answered (status None without an answer)."""

    status: int | None
    location: str
    ok: bool


class RouteFacts(TypedDict):
    """All that was found out about one route; None for what was not asked or could not be."""

    url: str
    agent: str
    ok: bool
    status: int | None
    refused: bool
    redirect: RedirectFacts | None
    tls: TlsFacts | None
    sse: SseFacts | None
    websocket: WebSocketFacts | None
    stream: StreamFacts | None
    seconds: float
    problems: list[str]


def check(route: ProbedRoute, conditions: Conditions) -> RouteFacts:
    """Return the facts of a route. Whatever goes wrong is one of its ``problems``; nothing is raised."""
    facts = RouteFacts(
        url=route.url,
        agent=route.agent,
        ok=False,
        status=None,
        refused=False,
        redirect=None,
        tls=None,
        sse=None,
        websocket=None,
        stream=None,
        seconds=0.0,
        problems=[],
    )
    start = time.monotonic()
    try:
        _check(route, conditions, facts)
    except (ProbeError, OSError, ValueError) as error:
        facts["problems"].append(str(error))
    facts["seconds"] = round(time.monotonic() - start, 3)
    facts["ok"] = not facts["problems"]
    return facts


def _check(route: ProbedRoute, conditions: Conditions, facts: RouteFacts) -> None:
    target = Target(route.url, route.address or conditions.address, conditions.ca_file, True, conditions.timeout)
    if target.parts.scheme not in ("http", "https") or not target.host:
        raise ProbeError("not a URL of the form https://name/path")
    if target.secure:
        shown = facts["tls"] = look_at_tls(target)
        # The rest is asked in any case, because what else is wrong is worth knowing too.
        target = replace(target, verify=shown["trusted"])
        if conditions.trust and not shown["trusted"]:
            facts["problems"].append(f"the certificate is not trusted: {shown['problem']}")
        if route.redirect:
            facts["redirect"] = _redirect(route, target, facts["problems"])
    if route.refused_by and _is_refused(route, target, facts):
        return
    question = _closed if route.closes else _called if route.grpc else _status
    facts["status"] = question(route, target, facts["problems"])
    if facts["status"] in _instead(route):
        return
    _check_streams(route, target, facts)


def _is_refused(route: ProbedRoute, target: Target, facts: RouteFacts) -> bool:
    """Ask without a login whether the proxy keeps this client out; an answer where it has to is a problem."""
    try:
        with opened(target) as used:
            status = ask(target, used).status
    except ProbeError:
        # It is asked once more, and told as that question's.
        return False
    facts["refused"] = status in route.refused_by
    if facts["refused"]:
        facts["status"] = status
    elif route.closed and status not in _instead(route):
        wanted = " or ".join(map(str, route.refused_by))
        facts["problems"].append(f"status {status} instead of {wanted}: it is open to everybody who asks")
    return facts["refused"]


def _check_streams(route: ProbedRoute, target: Target, facts: RouteFacts) -> None:
    problems = facts["problems"]
    if route.sse:
        sse = server_sent_events(replace(target, url=urljoin(route.url, route.sse)))
        if not _is_too_many(route, sse["detail"]):
            facts["sse"] = sse
            problems += [] if sse["ok"] else [f"server-sent events at {route.sse}: {sse['detail']}"]
    if route.websocket:
        socket = upgrade(replace(target, url=urljoin(route.url, route.websocket)), route.websocket_echo)
        if not _is_too_many(route, socket["detail"]):
            facts["websocket"] = socket
            problems += [] if socket["ok"] else [f"WebSocket at {route.websocket}: {socket['detail']}"]
    if route.stream:
        stream = moving_pictures(replace(target, url=urljoin(route.url, route.stream)))
        if not _is_too_many(route, stream["detail"]):
            facts["stream"] = stream
            problems += [] if stream["ok"] else [f"stream at {route.stream}: {stream['detail']}"]


def _is_too_many(route: ProbedRoute, detail: str) -> bool:
    """Whether a stream could not be asked for, because a client may not ask any more yet."""
    return route.limited and f"status {_TOO_MANY}" in detail


def _instead(route: ProbedRoute) -> list[int]:
    """Return the statuses by which nginx answers in the place of the service."""
    return [*([_CLOSED] if route.maintenance else []), *([_TOO_MANY] if route.limited else [])]


def _status(route: ProbedRoute, target: Target, problems: list[str]) -> int:
    headers = {"User-Agent": f"{AGENT} ({route.agent})"} if route.agent else {}
    with opened(target) as used:
        response = ask(target, used, headers)
        status, location = response.status, response.getheader("Location") or ""
        said = response.read(_LONGEST) if route.holds else b""
    refusals = (401, 403) if route.guarded else (401,)
    if status in _instead(route):
        return status
    fine = status in route.status if route.status else 200 <= status <= 399 or status in refusals
    if not fine:
        wanted = ", ".join(map(str, route.status)) or f"200 to 399 or {' or '.join(map(str, refusals))}"
        problems.append(f"status {status} instead of {wanted}")
    if route.location and location != route.location:
        problems.append(f"leads to {location or 'nowhere'} instead of {route.location}")
    if route.holds and route.holds.encode() not in said:
        problems.append(f"the answer does not say {route.holds}")
    return status


def _called(route: ProbedRoute, target: Target, problems: list[str]) -> int:
    """Call a service that speaks gRPC."""
    if problem := _grpc.without_http2(target):
        problems.append(problem)
    status, problem = _grpc.call(target)
    refusals = (401, 403) if route.guarded else (401,)
    fine = status in route.status if route.status else not problem or status in refusals
    if not fine and status not in _instead(route):
        wanted = ", ".join(map(str, route.status))
        problems.append(f"status {status} instead of {wanted}" if wanted else problem)
    return status


def _closed(_route: ProbedRoute, target: Target, problems: list[str]) -> int | None:
    """Ask for what nginx is to close the connection for; return the status that came all the same."""
    try:
        with opened(target) as used:
            status = ask(target, used).status
    except ProbeError as error:
        if isinstance(error.__cause__, (http.client.RemoteDisconnected, ConnectionResetError)):
            return None
        raise
    problems.append(f"status {status} instead of a closed connection")
    return status


def _redirect(route: ProbedRoute, target: Target, problems: list[str]) -> RedirectFacts:
    """Ask the plain form of the URL, which has to lead to the same place under HTTPS, for good."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = "" if route.http_port == 80 else f":{route.http_port}"
    plain = replace(target, url=f"http://{host}{port}{target.path}")
    try:
        with opened(plain) as used:
            response = ask(plain, used)
            status, location = response.status, response.getheader("Location") or ""
    except ProbeError as error:
        problems.append(f"HTTP: {error}")
        return RedirectFacts(status=None, location="", ok=False)
    problem = ""
    if route.maintenance and status == _CLOSED:
        problem = ""
    elif status not in (301, 308):
        problem = f"HTTP answers {status} instead of 301 or 308"
    elif not _same_place(location, target):
        problem = f"HTTP leads to {location or 'nowhere'} instead of {route.url}"
    if problem:
        problems.append(problem)
    return RedirectFacts(status=status, location=location, ok=not problem)


def _same_place(location: str, target: Target) -> bool:
    found, wanted = urlsplit(location), target.parts
    try:
        port = found.port or 443
    except ValueError:
        return False
    return (found.scheme, found.hostname, port, found.path or "/", found.query) == (
        "https",
        target.host,
        target.port,
        wanted.path or "/",
        wanted.query,
    )
