# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of ufw's own files: what ufw skips, and what it dies of."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._ufw._stored import parse_entries, parse_stored
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import V4, V6, Entry, UfwError

GOOD = "allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"


def one(line: str, family: int = V4) -> Entry:
    """Return the rule of a line that ufw takes."""
    [entry] = parse_entries(f"### tuple ### {line}\n", family)
    return entry


def test_a_rule_is_read_whole() -> None:
    entry = one("limit_log tcp 22,80:90 0.0.0.0/0 any 192.0.2.0/24 in_eth0 comment=" + b"mine".hex())
    assert (entry.action, entry.log, entry.proto, entry.dport) == ("limit", "log", "tcp", "22,80:90")
    assert (entry.src, entry.direction, entry.comment, entry.forward) == ("192.0.2.0/24", "in_eth0", "mine", False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0!out_eth1", {"direction": "in_eth0!out_eth1"}),
        ("route:allow any any 0.0.0.0/0 any 0.0.0.0/0 out_eth1", {"direction": "out_eth1", "forward": True}),
        ("allow tcp ssh 0.0.0.0/0 any 0.0.0.0/0 in", {"dport": "22"}),
        ("odd tcp 22 0.0.0.0/0 any 0.0.0.0/0 in", {"action": "deny"}),
        ("allow tcp 22 0.0.0.0/0 any 192.0.2.0/255.255.255.0 in", {"src": "192.0.2.0/255.255.255.0"}),
        ("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in", {"dapp": "Nginx Full", "sapp": ""}),
        ("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0", {"direction": "in"}),
    ],
)
def test_what_ufw_takes(line: str, expected: dict[str, object]) -> None:
    entry = one(line)
    assert {name: getattr(entry, name) for name in expected} == expected


@pytest.mark.parametrize(
    "line",
    [
        "allow tcp 22",
        GOOD.replace("tcp", "sctp"),
        GOOD.replace("allow", "allow_sometimes"),
        GOOD.replace(" in", " sideways"),
        GOOD.replace(" in", " in_an-interface-of-more-than-15"),
        GOOD.replace(" in", " in_.."),
        GOOD.replace(" in", " in_!out_eth1"),
        GOOD.replace("22", ",22"),
        GOOD.replace("22", "0"),
        GOOD.replace("22", "90:80"),
        GOOD.replace("22", "no-such-service"),
        GOOD.replace("22", ",".join(["1"] * 16)),
        GOOD.replace("0.0.0.0/0 in", "nowhere in"),
        GOOD.replace("0.0.0.0/0 in", "1.2.3 in"),
        GOOD.replace("0.0.0.0/0 in", "192.0.2.0/33 in"),
        GOOD.replace("0.0.0.0/0 in", "192.0.2.0/255.255 in"),
        GOOD.replace("0.0.0.0/0 in", "2001:db8::/ffff:: in"),
    ],
)
def test_what_ufw_skips_is_told_with_its_place(line: str) -> None:
    found = parse_stored(f"*filter\n### tuple ### {line}\n### tuple ### {GOOD}\n", V4)
    assert found.skipped == ["/etc/ufw/user.rules:2"]
    assert [entry.dport for entry in found.entries] == ["22"]


def test_an_address_of_ipv6_has_its_prefix() -> None:
    assert one("allow tcp 22 ::/0 any 2001:DB8::/32 in", V6).src == "2001:db8::/32"


def test_what_ufw_dies_of_is_refused_with_its_place() -> None:
    with pytest.raises(UfwError, match=r"user6\.rules:1: ufw fails at a line with two comments"):
        parse_stored(f"### tuple ### {GOOD} comment=61 comment=62\n", V6)
    with pytest.raises(UfwError, match=r"user\.rules:1: ufw fails at the comment 'xx'"):
        parse_stored(f"### tuple ### {GOOD} comment=xx\n", V4)


@pytest.mark.parametrize(("comment", "text"), [("616", "a"), ("ff", "\\xff")])
def test_what_only_an_old_ufw_dies_of_is_told(comment: str, text: str) -> None:
    found = parse_stored(f"### tuple ### {GOOD} comment={comment}\n", V4)
    assert found.entries[0].comment == text
    assert found.failing[0].startswith(f"/etc/ufw/user.rules:1: ufw fails at the comment '{comment}'")
