# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which ports are open for the web, and which ones nobody outside may reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils._ufw.rule import wanted_rules
from .._inventory.variable_kinds import WEB_RULES


def with_web(rules: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all rules, the owner's first: who is denied 443 there is denied it before everybody is let in."""
    return [*rules, *WEB_RULES]


def closed_ports(ports: Iterable[int], rules: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the ports that nobody outside may reach: not those that a rule of the owner's opens, be it to some."""
    opened = [rule for rule in wanted_rules(list(rules)) if rule.action in ("allow", "limit")]
    return [port for port in ports if not any(rule.covers(port) for rule in opened)]
