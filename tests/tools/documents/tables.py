# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of variables and keys, between marks in Markdown files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import Key, keys_of, preset_keys

from .markup import sentence, written

_MARK = "<!-- {name}: `make docs` writes this table -->"
_END = "<!-- end -->"
_HEAD = "| {what} | type | default | what it says |\n|---|---|---|---|\n"


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """Return a document with these tables between their marks. Raises ValueError where a mark is missing."""
    for name, table in tables.items():
        mark = f"{_MARK.format(name=name)}\n"
        if text.count(mark) != 1:
            raise ValueError(f"the mark {mark!r} is there {text.count(mark)} times, not once")
        above, _mark, below = text.partition(mark)
        text = f"{above}{mark}\n{table}\n{_END}{below.partition(_END)[2]}"
    return text


def variables() -> str:
    """Return the variables beside `edge_sites`."""
    return keys_table("variable", {name: key for name, key in keys_of(Variables).items() if name != "edge_sites"})


def site_keys() -> str:
    """Return the keys of a site."""
    return keys_table("key", keys_of(Site))


def route_keys() -> str:
    """Return the keys of a route."""
    return keys_table("key", keys_of(Route))


def preset_keys_table() -> str:
    """Return the keys of a preset."""
    return keys_table(
        "key", {name: replace(key, kind=key.preset or key.kind) for name, key in preset_keys(Route).items()}
    )


def role_variables(specs: str) -> str:
    """Return the variables of a role, from the text of its argument specs."""
    options: dict[str, Any] = {}
    for entry in yaml.safe_load(specs)["argument_specs"].values():
        options |= entry.get("options", {})
    rows = (
        (name, _type(option), _default(option), sentence(_first(option["description"])))
        for name, option in sorted(options.items())
    )
    return _HEAD.format(what="variable") + _rows(rows)


def keys_table(what: str, keys: Mapping[str, Key]) -> str:
    """Return a table of keys, the first column of which is called `what`."""
    rows = ((name, _words_of(key), _default_of(key), sentence(key.doc[0])) for name, key in keys.items())
    return _HEAD.format(what=what) + _rows(rows)


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| `{name}` | {kind} | {default} | {said} |\n" for name, kind, default, said in rows)


def _words_of(key: Key) -> str:
    return f"{key.kind.words}, secret" if key.is_secret else key.kind.words


def _default_of(key: Key) -> str:
    if key.is_required:
        return "required"
    return key.otherwise or ("none" if key.default in (None, "", (), {}) else f"`{written(key.default)}`")


def _first(description: str | list[str]) -> str:
    return description if isinstance(description, str) else description[0]


def _type(option: Mapping[str, Any]) -> str:
    kind = str(option.get("type", "str"))
    if "choices" in option:
        return " or ".join(f"`{written(each)}`" for each in option["choices"])
    return f"{kind} of {option['elements']}" if "elements" in option else kind


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    default = option.get("default")
    if default in (None, "", [], {}):
        return "none"
    text = written(default)
    return f"`{text}`" if len(text) <= 60 else "[defaults](defaults/main.yml)"
