# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of a `listen` and the keys of a `server_name`, compared as nginx compares them.

Sources: `ngx_parse_url`, `ngx_inet_addr` (src/core/ngx_inet.c), `ngx_hash_add_key` (src/core/ngx_hash.c), nginx 1.22.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from functools import lru_cache

_PORTS = re.compile(r"0*([0-9]{1,5})(?:-0*([0-9]{1,5}))?\Z")
_OCTETS = re.compile(r"[0-9]*(?:\.[0-9]*){3}\Z")
_DEFAULT_PORT = 80
_LAST_PORT = 65535
_ANY = 0


def listen_address(text: str) -> str:
    """Return the first argument of `listen` in one form: `443`, `*:443` and `0.0.0.0:443` are the same address.

    A range of ports keeps its form, as in `*:440-445`.
    """
    if text[:5].lower() == "unix:":
        return f"unix:{text[5:]}"
    host, ports = _parts(text)
    return f"{_one_host(host)}:{ports}"


def listen_key(args: list[str]) -> str:
    """Return the address of a `listen` directive; QUIC has the same ports to itself, as they are UDP's."""
    return listen_address(args[0]) + _protocol(args)


def listen_keys(args: list[str]) -> frozenset[str]:
    """Return every address of a `listen` directive: a range holds each of its ports, a name all of its addresses."""
    if args[0][:5].lower() == "unix:":
        return frozenset([listen_key(args)])
    host, ports = _parts(args[0])
    found = _PORTS.match(ports)
    first, last = (int(found.group(1)), int(found.group(2) or found.group(1))) if found else (0, 0)
    # What nginx refuses stays one text.
    every = range(first, last + 1) if 0 < first <= last <= _LAST_PORT else [ports]
    return frozenset(f"{one}:{port}{_protocol(args)}" for one in _hosts(host) for port in every)


def name_keys(name: str) -> frozenset[str]:
    """Return what nginx's hashes hold for a name: `.example.org` is the exact name and the wildcard in front.

    `*.example.org` is written `*.example.org` here, `www.example.*` as it is; two servers with a key in common on one
    address are in conflict. A regular expression is its own key, though nginx takes the first of two without a word.
    """
    name = os.uname().nodename.lower() if name == "$hostname" else name.lower()
    if name.startswith("~") or ".." in name or name.count("*") > 1:
        return frozenset([name])
    return frozenset([name[1:], f"*{name}"]) if len(name) > 1 and name.startswith(".") else frozenset([name])


def _protocol(args: list[str]) -> str:
    return "/udp" if "quic" in args[1:] or "udp" in args[1:] else ""


def _parts(text: str) -> tuple[str, str]:
    """Return host and ports, each as nginx understands it; a port alone is every address of IPv4."""
    if text.startswith("["):
        host, _bracket, rest = text.partition("]")
        host, ports = f"{host}]", rest[1:]
    else:
        host, colon, ports = text.partition(":")
        if not colon and _PORTS.match(text):
            host, ports = "*", text
    found = _PORTS.match(ports)
    if found is None:
        return host, ports or str(_DEFAULT_PORT)
    first, last = int(found.group(1)), int(found.group(2) or found.group(1))
    return host, str(first) if first == last else f"{first}-{last}"


def _one_host(host: str) -> str:
    """Return an address in its shortest form, a name in lower case."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError:
            return host.lower()
    if host in ("", "*"):
        return "*"
    number = _number(host)
    if number is None:
        return host.lower()
    return "*" if number == _ANY else str(ipaddress.IPv4Address(number))


def _number(host: str) -> int | None:
    """Return an IPv4 address as nginx reads its text: an octet may have leading zeros, or no digit at all."""
    if not _OCTETS.match(host):
        return None
    texts = [each.lstrip("0") or "0" for each in host.split(".")]
    # The length first: Python refuses to count very many digits.
    octets = [int(each) if len(each) <= 3 else 256 for each in texts]
    if max(octets) > 255:
        return None
    number = int.from_bytes(bytes(octets), "big")
    return None if number == 0xFFFFFFFF else number


def _hosts(host: str) -> tuple[str, ...]:
    one = _one_host(host)
    is_address = one == "*" or one.startswith("[") or _number(one) is not None
    return (one,) if is_address else _resolved(one)


@lru_cache(maxsize=64)
def _resolved(name: str) -> tuple[str, ...]:
    """Return the addresses of a host name, as nginx asks for them; the name itself where nobody knows it."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, ValueError):
        return (name,)
    texts = {str(address[0]).partition("%")[0] for family, _type, _protocol, _name, address in found if family}
    return tuple(sorted(_one_host(f"[{text}]" if ":" in text else text) for text in texts))
