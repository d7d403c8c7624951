# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of gixy's findings count."""

from __future__ import annotations

from typing import Any

import pytest
from bars import gixy

OURS = "/etc/nginx/sites-enabled/00-constellation-edge"
DUMP = f"""# configuration file /etc/nginx/nginx.conf:
user www-data;
# constellation.edge: not at its beginning
# configuration file {OURS}:
# constellation.edge: this file is kept by the Ansible collection constellation.edge.
map a b {{}}
# configuration file /etc/nginx/sites-enabled/mine:
server {{}} # constellation.edge
"""


def finding(severity: str = "HIGH", plugin: str = "ssrf", file: str = OURS) -> dict[str, Any]:
    """Return a finding as gixy prints it, as far as it is read."""
    return {"severity": severity, "plugin": plugin, "file": file, "reason": "because"}


def test_ours_is_what_begins_with_our_mark() -> None:
    assert gixy.our_files(DUMP) == {OURS}


@pytest.mark.parametrize("severity", gixy.SEVERITIES)
def test_weight_in_a_file_of_ours_counts(severity: str) -> None:
    verdict = gixy.weigh([finding(severity)], {OURS}, "debian13")
    assert not verdict.passed
    assert f"1 {severity}" in verdict.figure
    assert verdict.counted == (f"{severity} ssrf in 00-constellation-edge: because",)


@pytest.mark.parametrize("one", [finding("LOW"), finding(file="/etc/nginx/nginx.conf")])
def test_the_rest_is_shown_and_does_not_count(one: dict[str, Any]) -> None:
    verdict = gixy.weigh([one], {OURS}, "debian13")
    assert verdict.passed
    assert verdict.figure == gixy.BAR
    assert len(verdict.others) == 1


@pytest.mark.parametrize("exemption", gixy.EXEMPTIONS, ids=lambda one: one.check)
def test_an_exemption_is_for_its_file_and_systems_alone(exemption: gixy.Exemption) -> None:
    file, other = f"/etc/nginx/sites-enabled/{exemption.file}", "/etc/nginx/sites-enabled/example.org"
    found = [finding("MEDIUM", exemption.check, file)]
    assert gixy.weigh(found, {file}, exemption.systems[0]).passed
    assert not gixy.weigh(found, {file}, "no such system").passed
    assert not gixy.weigh([finding("MEDIUM", exemption.check, other)], {other}, exemption.systems[0]).passed


def test_an_exemption_says_why() -> None:
    assert all(len(one.reason) > 40 and one.systems and one.file for one in gixy.EXEMPTIONS)
