# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what the sentinels on other hosts still need of a server's host: old URIs, an open port, a word to say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ...module_utils._constellation.uris.listen_uri import ListenUri, parse_listen_uri
from ...module_utils._constellation.uris.server_uri import ServerUri, parse_server_uri
from ...module_utils._dotnet.errors import DotnetError

_HIDDEN = (
    "the firewall keeps every rule of ours in this run: from which address the sentinel on {} calls is not known "
    "before it is looked at; give its host an ansible_host that is an address, or run without --limit"
)


@dataclass(frozen=True)
class Machine:
    """One host of the run: its ``edge_plan`` as far as it has one, and how its sentinel's move ended, if it did.

    ``listed`` is true for a sentinel's host by the inventory, ``address`` where the controller finds it.
    """

    plan: Mapping[str, Any] = field(default_factory=dict)
    moved: Mapping[str, Any] = field(default_factory=dict)
    listed: bool = False
    address: str = ""

    @property
    def is_unseen(self) -> bool:
        """Whether it may have a sentinel and this run, limited to other hosts, does not look."""
        return self.listed and not self.constellation

    @property
    def constellation(self) -> Mapping[str, Any]:
        """What was planned and found of server and sentinel."""
        return self.plan.get("constellation") or {}

    def found(self, part: str) -> Mapping[str, Any]:
        """Return what was found of ``server`` or ``sentinel``."""
        found = self.constellation.get("found") or {}
        return found.get(part) or {}

    @property
    def called(self) -> str:
        """The server that its sentinel calls: after its move, or before."""
        if self.moved.get("path") and not self.moved.get("failed"):
            return str(self.moved.get("uri") or "")
        return str(self.found("sentinel").get("uri") or "")


def server_needs(host: str, machines: Mapping[str, Machine]) -> dict[str, Any]:
    """Return what a host's Constellation server and firewall keep for the sentinels on other hosts.

    ``listen_uris``: the route's own and the old ones that a sentinel calls when the run begins. ``last_uris``: what is
    left of these after the sentinels have moved, nothing when they are the same. ``rules``: for ``ufw_rules``, the
    ports that sentinels call directly and cannot leave. ``purge``: whether the firewall needs no other rule of ours.
    ``sentinel_sources``: every known address from which one calls, by the public name too.
    ``notes``: each that could not move, with its remedy.
    """
    own = [str(uri) for uri in machines[host].constellation.get("listen_uris") or []]
    there = _understood(machines[host].found("server").get("listen_uris") or [])
    others = {name: machine for name, machine in machines.items() if name != host and _belongs(machines[host], machine)}
    before = _kept(there, (str(machine.found("sentinel").get("uri") or "") for machine in others.values()))
    now = _kept(there, (machine.called for machine in others.values()))
    unseen = [name for name, machine in others.items() if machine.is_unseen]
    if unseen:
        before = now = list(there)
    hidden = [name for name in unseen if own and not _source(name, others[name])]
    wanted, left = _joined(own, before), _joined(own, now)
    return {
        "listen_uris": wanted if own else [],
        "last_uris": left if own and left != wanted else [],
        "rules": _rules(there, others) if own else [],
        "purge": not hidden,
        "sentinel_sources": sorted({one for name, machine in others.items() for one in _sources(name, machine)}),
        "notes": _notes(host, machines, unseen) + [_HIDDEN.format(name) for name in hidden],
    }


def _belongs(server: Machine, other: Machine) -> bool:
    """Tell whether a sentinel's host may need this server: the site that it is to call may be on another proxy."""
    site = urlsplit(str(other.constellation.get("sentinel_uri") or "")).hostname
    names = {name for certificate in server.plan.get("certificates") or [] for name in certificate["names"]}
    return site is None or not names or site in names


def _understood(uris: Iterable[str]) -> dict[str, ListenUri]:
    found: dict[str, ListenUri] = {}
    for uri in uris:
        try:
            found[str(uri)] = parse_listen_uri(str(uri))
        except DotnetError:
            continue  # the server could not listen on it
    return found


