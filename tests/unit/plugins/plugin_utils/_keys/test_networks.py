# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, networks and names of clients, as an owner writes them."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.networks import is_name, networks


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("anna.dyndns.example.org", "anna.dyndns.example.org"),
        ("Anna.Example.org.", "anna.example.org"),
        ("xn--4ca.example.org", "xn--4ca.example.org"),
        ("7.example.org", "7.example.org"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:DB8::/48", "2001:db8::/48"),
        ("::1", "::1/128"),
    ],
)
def test_what_is_read(value: str, wanted: str) -> None:
    assert networks("allow").read("allow", value) == ((wanted,), [])
    assert is_name(wanted) == wanted.endswith("org")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("anna", "'anna' is neither an address nor a DNS name, which has a dot"),
        ("", "'' is neither an address nor a DNS name"),
        (".", "'.' is neither an address nor a DNS name"),
        ("203.0.113.300", "'203.0.113.300' is no network"),
        ("203.0.113.7-9", "'203.0.113.7-9' is no network"),
        ("example.123", "'example.123' is no network"),
        ("*.example.org", "'*.example.org' is a wildcard, which has no address"),
        ("https://anna.example.org/", "write the name alone, 'anna.example.org'"),
        ("anna.example.org:443", "write the name alone, 'anna.example.org'"),
        ("anna.example.org/32", "write the name alone, 'anna.example.org'"),
        ("ä.example.org", "write 'xn--4ca.example.org'"),
        ("anna.example.org; bert.example.org", "several names are a list"),
        ("anna.$host", "letters, digits and hyphens"),
        ("anna.example.org\n", "several names are a list"),
        ("a{b}.example.org", "letters, digits and hyphens"),
        (7, "7 is no text that names an address"),
        ([], "allow names nobody"),
    ],
)
def test_what_is_refused(value: object, words: str) -> None:
    _read, found = networks("allow").read("allow", value)
    assert len(found) == 1
    assert found[0].text.startswith("allow")
    assert words in found[0].text
