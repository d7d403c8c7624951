# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the plans of all hosts into what their owner has to do by hand."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_elsewhere
short_description: Tell what to do on machines that cannot be changed from here
version_added: 0.1.0
description:
  - Used by C(site.yml) for its summary. A Constellation server on a machine that the inventory does not list, or that
    is Windows, and that does not serve its route's path yet; a sentinel on Windows.
options:
  _input:
    description: The variables of all hosts.
    type: dict
    required: true
  host:
    description: The proxy.
    type: str
    required: true
  groups:
    description: The hosts of each group.
    type: dict
    required: true
positional: host, groups
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Say what has to be done by hand
  ansible.builtin.debug:
    msg: "{{ hostvars | constellation.edge.edge_elsewhere(inventory_hostname, groups) }}"
"""

RETURN = r"""
_value:
  description: One sentence or more for each of them.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plugin_utils._inventory.variables import GROUPS, SERVER_GROUP
from ..plugin_utils._plan.by_hand import notes


def edge_elsewhere(
    hostvars: Mapping[str, Mapping[str, Any]], host: str, groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the notes; other hosts are read only where there is one to make."""
    names = dict.fromkeys(name for group in GROUPS for name in groups.get(group, []))
    own = _constellation(hostvars, host)
    if not own.get("unserved") and host != next(iter(names), None):
        return []
    plans = {name: _constellation(hostvars, name) for name in names}
    return notes(plans, host, list(groups.get(SERVER_GROUP, [])))


def _constellation(hostvars: Mapping[str, Mapping[str, Any]], host: str) -> Mapping[str, Any]:
    return (hostvars[host].get("edge_plan") or {}).get("constellation") or {}


class FilterModule:
    """The filter `edge_elsewhere`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_elsewhere": edge_elsewhere}