def _serving(there: Mapping[str, ListenUri], uri: str) -> set[str]:
    """Return the listenUris by which the server answers an address.

    Of those for its host, and of those for any host, that is the longest path.
    """
    called = _http(uri)
    if called is None:
        return set()
    fitting = {
        text: listen
        for text, listen in there.items()
        if listen.port == called.port and called.path.lower().startswith(listen.path.lower())
    }
    own = {text: len(listen.path) for text, listen in fitting.items() if listen.host == called.host}
    any_host = {text: len(listen.path) for text, listen in fitting.items() if listen.any_host}
    return {text for found in (own, any_host) for text in found if found[text] == max(found.values())}


def _http(uri: str) -> ServerUri | None:
    """Return the parts of an address by which the server itself is called, from elsewhere and without a proxy."""
    try:
        parsed = parse_server_uri(uri)
    except DotnetError:
        return None
    return parsed if parsed.scheme == "http" and not parsed.is_loopback else None


def _kept(there: Mapping[str, ListenUri], called: Iterable[str]) -> list[str]:
    serving = set().union(*(_serving(there, uri) for uri in called))
    return [uri for uri in there if uri in serving]


def _joined(own: list[str], kept: list[str]) -> list[str]:
    """Return the route's own URIs and those kept beside them, none of them twice."""
    known = set(_understood(own).values())
    return own + [uri for uri, listen in _understood(kept).items() if listen not in known]


def _rules(there: Mapping[str, ListenUri], others: Mapping[str, Machine]) -> list[dict[str, str]]:
    """Return one rule for each port and address of a sentinel that calls the server without its proxy."""
    rules: dict[tuple[int, str], dict[str, str]] = {}
    for name, machine in others.items():
        source = _source(name, machine)
        called = _http(machine.called)
        ports = {called.port} if called and _serving(there, machine.called) else set()
        if machine.is_unseen:
            ports = {listen.port for listen in there.values()}
        for port in sorted(ports) if source else []:
            rule = {"port": str(port), "proto": "tcp", "source": source, "comment": f"sentinel {name}"}
            rules.setdefault((port, source), rule)
    return list(rules.values())


def _source(name: str, machine: Machine) -> str:
    """Return the address from which a sentinel calls, "" when this run has no way to know."""
    return next(iter(_candidates(name, machine)), "")


def _sources(name: str, machine: Machine) -> list[str]:
    """Return each address that may be a sentinel's: behind a router, what it sees itself is not what is seen here."""
    return _candidates(name, machine) if machine.listed or machine.found("sentinel").get("uri") else []


def _candidates(name: str, machine: Machine) -> list[str]:
    """Return the known addresses of a machine, the one it was seen with first."""
    seen = (machine.moved.get("source"), machine.found("sentinel").get("source"))
    known = [*map(str, filter(None, seen)), _literal(machine.address), _literal(name)]
    return [address for address in known if address]


def _literal(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def _notes(host: str, machines: Mapping[str, Machine], unseen: list[str]) -> list[str]:
    notes = [
        f"the sentinel on {name} was not looked at in this run: what it may call stays as it is" for name in unseen
    ]
    for name, machine in machines.items():
        moved = machine.moved
        if not moved.get("problem") or not (name == host or _belongs(machines[host], machine)):
            continue
        uri, problem = moved["uri"], moved["problem"]
        if moved.get("moved"):
            notes.append(f"the sentinel on {name} is not connected to {uri}: {problem}")
        else:
            called, source = _http(uri), moved.get("source")
            port = f"; port {called.port} stays open to {source} alone" if called and source else ""
            notes.append(f"the sentinel on {name} could not move and keeps {uri}: {problem}{port}")
        notes.append(f"what to do on {name}: {moved['remedy']}; then run again")
    return notes
