# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names are nobody's in the public DNS, and which authorities sign for everybody."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns.public_names import (
    is_public_authority,
    private_suffix,
)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("nas.lan", ".lan"),
        ("NAS.Local.", ".local"),
        ("a.b.home.arpa", ".home.arpa"),
        ("home.internal", ".internal"),
        ("my.fritz.box", ".fritz.box"),
        ("fritz.box", ".fritz.box"),
        ("nas", "nas"),
        ("home.example.org", ""),
        ("lan.example.org", ""),
        ("mylan.org", ""),
        ("other.box", ""),
        ("planlan", "planlan"),
        ("my.planlan", ""),
    ],
)
def test_the_end_that_makes_a_name_private(name, suffix):
    assert private_suffix(name) == suffix


def test_authorities_that_sign_for_everybody():
    assert is_public_authority("https://acme-v02.api.letsencrypt.org/directory")
    assert is_public_authority("https://acme-staging-v02.api.letsencrypt.org/directory")
    assert is_public_authority("https://acme.zerossl.com/v2/DV90")
    assert not is_public_authority("https://198.51.100.2:14000/dir")
    assert not is_public_authority("https://acme-v02.api.letsencrypt.org.example.org/directory")
