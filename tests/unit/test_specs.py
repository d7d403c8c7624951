# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's defaults and its argument specs say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())


def _load(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def _options(role: Path) -> dict[str, Any]:
    """Return the options of all entry points of a role, by name."""
    specs = _load(role / "meta" / "argument_specs.yml").get("argument_specs", {})
    return {name: option for spec in specs.values() for name, option in (spec.get("options") or {}).items()}


def test_roles_exist() -> None:
    assert {"constellation_config", "hardening", "letsencrypt", "nginx_proxy"} <= {role.name for role in ROLES}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_equal_argument_specs(role: Path) -> None:
    options = _options(role)
    wanted = {name: option["default"] for name, option in options.items() if "default" in option}
    assert _load(role / "defaults" / "main.yml") == wanted


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_options_carry_the_role_name(role: Path) -> None:
    options = _options(role)
    assert options, f"{role.name} has no meta/argument_specs.yml with options"
    assert [name for name in options if not name.startswith((f"{role.name}_", f"__{role.name}_", "edge_"))] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_options_are_documented(role: Path) -> None:
    assert [
        name for name, option in _options(role).items() if not (option.get("description") and option.get("type"))
    ] == []
