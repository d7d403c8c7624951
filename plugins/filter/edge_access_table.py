# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn what came at each place into the table of who comes in where."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_access_table
short_description: Judge who came in where
version_added: 0.1.0
description:
  - Used by C(verify.yml).
  - What has to come is said by the rules of the sites, for the address that nginx saw.
options:
  _input:
    description: The C(access) of M(constellation.edge.edge_plan).
    type: dict
    required: true
  controller:
    description: The result of M(constellation.edge.edge_access_probe) with V(ask), and those of V(greet) and V(find).
    type: dict
    required: true
  host:
    description: Its result with V(host).
    type: dict
    required: true
positional: controller, host
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Show who comes in where
  ansible.builtin.debug:
    msg: "{{ (edge_plan.access | constellation.edge.edge_access_table(asked, asked_on_host)).rows }}"
"""

RETURN = r"""
_value:
  description:
    - C(rows) has a row for each place and each address from which it was asked, with all C(cells).
    - C(proofs) has the same in the form of M(constellation.edge.edge_host_probe).
  type: dict
"""

from collections.abc import Callable

from ..plugin_utils._report.access_table import access_table


class FilterModule:
    """The filter `edge_access_table`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_access_table": access_table}
