# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schema of an inventory, by which an editor completes and underlines (JSON Schema 2020-12)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.constellation.edge.plugins.plugin_utils._features._instead import INSTEAD
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import PREFIX, Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import Key, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import Listing

from .markup import markdown

# What Ansible makes of a template is not known to an editor.
_TEMPLATE = {"type": "string", "pattern": "\\{\\{|\\{%"}
_TAGGED = {"type": "object", "required": ["__ansible_vault"]}
_GROUP = {
    "if": {"type": "object"},
    "then": {
        "properties": {
            "hosts": {"if": {"type": "object"}, "then": {"additionalProperties": {"$ref": "#/$defs/variables"}}},
            "vars": {"$ref": "#/$defs/variables"},
            "children": {"if": {"type": "object"}, "then": {"additionalProperties": {"$ref": "#/$defs/group"}}},
        }
    },
}


def schema(presets: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the schema as text."""
    variables = _variables(presets)
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An inventory of constellation.edge, or a file of its group_vars or host_vars",
        "type": "object",
        **variables,
        "additionalProperties": {"$ref": "#/$defs/group"},
        "$defs": {"variables": {"if": {"type": "object"}, "then": variables}, "group": _GROUP},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _variables(presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    known = keys_of(Variables)
    names = "|".join(sorted(name.removeprefix(PREFIX) for name in known))
    return {
        "properties": {name: _of(name, key, presets) for name, key in known.items()},
        "patternProperties": {f"^{PREFIX}(?!({names})$)": False},
    }


def _of(name: str, key: Key, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    json_schema = dict(key.kind.json)
    if isinstance(key.kind, Listing):
        json_schema["items"] = object_schema(key.kind.of, presets)
    said: dict[str, Any] = {"description": markdown(" ".join(key.doc))}
    if not key.is_required and not key.otherwise and key.default is not None:
        said["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    examples = sorted(presets) if name == "app" else [key.example] if key.example is not None else []
    if examples:
        said["examples"] = examples
    if key.is_secret:
        # JSON Schema Validation 2020-12, section 9.4: never shown by who keeps the document.
        said["writeOnly"] = True
    return {**said, "anyOf": [json_schema, _TEMPLATE, _TAGGED]}


def object_schema(declared: type, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schema of a mapping with the keys of a declaration."""
    known = keys_of(declared)
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: _of(name, key, presets) for name, key in known.items()},
        "required": [name for name, key in known.items() if key.is_required],
        "additionalProperties": False,
    }
    if declared is Route:
        found["anyOf"] = [{"required": [each]} for each in ("upstream", "app", *INSTEAD)]
    if declared is Site:
        found["anyOf"] = [{"required": [each]} for each in ("routes", "redirect")]
    return found
