# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what is written as text and is another number to YAML 1.1, which Ansible reads: `20:21` is 1221, `0443` 291.

After YAML nothing can tell what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from .._origin import written
from .declared import SECRETS
from .schema import Problem
from .yaml_text import Fault, documents, line_of
from .yaml_tree import OUR_VARIABLES

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
# To the base of 60, and to the base of 8.
_OTHER_BASE = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?(?![^\s,\]}])|[-+]?0[0-7_]+(?![^\s,\]}])")


def number_faults(text: str, *, everywhere: bool = False) -> list[Fault]:
    """Return such values, of all or of the variables whose names are the collection's; the text is right as YAML."""
    return [fault for node in documents(text) for fault in _below(node, everywhere, set())]


def number_problems(variables: Mapping[str, Any]) -> list[Problem]:
    """Return such values of variables, wherever they were written: in a playbook, or in a variable of another name."""
    return [problem for name, value in variables.items() for problem in _within(name, value, _secret(name))]


def _within(place: str, value: Any, secret: str) -> Iterator[Problem]:
    """Yield the problems of a value, and of what is in it; `secret` is the secret key that it is below, or ""."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            # Below a secret key, a name may be a part of what is secret.
            yield from _within(place if secret else f"{place}.{key}", each, secret or _secret(key))
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from _within(f"{place}[{index}]", each, secret)
    elif isinstance(value, (int, float)) and (found := _OTHER_BASE.match(written(value))):
        yield Problem(place, _text(found[0], value, secret), value)


def _secret(name: object) -> str:
    return str(name) if name in SECRETS else ""


def _text(was_written: str, number: float, secret: str) -> str:
    if secret:
        return f"{secret} without quotes is another number to YAML: quote it (its value is secret and not shown)"
    return f"'{was_written}' without quotes is the number {number} to YAML: write \"{was_written}\""


def _below(node: Any, is_ours: bool, seen: set[tuple[int, bool]], secret: str = "") -> Iterator[Fault]:
    if isinstance(node, yaml.ScalarNode):
        if is_ours and node.tag in _NUMBERS and _OTHER_BASE.match(node.value):
            yield Fault(line_of(node), _text(node.value, yaml.safe_load(node.value), secret))
        return
    # What an alias repeats is read once, and once more where it is nobody's in its first place.
    if (id(node), is_ours) in seen or node is None:
        return
    seen.add((id(node), is_ours))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _below(each, is_ours, seen, secret)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _below(key, is_ours, seen, secret)
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            yield from _below(value, is_ours or name.startswith(OUR_VARIABLES), seen, secret or _secret(name))
