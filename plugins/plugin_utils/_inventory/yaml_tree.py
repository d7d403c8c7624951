# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: why YAML is no inventory: what Ansible's plugin for YAML refuses as a whole, or skips with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from .._keys.nearest import nearest
from .yaml_text import Fault, compose, line_of

_PARTS = ("children", "hosts", "vars")
_SKELETON = "an inventory begins with `edge:`, below which `hosts:` and `vars:` stand"
# What another inventory plugin is configured by.
_OTHER_PLUGIN = "plugin"
# What the names of our variables, and of Ansible's own, begin with.
OUR_VARIABLES = ("edge_", "ansible_", "nginx_proxy_", "letsencrypt_", "hardening_", "constellation_config_")


def inventory_faults(text: str) -> list[Fault]:
    """Return every part that is not where an inventory has it."""
    root = compose(text)
    if root is None:
        return [Fault(0, f"the file is empty: {_SKELETON}")]
    if not isinstance(root, yaml.MappingNode):
        is_playbook = isinstance(root, yaml.SequenceNode)
        what = "a list, as a playbook is" if is_playbook else "no mapping"
        return [Fault(line_of(root), f"no inventory, but {what}: {_SKELETON}")]
    if any(key.value == _OTHER_PLUGIN for key, _value in root.value):
        return []
    return [fault for key, value in root.value for fault in _top(key, value)]


def _top(key: Any, value: Any) -> Iterator[Fault]:
    name = str(key.value)
    if name in _PARTS:
        yield Fault(
            line_of(key), f"'{name}' stands at the top, and belongs to a group: write it below `edge:`, indented"
        )
    elif name.startswith(OUR_VARIABLES):
        yield Fault(line_of(key), f"'{name}' stands at the top, where groups are: write it below `edge:` and `vars:`")
    else:
        yield from _group(name, key, value)


def _group(name: str, key: Any, value: Any) -> Iterator[Fault]:
    if _is_empty(value):
        return
    if not isinstance(value, yaml.MappingNode):
        yield Fault(line_of(key), f"the group '{name}' has to have `hosts:` or `vars:` below it")
        return
    for part, content in value.value:
        if part.value not in _PARTS:
            text = f"unknown key '{part.value}' in the group '{name}'{nearest(part.value, _PARTS)}"
            if str(part.value).startswith(OUR_VARIABLES):
                text = f"'{part.value}' stands in the group '{name}' itself: write it below its `vars:`"
            yield Fault(line_of(part), text)
        elif not _is_empty(content):
            yield from _part(name, str(part.value), content)


def _part(group: str, part: str, content: Any) -> Iterator[Fault]:
    if not isinstance(content, yaml.MappingNode):
        how = {"hosts": "`home:`, not `- home`", "vars": "`edge_email: ...`", "children": "`NAME:`"}[part]
        yield Fault(line_of(content), f"`{part}:` of the group '{group}' has to be a mapping: write {how}")
        return
    for name, value in content.value:
        if part == "children":
            yield from _group(str(name.value), name, value)
        elif part == "hosts" and not (_is_empty(value) or isinstance(value, yaml.MappingNode)):
            text = f"the host '{name.value}' has to be a mapping: write `{name.value}: {{ ansible_host: ADDRESS }}`"
            yield Fault(line_of(name), text)


def _is_empty(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")
