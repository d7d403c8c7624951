# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the addresses of a host at which its sites are answered, beside the servers that their owner has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._features.listen import in_url, is_inside, is_loopback
from .._inventory.schema import Problem
from .._inventory.site import Site

_PORTS = (80, 443)
_EVERY = ("*", "[::]")


def decides(sites: Sequence[Site]) -> bool:
    """Whether the sites decide who answers at an address, or for a name that nobody has."""
    return any(site.listen or site.default for site in sites)


def named(sites: Sequence[Site]) -> list[str]:
    """Return the addresses that the sites name, as in a URL."""
    return sorted({in_url(each) for site in sites for each in site.listen})


def address_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host: Mapping[str, Any], *, keeps_packaged: bool
) -> list[Problem]:
    """Return what cannot be answered there, and which servers of the owner's would lose what they answer.

    `raw` is `edge_sites` as it was written, `host` what `edge_preflight` says. The distribution's own site goes in the
    run, but where the owner `keeps_packaged`.
    """
    owners = [each for each in host.get("owners", []) if keeps_packaged or not each["packaged"]]
    return [
        Problem(f"site {site.name}", text, entry)
        for entry, site in zip(raw, sites, strict=True)
        for text in (*_listen(site, host.get("own_hosts", []), owners), *_default(site, owners))
    ]


def _listen(site: Site, own: Sequence[str], owners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for server in owners if site.listen else ():
        if held := [each for each in server["defaults"] if each in _everywhere()]:
            yield (
                f"listen: {_shown(server)} is the default_server of {', '.join(held)}, so that at other addresses than "
                "those of `listen` no challenge for the certificate would be answered: take that word out there, or "
                "`listen` out here"
            )
    for address in site.listen:
        if in_url(address) not in own:
            yield (
                f"listen: {address} is no address of this host now: `ip -brief address` shows there which it has, and "
                "one of a VPN only while that is up"
            )
            continue
        for server in owners:
            if lacks := [port for port in _PORTS if _would_lose(server, in_url(address), port)]:
                wanted = " and ".join(f"`listen {in_url(address)}:{port}`" for port in lacks)
                yield (
                    f"listen: {_shown(server)} listens on every address, and nginx would not ask it any more for what "
                    f"comes to {address}: write {wanted} beside what stands there, with the same words behind it, or "
                    "take `listen` out here"
                )
            elif _answers_for_all(server, in_url(address), owners):
                yield (
                    f"listen: {_shown(server)} answers at {address} for names that nobody has, and would not any more: "
                    f"write default_server behind its `listen {address}` lines, or take `listen` out here"
                )


def _answers_for_all(server: Mapping[str, Any], address: str, owners: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a server is alone at an address that it has of its own, without the word for it."""
    own = {f"{address}:{port}" for port in _PORTS}
    said = {each for other in owners for each in other["defaults"]}
    return bool(own & {*server["listens"]} - said) and not {*_everywhere()} & {*server["listens"]}


def _would_lose(server: Mapping[str, Any], address: str, port: int) -> bool:
    """Whether a server answers at an address as at any other one, and says nothing of it."""
    every = _EVERY[1] if address.startswith("[") else _EVERY[0]
    return f"{every}:{port}" in server["listens"] and f"{address}:{port}" not in server["listens"]


def _default(site: Site, owners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for server in owners if site.default else ():
        if held := [each for each in server["defaults"] if each in _everywhere()]:
            yield (
                f"default: {_shown(server)} is the default_server of {', '.join(held)}: take that word out there, or "
                "`default` out here"
            )


def _everywhere() -> list[str]:
    return [f"{every}:{port}" for every in _EVERY for port in _PORTS]


def _shown(server: Mapping[str, Any]) -> str:
    names = ", ".join(filter(None, server["names"])) or "a server without a name"
    return f"{server['place']} ({names})"


def asked_at(site: Site, address: str) -> dict[str, str] | None:
    """Return where a site is asked instead of at `address`, as probes are told; None where nobody can from there.

    `address` is what the controller connects to for all sites, "" where that is never replaced.
    """
    if is_inside(site) and not address.startswith("127."):
        return None
    if not address or not site.listen or address in site.listen:
        return {}
    return {"address": next((each for each in site.listen if not is_loopback(each)), site.listen[0])}
