# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the LAN of a proxy's host."""

from __future__ import annotations

from ...module_utils._host.lan import LAN_NETWORKS
from .place import Host


def lan_networks(host: Host) -> list[str]:
    """Return the networks whose clients are in the LAN: loopback, private, link-local, and those of `edge_lan`."""
    return [*dict.fromkeys([*LAN_NETWORKS, *host.server.lan])]
