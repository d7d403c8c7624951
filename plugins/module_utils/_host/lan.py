# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that a home or an office gives its machines, the host's own loopback included."""

from __future__ import annotations

# RFC 1122 section 3.2.1.3 (1989), RFC 1918 (1996), RFC 3927 (2005); RFC 4291 (2006), RFC 4193 (2005). Not
# 100.64.0.0/10 of RFC 6598 (2012): an Internet provider's other customers may come from there.
LAN_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
