# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn what was proven of several hosts into one report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_reports
short_description: Put what was proven of several hosts into one report
version_added: 0.1.0
description:
  - Used by C(verify.yml), which writes the report into the file of C(edge_report_file).
options:
  _input:
    description: The variables of the hosts, each with what C(verify.yml) registered.
    type: list
    elements: dict
    required: true
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Keep the report of all hosts
  ansible.builtin.copy:
    content: >-
      {{ ansible_play_hosts_all | map('extract', hostvars) | constellation.edge.edge_reports | to_nice_json }}
    dest: /tmp/report.json
    mode: "0644"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(hosts) has, by the name of the host, C(routes), C(checks), C(access), C(problems), C(lines) and C(ok).
    - The same keys beside it are of all hosts together. Each row of C(routes), C(checks) and C(access) has its
      C(host), each problem begins with the name of the host.
    - A host for which the run ended before anything was asked has a problem that says so.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils._report.access_table import access_table
from ..plugin_utils._report.report import Found, reports


def edge_reports(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the report."""
    return reports({each["inventory_hostname"]: _found(each) for each in hosts})


def _found(variables: Mapping[str, Any]) -> Found | None:
    probed, host = variables.get("probed_routes"), variables.get("proven_host")
    if not probed or not host or "proofs" not in host:
        return None
    hostile = variables.get("proven_hostile") or {}
    table = _table(variables)
    proofs = [*host["proofs"], *(hostile.get("proofs") or []), *table["proofs"]]
    return probed, proofs, table["rows"]


def _table(variables: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return who came in where, nothing where that was not asked."""
    results = [variables.get(f"access_{part}") or {} for part in ("greeted", "seen", "asked", "of_host")]
    greeted, seen, asked, of_host = results
    if not ("rows" in asked and "rows" in of_host):
        return {"rows": [], "proofs": []}
    return access_table(variables["edge_plan"]["access"], {**greeted, **seen, **asked}, of_host)


class FilterModule:
    """The filter `edge_reports`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_reports": edge_reports}
