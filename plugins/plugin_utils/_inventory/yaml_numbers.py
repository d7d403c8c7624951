# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what is written as text and is another number to YAML 1.1, which Ansible reads: `20:21` is 1221, `0443` 291.

After YAML nothing can tell what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from .yaml_text import Fault, documents, line_of
from .yaml_tree import OUR_VARIABLES

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
# To the base of 60, and to the base of 8.
_OTHER_BASE = re.compile(r"[-+]?[0-9][0-9_]*:|[-+]?0[0-7_]+\Z")


def number_faults(text: str) -> list[Fault]:
    """Return such values of the variables whose names are the collection's; the text is YAML without a fault."""
    return [fault for node in documents(text) for fault in _below(node, False, set())]


def _below(node: Any, is_ours: bool, seen: set[tuple[int, bool]]) -> Iterator[Fault]:
    if isinstance(node, yaml.ScalarNode):
        if is_ours and node.tag in _NUMBERS and _OTHER_BASE.match(node.value):
            number = yaml.safe_load(node.value)
            yield Fault(
                line_of(node), f"'{node.value}' without quotes is the number {number} to YAML: write \"{node.value}\""
            )
        return
    # What an alias repeats is read once, and once more where it is nobody's in its first place.
    if (id(node), is_ours) in seen or node is None:
        return
    seen.add((id(node), is_ours))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _below(each, is_ours, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _below(key, is_ours, seen)
            is_named = isinstance(key, yaml.ScalarNode) and key.value.startswith(OUR_VARIABLES)
            yield from _below(value, is_ours or is_named, seen)
