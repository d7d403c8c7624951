# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users of a host with their passwords, which no result of a task may have."""

from __future__ import annotations

DOCUMENTATION = r"""
name: edge_password_files
short_description: Add the passwords to a plan's password files
version_added: 0.1.0
description:
  - Used by C(site.yml) in the arguments of the one task that writes the files and logs none of them.
options:
  _input:
    description: The C(password_files) of M(constellation.edge.edge_plan), which have names alone.
    type: dict
    required: true
  sites:
    description: The sites that were planned, C(edge_sites).
    type: list
    elements: dict
    required: true
  users:
    description: The users of the host, C(edge_users).
    type: dict
    required: true
positional: sites, users
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Serve the sites
  constellation.edge.nginx_site:
    sites: "{{ edge_plan.nginx_sites }}"
    password_files: "{{ edge_plan.password_files | constellation.edge.edge_password_files(edge_sites, edge_users) }}"
"""

RETURN = r"""
_value:
  description: What M(constellation.edge.nginx_site) takes as O(constellation.edge.nginx_site#module:password_files).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ..plugin_utils._plan.users import with_secrets


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return it by its name."""
        return {"edge_password_files": with_secrets}
