# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sentinels of a run still need of a server's host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_server_needs
short_description: Tell what a Constellation server keeps for the sentinels on other hosts
version_added: 0.1.0
description:
  - Used by C(site.yml), before and after the sentinels move.
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  groups:
    description: The hosts of each group, C(groups).
    type: dict
    required: true
  host:
    description: The server's host.
    type: str
    required: true
positional: groups, host
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Show for whom the server's port stays open
  ansible.builtin.debug:
    msg: "{{ (hostvars | constellation.edge.edge_server_needs(groups, inventory_hostname)).rules }}"
"""

RETURN = r"""
_value:
  description:
    - C(listen_uris), the server's own URIs and the old ones that a sentinel calls when the run begins.
    - C(last_uris), those that are left after the sentinels have moved; empty when they are the same.
    - C(rules), for M(constellation.edge.ufw_rules), the ports of a sentinel that could not move.
    - C(purge), whether the firewall needs no rule of ours beside these. It is false while it is not known from where
      a sentinel calls.
    - C(sentinel_sources), every known address from which a sentinel calls, by the public name too.
    - C(notes), each sentinel that could not move, and what to do about it.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..plugin_utils._inventory.variables import GROUPS, SENTINEL_GROUP
from ..plugin_utils._plan.sentinels import Machine, server_needs


def edge_server_needs(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], host: str
) -> dict[str, Any]:
    """Read the machines of a run and return what they need."""
    listed = groups.get(SENTINEL_GROUP, [])
    machines = {}
    for name in _read(hostvars, groups, host):
        known = hostvars[name]
        machines[name] = Machine(
            known.get("edge_plan") or {},
            known.get("constellation_config_moved") or {},
            name in listed,
            str(known.get("ansible_host") or ""),
        )
    return server_needs(host, machines)


def _read(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], host: str) -> Iterable[str]:
    """Return the hosts whose variables are read; each look-up costs about a third of a millisecond."""
    plan = hostvars[host].get("edge_plan") or {}
    related = (plan.get("constellation") or {}).get("related")
    every = dict.fromkeys(name for group in GROUPS for name in groups.get(group, []))
    return every if related is None else dict.fromkeys([*related, host])


class FilterModule:
    """The filter `edge_server_needs`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_server_needs": edge_server_needs}
