# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how a client is kept from saying of itself, by gRPC, what services believe of their proxy.

nginx's gRPC module keeps the names of the headers that it sets in a table of 512 places, in which two of usual length
share none (`ngx_http_grpc_init_headers` of nginx 1.30), and has no directive for a larger one. All `CLAIMS` are too
many: nginx would warn of each location. So those are emptied that a client may have by no fault of its own, because a
proxy in front of this one has sent them. Whoever says one of the others gets 400.

A variable has the first header of a name alone before nginx 1.23.0. One that is empty would hide the second one, so
that there all are emptied, with nginx's warning.
"""

from __future__ import annotations

from .claims import ADDRESS, CLAIMS, METHOD, SCHEME
from .place import Place

_CLAIMED = "$constellation_edge_claims"
# What Apache and Traefik, Cloudflare Access and `tailscale serve` send by themselves, beside addresses and schemes.
_IN_FRONT = frozenset(
    (
        *("X-Forwarded-Server", "X-Forwarded-Prefix"),
        *("Cf-Access-Authenticated-User-Email", "Cf-Access-Jwt-Assertion"),
        *("Tailscale-User-Login", "Tailscale-User-Name", "Tailscale-User-Profile-Pic"),
    )
)
#: the headers that are emptied
EMPTIED = frozenset(
    claim.name for claim in CLAIMS if claim.kind in (ADDRESS, SCHEME, METHOD) or claim.name in _IN_FRONT
)
_REFUSED = "".join(f"$http_{claim.name.lower().replace('-', '_')}" for claim in CLAIMS if claim.name not in EMPTIED)
#: for the http level: whether a client says one of the others
CLAIMED_MAP = f'map "{_REFUSED}" {_CLAIMED} {{ default 1; "" 0; }}'
#: the directive that refuses who does, and what it sets in the form of `owns`
REFUSAL = {f"if ({_CLAIMED})": {"return": "400"}}
REFUSING = f"if ({_CLAIMED}) {{}}"


def refuses(at: Place) -> bool:
    """Whether nginx of this host sees all headers of a name."""
    return at.host.platform.nginx >= (1, 23, 0)


def is_emptied(at: Place, name: str) -> bool:
    """Whether a header is emptied in the location of a gRPC service."""
    return name in EMPTIED or not refuses(at)
