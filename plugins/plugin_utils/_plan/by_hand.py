# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: Constellation servers and sentinels that the playbook cannot change, and what their owner does there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._constellation.local_server import LocalServer
from .._inventory.site import Site
from .servers import constellation_routes, listen_uri


def questions(sites: Sequence[Site]) -> list[dict[str, str]]:
    """Return what `constellation_info` asks on a proxy: the routes' paths, at their servers."""
    return [
        {"url": _url(route.upstream.url, listen_uri(route)), "host": site.name}
        for site, route in constellation_routes(sites)
    ]


def unserved(sites: Sequence[Site], answers: Mapping[str, str], server: LocalServer) -> list[dict[str, Any]]:
    """Return the routes whose server does not know their path, by the answers to `questions`.

    `server` tells which of them, `here`, should be on the proxy's own host.
    """
    found = []
    for site, route in constellation_routes(sites):
        uri = listen_uri(route)
        problem = answers.get(_url(route.upstream.url, uri), "")
        if problem:
            place = {"route": f"{site.name}{route.base}", "upstream": route.upstream.url, "uri": uri}
            found.append({**place, "problem": problem, "here": server.is_here(route)})
    return found


def by_hand(plan: Mapping[str, Any], *, is_sentinel: bool) -> dict[str, Any]:
    """Return the plan of a host on which nothing can be changed from here; what it should be stands in `by_hand`.

    Beside its server a sentinel is looked for without being listed, which this cannot do.
    """
    wanted = {**plan, "sentinel_uri": plan["sentinel_uri"] if is_sentinel else ""}
    return {"listen_uris": [], "sentinel_uri": "", "upstreams": [], "by_hand": wanted}


def notes(plans: Mapping[str, Mapping[str, Any]], host: str, servers: Sequence[str]) -> list[str]:
    """Return what has to be done by hand.

    `plans` maps hosts, the proxies first, to their `edge_plan.constellation`; `host` is the proxy that tells, `servers`
    are the hosts listed in `constellation_servers`. Of the sentinels the first proxy tells.
    """
    done = {upstream for plan in plans.values() if _has_server(plan) for upstream in plan.get("upstreams", [])}
    by_hand = {url: name for name, plan in plans.items() for url in plan.get("by_hand", {}).get("upstreams", [])}
    missing = [each for each in plans[host].get("unserved", []) if each["upstream"] not in done]
    found = [_server_note(each, by_hand.get(each["upstream"], ""), servers) for each in missing]
    uris = {name: plan.get("by_hand", {}).get("sentinel_uri", "") for name, plan in plans.items()}
    tells = next(iter(plans)) == host
    return found + [_sentinel_note(name, uri) for name, uri in uris.items() if uri and tells]


def _has_server(plan: Mapping[str, Any]) -> bool:
    return bool(plan.get("found", {}).get("server", {}).get("path"))


def _server_note(missing: Mapping[str, Any], by_hand: str, servers: Sequence[str]) -> str:
    if missing["here"]:
        where = (
            "On this host supervisor knows no Constellation server (constellation_config_program names it). If it runs "
            "otherwise, as in a container, then there"
        )
    elif by_hand:
        where = f"{by_hand} is Windows, where files are not changed from here. There"
    elif servers:
        where = (
            f"No server that could be changed is known by this address (constellation_servers lists {_and(servers)}): "
            "give it to the right one as ansible_host, or, on the server's machine"
        )
    else:
        where = (
            "When its machine runs Linux and supervisor, list it in constellation_servers, and it is done from here; "
            "otherwise, on that machine"
        )
    return (
        f"{missing['route']}: the Constellation server at {missing['upstream']} does not serve this path yet "
        f'({missing["problem"]}). {where}, add <uri listenUri="{missing["uri"]}" /> to <listenUris> in '
        "Constellation.Server.exe.config, restart the server (on Windows Restart-Service ConstellationServer, on Linux "
        "sudo supervisorctl restart constellation-server), and have its firewall let this proxy's address in. What a "
        'fileServer there keeps with localhostOnly="true", such as the Console, opens on that machine alone'
    )


def _sentinel_note(name: str, uri: str) -> str:
    return (
        f"{name} is Windows, where files are not changed from here. There, in Constellation.Sentinel.exe.config "
        f'(Constellation.Sentinel.UI.exe.config for the one with a window), set <add key="ConstellationServerURI" '
        f'value="{uri}" /> below <appSettings>, restart the sentinel, and take {name} out of constellation_sentinels'
    )


def _url(upstream: str, uri: str) -> str:
    """Return the URL at an upstream of the path that a listenUri has."""
    path = uri.partition("://")[2].partition("/")[2]
    return f"{upstream}/{path}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
