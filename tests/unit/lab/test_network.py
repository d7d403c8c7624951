# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab never takes a subnet that the machine has."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

import pytest
from lab import network

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
br0\t006433C6\t00000000\t0001\t0\t0\t0\tC0FFFFFF\t0\t0\t0
"""
ROUTES_V6 = (
    "20010db8000100000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
)


def test_routes_are_read_without_the_default_route():
    """Addresses stand in the kernel's table in the byte order of the machine."""
    assert network.routes_v4(ROUTES) == [IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/26")]
    assert network.routes_v6(ROUTES_V6) == [IPv6Network("2001:db8:1::/64")]


def test_taken_subnets_are_left_out():
    """The first free pair keeps clear of both families."""
    pairs = list(network.free_pairs([IPv4Network("198.51.100.0/26"), IPv6Network("2001:db8:1::/64")]))
    assert pairs[0] == (IPv4Network("198.51.100.64/26"), IPv6Network("2001:db8:1:1::/64"))
    assert len(pairs) == 3


def test_nothing_is_left_when_all_is_taken():
    """The caller then takes what Docker chooses."""
    assert list(network.free_pairs([IPv4Network("198.51.100.0/24")])) == []


def test_addresses_stay_in_the_subnet():
    """The gateway's and the broadcast address are not a machine's."""
    pair = (IPv4Network("198.51.100.64/26"), IPv6Network("2001:db8:1::/64"))
    assert network.address_pair(*pair, 2) == ("198.51.100.66", "2001:db8:1::2")
    for number in (0, 1, 63):
        with pytest.raises(ValueError, match="no room"):
            network.address_pair(*pair, number)
