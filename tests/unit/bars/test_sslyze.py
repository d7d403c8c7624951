# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guideline that is kept as data, and how sslyze's words are read."""

from __future__ import annotations

import json

from bars import sslyze

SAID = """
 COMPLIANCE AGAINST TLS CONFIGURATION
 ------------------------------------

    Checking results against Mozilla's "intermediate" configuration.

    198.51.100.6:443: FAILED - Not compliant.
        * tls_curves: TLS curves {'X448'} are supported, but should be rejected.
"""


def test_what_does_not_comply_is_read() -> None:
    assert sslyze.problems(SAID) == ["tls_curves: TLS curves {'X448'} are supported, but should be rejected."]


def test_the_guideline_is_the_one_that_the_product_follows() -> None:
    kept = json.loads(sslyze.GUIDELINE.read_text(encoding="utf-8"))
    assert kept["maximum_certificate_lifespan"] == 366
    # sslyze wants both, which the guideline has not had since 5.8.
    assert kept["ciphers"]["caddy"] == kept["ciphers"]["go"] == []
    assert "2026" in kept["source"]
