# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether a secret value can be read in the file where it was written, or came there by a template or a vault.

ansible-core gives a value the place of its text. What a template yields has the place of the variable that it names, or
of the template itself where it makes something new.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import yaml

from ._origin import place

# How an encrypted file begins.
_ENCRYPTED = "$ANSIBLE_VAULT"
# The tag of a value that is encrypted by itself.
_VAULT = "!vault"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def readable(value: str) -> int:
    """Return the line, from 1 on, at which a value can be read in the file that it comes from; 0 where it cannot.

    A template beside the text counts as text: `{{ 'secret' }}` can be read. Where nothing tells of a place, it is 0.
    """
    path, line, column = place(value)
    return line_of(str(value), path, line, column) if path and line else 0


def line_of(value: str, path: str, line: int = 0, column: int = 0) -> int:
    """Return the line at which a file has a value as a whole, or as a part of what stands at this place; 0 for none."""
    try:
        texts = _texts(path, os.stat(path).st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return 0
    for at, begins, text in texts:
        if text == value or (at == line and value in text and (column or begins) == begins):
            return at
    return 0


@functools.lru_cache(maxsize=64)
def _texts(path: str, _changed: int) -> tuple[tuple[int, int, str], ...]:
    """Return each value of a file with its line and column; of a file that is no YAML, each line."""
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    if text.startswith(_ENCRYPTED):
        return ()
    try:
        nodes = [*yaml.compose_all(text, Loader=_LOADER)]
    except yaml.YAMLError:
        return tuple((number, 0, each.strip()) for number, each in enumerate(text.splitlines(), 1))
    return tuple(found for node in nodes for found in _scalars(node, set()))


def _scalars(node: Any, seen: set[int]) -> Iterator[tuple[int, int, str]]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if node.tag != _VAULT:
            yield node.start_mark.line + 1, node.start_mark.column + 1, node.value
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _scalars(each, seen)
    elif isinstance(node, yaml.MappingNode):
        for _key, each in node.value:
            yield from _scalars(each, seen)
