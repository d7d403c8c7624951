# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file with the addresses of names: what stands in it, and what is read from it again."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._client_names.text import (
    LIMIT,
    Wanted,
    is_file,
    known_in,
    usable,
)

ANNA, BERT = "anna.dyndns.example.org", "bert.example.org"


def entries(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_each_address_stands_there_once_and_no_name_does() -> None:
    text = Wanted(((ANNA, "near"),)).text({ANNA: ("2001:db8:5::1", "203.0.113.9", "203.0.113.7", "203.0.113.7")})
    assert entries(text) == ["203.0.113.7 near;", "203.0.113.9 near;", "2001:db8:5::1 near;"]
    assert ANNA not in text
    assert text == Wanted(((ANNA, "near"),)).text({ANNA: ("203.0.113.9", "2001:DB8:5::1", "203.0.113.7")})


def test_of_two_names_with_one_address_the_last_counts() -> None:
    wanted = Wanted(((ANNA, "near"), (BERT, "denied")))
    known = {ANNA: ("203.0.113.7", "203.0.113.8"), BERT: ("203.0.113.7",)}
    assert entries(wanted.text(known)) == ["203.0.113.7 denied;", "203.0.113.8 near;"]
    assert known_in([wanted.text(known)], [ANNA, BERT]) == known


def test_what_the_owner_wrote_beside_it_is_left_out_and_remembered() -> None:
    """Twice in a `geo` block, nginx would warn and take the last."""
    wanted = Wanted(((ANNA, "near"),), ("203.0.113.7/32", "2001:db8::1/128"))
    text = wanted.text({ANNA: ("203.0.113.7", "2001:db8::1", "203.0.113.8")})
    assert entries(text) == ["203.0.113.8 near;"]
    assert known_in([text], [ANNA]) == {ANNA: ("203.0.113.7", "203.0.113.8", "2001:db8::1")}


def test_no_address_in_a_network_of_the_owner_is_written() -> None:
    """It would be the narrower one: denied in the LAN, or let in where all others are denied."""
    wanted = Wanted(((ANNA, "near"), (BERT, "denied")), ("2001:db8:1::/48", "198.51.100.0/24"))
    known = {ANNA: ("198.51.100.9", "198.51.101.1"), BERT: ("2001:db8:1::5", "2001:db8:2::5")}
    assert entries(wanted.text(known)) == ["198.51.101.1 near;", "2001:db8:2::5 denied;"]
    assert known_in([wanted.text(known)], [ANNA, BERT]) == known


def test_another_meaning_is_another_file() -> None:
    several = [
        Wanted(((ANNA, "near"),)),
        Wanted(((ANNA, "2"),)),
        Wanted(((BERT, "near"),)),
        Wanted(((ANNA, "near"),), ("203.0.113.7/32",)),
        Wanted(((ANNA, "near"), (BERT, "denied"))),
        Wanted(((BERT, "denied"), (ANNA, "near"))),
    ]
    assert len({each.file for each in several}) == len(several)
    for each in several:
        assert is_file(each.file)
        assert Wanted.of(each.settings()) == each
    assert not is_file("clients-0123456789abcdef.conf.old")
    assert not is_file("../clients-0123456789abcdef.conf")


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"),  # noqa: S104
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:203.0.113.7", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "fc00::1", "fd00::1"),
        *("fec0::1", "ff02::1", "fe80::1%eth0", "2001:db8::1%eth0", "203.0.113.0/24", "", "anna", "1.2.3.4; near"),
    ],
)
def test_what_no_client_of_the_internet_has_does_not_count(address: str) -> None:
    assert usable([address, "203.0.113.7"]) == ("203.0.113.7",)


@pytest.mark.parametrize("address", ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.0.0.1"])
def test_what_lies_beside_it_counts(address: str) -> None:
    assert usable([address]) == (address,)


def test_there_is_a_limit_and_an_order() -> None:
    several = [f"203.0.113.{number}" for number in range(1, 100)]
    assert usable(reversed(several)) == tuple(several[:LIMIT])


def test_a_file_that_somebody_edited_lets_nobody_else_in() -> None:
    text = Wanted(((ANNA, "near"),)).text({ANNA: ("203.0.113.7",)})
    for more in ("# 0123456789abcdef 203.0.113.9\n", "203.0.113.9 near;\n", "# nonsense\n"):
        assert known_in([text + more], [ANNA]) == {ANNA: ("203.0.113.7",)}
    assert known_in([text.replace("203.0.113.7", "10.0.0.1")], [ANNA]) == {}
    assert known_in(["", "no text of ours"], [ANNA]) == {}
