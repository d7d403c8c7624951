# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn what was planned and asked into what a person reads."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_summary
short_description: Say what stands, what is missing and how to finish
version_added: 0.1.0
description:
  - Used by C(site.yml) for its last task.
options:
  _input:
    description: The result of M(constellation.edge.edge_probe).
    type: dict
    required: true
  issued:
    description: The result of M(constellation.edge.certbot_certificate).
    type: dict
    required: true
  notes:
    description: What a person should know of the plan, C(edge_plan.notes).
    type: list
    elements: str
    default: []
positional: issued, notes
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Say what stands and what is missing
  ansible.builtin.debug:
    msg: "{{ probed_routes | constellation.edge.edge_summary(letsencrypt_issued, edge_plan.notes) }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: list
  elements: str
"""

from collections.abc import Callable

from ..plugin_utils._report.report import summary_lines


class FilterModule:
    """The filter `edge_summary`."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Map the name to the function."""
        return {"edge_summary": summary_lines}
