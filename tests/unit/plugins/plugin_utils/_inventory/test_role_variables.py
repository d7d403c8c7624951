# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: what carries a role's prefix is one of them, or is refused with the nearest."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.role_variables import (
    ROLES,
    role_options,
    role_problems,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import variable_problems
from places import ROOT

OPTIONS = role_options()
REGISTERED = re.compile(r"^\s*register: (\w+)$", re.MULTILINE)


def registered() -> set[str]:
    """Return every variable that a role or a playbook registers."""
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
    return {name for file in files for name in REGISTERED.findall(file.read_text(encoding="utf-8"))}


def test_every_role_is_known_with_its_defaults():
    assert set(ROLES) == {path.name for path in (ROOT / "roles").iterdir()}
    for role in ROLES:
        defaults = yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text())
        assert set(defaults) <= set(OPTIONS[role])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hardening_bantme", "hardening_bantime"),
        ("hardening_ban_time", "hardening_bantime"),
        ("nginx_proxy_purg", "nginx_proxy_purge"),
        ("letsencrypt_emial", "letsencrypt_email"),
        ("constellation_config_server_pth", "constellation_config_server_path"),
    ],
)
def test_a_misspelt_variable_is_told_the_nearest(name, meant):
    (problem,) = role_problems({name: 1}, OPTIONS)
    assert problem.place == "variables"
    assert problem.text.startswith(f"unknown variable '{name}'; did you mean '{meant}'? known: ")


def test_an_option_is_no_problem():
    assert role_problems({name: 1 for names in OPTIONS.values() for name in names}, OPTIONS) == []


@pytest.mark.parametrize("name", sorted(registered()))
def test_what_an_earlier_play_of_the_same_run_registered_is_no_problem(name):
    """As `verify.yml` behind `site.yml` in one playbook, and a role of ours that a play has twice."""
    for result in ({"changed": False}, {"failed": True, "changed": False}, {"skipped": True, "changed": False}):
        assert role_problems({name: result}, OPTIONS) == variable_problems({name: result}) == []


@pytest.mark.parametrize("value", [{}, {"is_edge": True}, "yes", []])
def test_a_plan_of_an_owner_is_refused(value):
    (problem,) = variable_problems({"edge_plan": value})
    assert problem.text.startswith("'edge_plan' is no variable of yours")
    (other,) = variable_problems({"edge_plans": value})
    assert not {"'edge_plan'", "'edge_plan'?", "edge_plan,"} & set(other.text.split())
