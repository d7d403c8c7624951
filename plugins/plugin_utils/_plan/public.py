# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what stands between a name and its certificate, as far as that can be known before anything is changed.

Nothing here stops a run: a host behind a router cannot know all, and a name without a certificate is served meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...module_utils._dns.public_names import is_public_authority, private_suffix
from .._inventory.site import Site

_AGAIN = "Until there is a certificate, the name is served with a self-signed one"
# What `_reach.reach` found at a name.
Found = Mapping[str, Any]


def asked(sites: Iterable[Site], acme_server: str) -> list[dict[str, Any]]:
    """Return the certificates whose names `edge_preflight` looks at: none where the authority is the owner's own.

    Such an authority has its own way to look names up, and signs for private ones too.
    """
    if not is_public_authority(acme_server):
        return []
    return certificates(({"name": site.name, "names": site.names} for site in sites), acme_server)


def certificates(wanted: Iterable[Mapping[str, Any]], acme_server: str) -> list[dict[str, Any]]:
    """Return the certificates to ask an authority for, without the names that a public one must refuse."""
    if not is_public_authority(acme_server):
        return [dict(each) for each in wanted]
    found = [{**each, "names": [name for name in each["names"] if not private_suffix(name)]} for each in wanted]
    return [each for each in found if each["names"]]


def private_notes(sites: Iterable[Site], acme_server: str) -> list[str]:
    """Return what has to be known of names that no public authority signs for."""
    if not is_public_authority(acme_server):
        return []
    names = [(name, private_suffix(name)) for site in sites for name in site.names]
    return [
        f"{name} ends in {suffix}: no public authority gives a certificate for such a name, so none is asked, and it "
        "stays with the self-signed one. Choose a name of a public domain, or name an authority of your own in "
        "edge_acme_server"
        for name, suffix in names
        if suffix
    ]


def warnings(reached: Mapping[str, Any]) -> list[str]:
    """Return what keeps, or may keep, a public authority from giving certificates; `reached` is `_reach.reach`'s."""
    own = reached.get("own", [])
    names = reached.get("names", {})
    texts = [text for name, found in names.items() for text in _texts(name, found, own)]
    return texts + _apart(names, own)


def _texts(name: str, found: Found, own: Sequence[str]) -> list[str]:
    if not found["servers"]:
        return [f"whether {name} has a DNS record is not known: no DNS server answered"]
    if found["nowhere"]:
        return [_nowhere(name, found)]
    if not found["addresses"]:
        return [_no_record(name, found, own)]
    texts = []
    if found["closed"]:
        texts.append(_closed(name, found))
    texts += [_elsewhere(name, each, found, own) for each in _elsewhere_addresses(found, own)]
    return texts + _port_80(name, found, own)


def _said_by(found: Found) -> str:
    servers = " and ".join(found["servers"])
    if found["authoritative"]:
        return f"asked {servers}, a name server of its zone"
    return f"asked {servers}, this host's own DNS server, since the name servers of its zone could not be asked"


def _no_record(name: str, found: Found, own: Sequence[str]) -> str:
    of = "this host" if _family(own, 4) else "the router"
    alias = f"{name} is another name for {found['alias']}, which" if found["alias"] else name
    return (
        f"{alias} has no DNS record ({_said_by(found)}): create an A record with the public address of {of}, and an "
        f"AAAA record only with an address of this host. {_AGAIN}"
    )


def _nowhere(name: str, found: Found) -> str:
    top, servers = name.rpartition(".")[2], " and ".join(found["servers"])
    return (
        f"{name} ends in .{top}, which is no domain of the public DNS (asked {servers}): no public authority gives a "
        "certificate for such a name. Choose a name of a public domain, or name an authority of your own in "
        f"edge_acme_server. {_AGAIN}"
    )


def _closed(name: str, found: Found) -> str:
    told = " and ".join(found["closed"])
    text = f"the DNS record of {name} is {told} ({_said_by(found)}), which cannot be reached from the Internet"
    if found["authoritative"]:
        return f"{text}, and so not by the authority: create an A record with the public address of the router instead"
    return f"{text}. That may be right inside the house: see to it that the public DNS has the public address"


def _elsewhere_addresses(found: Found, own: Sequence[str]) -> list[str]:
    """Return the addresses that are none of this host's, though they should be, and where nothing proves otherwise.

    An IPv4 address may be a router's, unless this host has one of the Internet itself. An IPv6 address is a machine's.
    """
    judged = [each for each in found["port_80"] if _version(each) == 6 or _family(own, 4)]
    return [each for each in judged if each not in own and found["port_80"][each]["state"] != "ours"]


def _elsewhere(name: str, address: str, found: Found, own: Sequence[str]) -> str:
    version = _version(address)
    kind = "AAAA" if version == 6 else "A"
    of_host = _family(own, version)
    text = f"the {kind} record of {name} is {address} ({_said_by(found)}), "
    text += f"which is none of this host's addresses ({', '.join(of_host)})" if of_host else "which is not this host's"
    if version == 6 and not of_host:
        return f"{text}: it has no IPv6 address of the Internet. Authorities ask by IPv6 first: remove the record"
    first = "Authorities ask by IPv6 first: correct" if version == 6 else "Correct"
    return f"{text}. {first} the record or remove it, unless another machine passes requests on to this one"


def _port_80(name: str, found: Found, own: Sequence[str]) -> list[str]:
    """Return who answers at the addresses of a name, where it is not this host."""
    texts = []
    elsewhere = _elsewhere_addresses(found, own)
    for address, met in found["port_80"].items():
        if met["state"] == "other":
            texts.append(
                f"port 80 of {address}, the DNS record of {name}, is answered by another machine or program "
                f"({met['said']}): point the record to this house, and have the router forward TCP port 80 to this "
                "host. When it is the router's own page, that may be what it shows to the house alone"
            )
        elif met["state"] == "silent" and address not in elsewhere and address not in own:
            texts.append(
                f"not proven: whether port 80 of {address}, the DNS record of {name}, leads to this host "
                f"({met['said']}). Have the router forward TCP ports 80 and 443 to this host. When it does, all may be "
                "well: many routers do not let their own house in by its public address"
            )
    return texts


def _apart(names: Mapping[str, Found], own: Sequence[str]) -> list[str]:
    """Return that names of a host behind a router lead to different addresses, of which one may be old."""
    if _family(own, 4):
        return []
    by_address: dict[str, list[str]] = {}
    for name, found in names.items():
        addresses = [each for each in found["port_80"] if _version(each) == 4]
        for address in addresses:
            by_address.setdefault(address, []).append(name)
    if len(by_address) < 2:
        return []
    told = "; ".join(f"{address}: {', '.join(found)}" for address, found in by_address.items())
    return [
        f"the names of this host have different IPv4 addresses ({told}). A house has one mostly: is one of them old?"
    ]


def _family(addresses: Iterable[str], version: int) -> list[str]:
    return [each for each in addresses if _version(each) == version]


def _version(address: str) -> int:
    return 6 if ":" in address else 4
