# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the arguments that `nginx_site` and `nginx_location` share."""

from __future__ import annotations

from typing import Any

STATE: dict[str, Any] = {"type": "str", "choices": ["present", "exact", "absent"], "default": "present"}
LOCATION: dict[str, Any] = {
    "location": {"type": "str", "required": True},
    "directives": {"type": "raw"},
    "state": STATE,
    "owns": {"type": "list", "elements": "str", "default": []},
    "before": {"type": "str"},
    "after": {"type": "str"},
}
# How a plan is carried out.
RUN: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/nginx"},
    "validate": {"type": "bool", "default": True},
    "reload": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
}
