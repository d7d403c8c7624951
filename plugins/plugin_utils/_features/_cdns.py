# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: networks from which content delivery networks call a proxy, as data that is true on a date.

`date` is the day on which a list was compared with copies of its sources. `header` is the header in which the network
alone writes the address of its client, whatever that one has sent.
"""

from __future__ import annotations

from typing import NamedTuple


class Cdn(NamedTuple):
    """One content delivery network."""

    header: str
    sources: tuple[str, ...]
    date: str
    networks: tuple[str, ...]


CDNS = {
    "cloudflare": Cdn(
        # developers.cloudflare.com/fundamentals/reference/http-headers: X-Forwarded-For is appended to, this is not.
        header="CF-Connecting-IP",
        sources=("https://www.cloudflare.com/ips-v4", "https://www.cloudflare.com/ips-v6"),
        date="2026-11-30",
        networks=(
            "103.21.244.0/22",
            "103.22.200.0/22",
            "103.31.4.0/22",
            "104.16.0.0/13",
            "104.24.0.0/14",
            "108.162.192.0/18",
            "131.0.72.0/22",
            "141.101.64.0/18",
            "162.158.0.0/15",
            "172.64.0.0/13",
            "173.245.48.0/20",
            "188.114.96.0/20",
            "190.93.240.0/20",
            "197.234.240.0/22",
            "198.41.128.0/17",
            "2400:cb00::/32",
            "2405:8100::/32",
            "2405:b500::/32",
            "2606:4700::/32",
            "2803:f800::/32",
            "2a06:98c0::/29",
            "2c0f:f248::/32",
        ),
    ),
}
