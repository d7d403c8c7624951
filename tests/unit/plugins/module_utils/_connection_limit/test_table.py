# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of the table, and whether a listing of the kernel is that table."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit.table import (
    DEFAULT_LIMIT,
    LimitError,
    drop_in_text,
    nft_text,
    parse_limit,
    read_limit,
    read_listing,
    unit_text,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.names import LIMIT_PATH
from ansible_collections.constellation.edge.plugins.modules import edge_connection_limit

TEXT = nft_text(parse_limit(256, [443, 80], []))


def listing(text: str = TEXT, refused: int = 0) -> str:
    """Return what nft lists of a text: without comments of lines, with counters, and a burst by its own mind."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*#|add table|delete table", line)]
    counted = "\n".join(lines).replace("counter refused {\n", f"counter refused {{\n\t\tpackets {refused} bytes 44\n")
    return counted.replace(" burst 5 packets", "").replace("counter name refused", 'counter name "refused"')


def test_what_was_loaded_is_recognised_in_the_listing() -> None:
    found = read_listing(listing(refused=12))
    assert found.holds(TEXT)
    assert found.refused == 12


@pytest.mark.parametrize("lost", ['iif "lo"', "ip saddr {", "ip6 saddr {", "add @clients6", "\t\tdrop", "limit rate"])
def test_a_rule_that_somebody_deleted_is_missed(lost: str) -> None:
    lines = listing().splitlines()
    kept = [line for line in lines if lost not in line]
    assert len(kept) == len(lines) - 1
    assert not read_listing("\n".join(kept)).holds(TEXT)


def test_another_limit_another_port_and_another_exemption_are_not_the_same() -> None:
    for other in (
        parse_limit(257, [80, 443], []),
        parse_limit(256, [80], []),
        parse_limit(256, [80, 443], ["1.2.3.4"]),
    ):
        assert not read_listing(listing()).holds(nft_text(other))


def test_the_order_of_ports_and_what_is_exempt_anyway_make_no_difference() -> None:
    assert nft_text(parse_limit(256, [80, 443, 80], ["192.168.0.9", "10.8.0.0/24", "fd00::7"])) == TEXT


def test_a_table_that_was_put_to_sleep_does_not_hold() -> None:
    asleep = listing().replace("constellation_edge {\n", "constellation_edge {\n\tflags dormant\n")
    assert not read_listing(asleep).holds(TEXT)


def test_nothing_holds_nothing() -> None:
    assert not read_listing("").holds("")
    assert read_limit("# by hand") == (0, [])


def test_a_file_says_what_it_limits() -> None:
    assert read_limit(TEXT) == (256, [80, 443])


def test_no_other_table_is_named() -> None:
    assert set(re.findall(r"table (\S+ \S+)", TEXT.replace("No other table is", ""))) == {"inet constellation_edge"}
    assert "flush" not in TEXT + unit_text()


def test_networks_within_others_are_written_once() -> None:
    text = nft_text(parse_limit(64, [443], ["198.51.100.0/24", "198.51.100.7", "2001:db8::/32", "2001:db8:1::/64"]))
    assert "198.51.100.7" not in text
    assert "2001:db8:1::" not in text
    assert re.search(r"ip saddr \{ .*198\.51\.100\.0/24.* \} return", text)
    assert re.search(r"ip6 saddr \{ .*2001:db8::/32.* \} return", text)


@pytest.mark.parametrize(
    ("limit", "ports", "exempt", "said"),
    [
        (31, [80], [], "limit: 31 is not between 32 and 65535"),
        (-1, [80], [], "0 is no limit"),
        (65536, [80], [], "limit: 65536"),
        (256, [], [], "ports: the list is empty"),
        (256, [0], [], "ports: 0 is not a port"),
        (256, [65536], [], "ports: 65536 is not a port"),
        (256, [80], ["nas.lan"], "exempt: 'nas.lan' is not an address or a network"),
        (256, [80], ["10.0.0.5/8"], "has host bits set"),
        (256, [80], ["1.2.3.4 } accept; #"], "exempt: '1.2.3.4 } accept; #'"),
        (256, [80], [""], "exempt: ''"),
    ],
)
def test_what_cannot_be_is_refused(limit: int, ports: list[int], exempt: list[str], said: str) -> None:
    with pytest.raises(LimitError) as refused:
        parse_limit(limit, ports, exempt)
    assert said in str(refused.value)


def test_the_table_is_loaded_after_nftables_service_whenever_that_flushes() -> None:
    assert "After=nftables.service" in unit_text().splitlines()
    for text, loads in (
        (unit_text(), ("ExecStart=", "ExecReload=")),
        (drop_in_text(), ("ExecStartPost=-", "ExecReload=-")),
    ):
        assert {f"{load}/usr/sbin/nft -f {LIMIT_PATH}" for load in loads} <= set(text.splitlines())


def test_the_documentation_says_what_the_reckoning_was() -> None:
    option = yaml.safe_load(edge_connection_limit.DOCUMENTATION)["options"]["limit"]
    assert option["default"] == DEFAULT_LIMIT
    assert "60 Constellation packages" in " ".join(option["description"])
