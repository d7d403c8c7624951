# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the LAN of a proxy's host."""

from __future__ import annotations

from ...module_utils._host.lan import LAN_NETWORKS
from .place import Host

# Whether a request is from the LAN, where a proxy in front of a site may say who its client is.
INSIDE = "$constellation_edge_inside"


def lan_networks(host: Host) -> list[str]:
    """Return the networks whose clients are in the LAN: loopback, private, link-local, and those of `edge_lan`."""
    return [*dict.fromkeys([*LAN_NETWORKS, *host.server.lan])]
