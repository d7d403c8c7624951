# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how an owner says that a service has one certificate alone, and which file on the host holds it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

PIN = "pin"
_FINGERPRINT = re.compile(rf"{PIN}\s+sha256:((?:[0-9a-f]{{2}}:?){{31}}[0-9a-f]{{2}})", re.IGNORECASE)


def is_pin(value: object) -> bool:
    """Whether a value of `verify` says, rightly or not, that one certificate is meant."""
    return isinstance(value, str) and value.split()[:1] == [PIN]


def read_pin(value: str) -> str:
    """Return `pin` or `pin sha256:DIGITS`, in small letters and without colons; "" for what is neither."""
    if value.strip() == PIN:
        return PIN
    found = _FINGERPRINT.fullmatch(value.strip())
    return f"{PIN} sha256:{found[1].replace(':', '').lower()}" if found else ""


def fingerprint_of(verify: str) -> str:
    """Return the fingerprint in a value as `read_pin` returns it, "" where it has none."""
    return verify.partition("sha256:")[2] if is_pin(verify) else ""


def pin_file(route: Route) -> str:
    """Return the name of the file with the certificate of a route's service.

    It is the service's alone, whatever the certificate: a service asked for by another name may show another one.
    """
    said = f"{route.upstream.host}:{route.upstream.port} {route.upstream_tls.get('name', '')}"
    return f"{PIN}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.pem"


def pinning(sites: Sequence[Site]) -> list[Route]:
    """Return the routes whose service has one certificate alone."""
    return [route for site in sites for route in site.routes if is_pinned(route)]


def is_pinned(route: Route) -> bool:
    """Whether the service of a route has one certificate alone."""
    return bool(route.targets) and is_pin(route.upstream_tls.get("verify", ""))


def asked_pins(sites: Sequence[Site]) -> list[dict[str, Any]]:
    """Return what `edge_preflight` asks services for, each once."""
    found = {
        pin_file(route): {
            "host": route.upstream.host.strip("[]"),
            "port": route.upstream.port,
            "name": route.upstream_tls.get("name", ""),
        }
        for route in pinning(sites)
    }
    return [{"file": file, **each} for file, each in found.items()]
