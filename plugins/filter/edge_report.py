# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn proofs into a report for people and for machines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_report
short_description: Put what was proven into a table
version_added: 0.1.0
description:
  - Used by C(verify.yml).
options:
  _input:
    description: The result of M(constellation.edge.edge_probe).
    type: dict
    required: true
  proofs:
    description: The proofs of M(constellation.edge.edge_host_probe).
    type: list
    elements: dict
    default: []
positional: proofs
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Show what was proven
  ansible.builtin.debug:
    msg: "{{ (probed_routes | constellation.edge.edge_report(proven_host.proofs)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(routes), one row for each route, C(checks), C(problems), C(ok), and all of it as text in C(lines).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plugin_utils._report.report import report, report_lines


def edge_report(probed: Mapping[str, Any], proofs: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the report with its text beside it."""
    content = report(probed, proofs)
    return {**content, "lines": report_lines(content)}


class FilterModule:
    """The filter `edge_report`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_report": edge_report}
