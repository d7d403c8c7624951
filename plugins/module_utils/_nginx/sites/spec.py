# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site's declaration may hold, as Ansible's argument specs say it; docs: `nginx_site`."""

from __future__ import annotations

from typing import Any

from ..text.declare import GUARDS, LOCATION, STATE

_DROPS: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
_SERVER: dict[str, Any] = {
    "server_name": {"type": "list", "elements": "str", "default": []},
    "listen": {"type": "list", "elements": "str", "default": []},
    "default": {"type": "bool", "default": False},
    "certificate": {"type": "str"},
    "directives": {"type": "raw"},
    "locations": {"type": "list", "elements": "dict", "default": [], "options": {**LOCATION, "drops": _DROPS}},
    "owns": {"type": "list", "elements": "str", "default": []},
    "adopted": {
        "type": "dict",
        "options": {
            "directives": {"type": "raw"},
            "without": {"type": "list", "elements": "str", "default": []},
            "guards": GUARDS,
        },
    },
    "guards": GUARDS,
    "drops": _DROPS,
    "state": STATE,
}
# One site.
SITE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "enabled": {"type": "bool", "default": True},
    "adopt": {"type": "bool", "default": False},
    "directives": {"type": "raw"},
    "files": {"type": "dict", "default": {}},
    "servers": {"type": "list", "elements": "dict", "default": [], "options": _SERVER},
}
