# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the variables of the roles, as their argument specs have them, and an owner's that are none of these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from .._keys.nearest import nearest
from .._origin import where
from .schema import Problem

ROLES = ("constellation_config", "hardening", "letsencrypt", "nginx_proxy")
_FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "..", "roles")


def role_options() -> dict[str, list[str]]:
    """Return the variables of each role."""
    found = {}
    for role in ROLES:
        with open(os.path.join(_FOLDER, role, "meta", "argument_specs.yml"), encoding="utf-8") as stream:
            specs = yaml.safe_load(stream)["argument_specs"]
        found[role] = sorted({name for entry in specs.values() for name in entry.get("options", {})})
    return found


def role_problems(variables: Mapping[str, Any], options: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Refuse a host's variables that carry the prefix of a role and that the role does not have."""
    problems = []
    for role, known in options.items():
        names = set(known)
        for name in variables:
            if name.startswith(f"{role}_") and name not in names and not is_result(name, variables[name]):
                text = f"unknown variable '{name}'{nearest(name, names, f'{role}_')}"
                problems.append(Problem("variables", text, name if where(name) else variables[name]))
    return problems


def is_result(name: str, value: object) -> bool:
    """Tell whether a variable is what an earlier task of the run registered, instead of one that somebody wrote."""
    return isinstance(value, Mapping) and ("changed" in value or "skipped" in value) and not where(name)
