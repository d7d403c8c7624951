# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The suboptions of `edge_plan`, as a documentation fragment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import Key, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import Listing

from .markup import written

_HEAD = '''# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a site and of a route; `make docs` writes this file from `plugin_utils/_inventory/site.py`."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that has the sites of a host."""

    DOCUMENTATION = r"""
'''
_TAIL = '"""\n'
_SITES = (
    "The sites of this host, as in C(inventory.example.yml). Not needed on hosts outside the group C(edge).",
    "A mistake is answered before anything is changed, with file, line and the nearest valid name.",
)


def fragment(presets: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the file of the fragment."""
    sites = {"description": [*_SITES], **_option(keys_of(Variables)["edge_sites"], presets)}
    text = yaml.dump({"options": {"sites": sites}}, sort_keys=False, width=104, allow_unicode=True)
    return f"{_HEAD}{text}{_TAIL}"


def options(declared: type, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the keys of a declaration as options."""
    return {
        name: {"description": _description(name, key, presets), **_option(key, presets)}
        for name, key in keys_of(declared).items()
    }


def _option(key: Key, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    option = dict(key.kind.option)
    if isinstance(key.kind, Listing):
        option["suboptions"] = options(key.kind.of, presets)
    if key.is_required:
        option["required"] = True
    elif not key.otherwise and key.default not in (None, (), {}):
        option["default"] = key.default
    return option


def _description(name: str, key: Key, presets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    sentences = [*key.doc]
    if name == "app":
        sentences += _of_presets(presets)
    if key.otherwise:
        sentences.append(f"By default, {key.otherwise.replace('`', '')}.")
    if key.example is not None:
        sentences.append(f"For example C({name}: {written(key.example)}).")
    if key.is_secret:
        # ansible-core takes `no_log` in an argument spec, and refuses it in a documentation.
        sentences.append("The value is secret.")
    return sentences


def _of_presets(presets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rooted = (name for name, preset in presets.items() if preset.get("prefix") == "refuse")
    portless = (name for name, preset in presets.items() if "port" not in preset)
    return [
        f"The presets are {_listed(presets)}.",
        f"Of these, {_listed(rooted)} need V(/) as the path of the route.",
        f"{_listed(portless)} have no usual port, so that the route needs an C(upstream).",
    ]


def _listed(names: Iterable[str]) -> str:
    *most, last = (f"C({name})" for name in sorted(names))
    return f"{', '.join(most)} and {last}" if most else last
