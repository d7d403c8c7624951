# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: why a text is no YAML, in words that a reader can follow, and the keys that it has twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

ENCRYPTED = "$ANSIBLE_VAULT"
# Composes nodes only, so that no tag (`!vault`, `!unsafe`) has to be known.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the parser says, what it means, and whether the place is where the thing begins, instead of where it was noticed.
_REASONS = (
    (r"cannot start any token|found a tab", "a tab or a sign that begins no value: indent with blanks alone", False),
    (r"unexpected end of stream|document separator", "a quote that opens here is never closed", True),
    (r"expected ',' or '[\]}]'", "a bracket that opens here is never closed, or lacks a comma", True),
    (r"could not find expected ':'", "a key without a colon and a blank behind it", True),
    (
        r"mapping values are not allowed",
        "a colon where none can be: indent the line less, or quote a value that has ': ' in it",
        False,
    ),
    (
        r"expected <block end>|expected key|'-' indicator",
        "it does not stand below the lines before it: indent it",
        False,
    ),
    (r"undefined alias", "a value that begins with * has to be quoted", False),
)
_GLUED = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]*):(?!//)[^\s:/][^:]*$")


@dataclass(frozen=True)
class Fault:
    """A mistake at a line, from 1 on."""

    line: int
    text: str


def faults(text: str) -> list[Fault]:
    """Return the mistake that makes a text no YAML, or every key that one mapping has twice."""
    try:
        return [fault for node in documents(text) for fault in _twice(node)]
    except yaml.MarkedYAMLError as error:
        return [_explained(error, text.splitlines())]
    except yaml.YAMLError as error:
        return [Fault(0, f"no YAML: {str(error).splitlines()[0]}")]


def documents(text: str) -> Iterator[Any]:
    """Return the node of each document. Raises YAMLError."""
    return iter(yaml.compose_all(text, Loader=_LOADER))


def compose(text: str) -> Any:
    """Return the node of the first document, None where there is none."""
    return next(documents(text), None)


def line_of(node: Any) -> int:
    """Return the line of a node, from 1 on."""
    return int(node.start_mark.line) + 1


def _explained(error: yaml.MarkedYAMLError, lines: list[str]) -> Fault:
    said = error.problem or ""
    mark, begin = error.problem_mark, error.context_mark
    fitting = (each for each in _REASONS if re.search(each[0], said))
    _pattern, reason, is_where_it_begins = next(fitting, ("", said, False))
    at = begin if is_where_it_begins and begin else mark
    if at is None:
        return Fault(0, f"no YAML: {reason}")
    noticed = (mark or at).line
    for number in range(min(noticed, len(lines) - 1), max(noticed - 3, -1), -1):
        if "\t" in lines[number][: len(lines[number]) - len(lines[number].lstrip())]:
            return Fault(number + 1, "no YAML: a tab, where YAML indents with blanks alone")
        if glued := _GLUED.match(lines[number]):
            return Fault(number + 1, f"no YAML: a blank is missing behind '{glued[1]}:'")
    return Fault(at.line + 1, f"no YAML, column {at.column + 1}: {reason}")


def _twice(node: Any, seen: set[int] | None = None) -> Iterator[Fault]:
    """Return the keys that stand twice in one mapping, at any depth; a node that an alias repeats is read once."""
    seen = set() if seen is None else seen
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _twice(each, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in lines:
                    before = lines[key.value]
                    said = f"the key '{key.value}' stands in line {before} already, and the last one counts"
                    yield Fault(line_of(key), f"{said}: take one out")
                lines.setdefault(key.value, line_of(key))
            yield from _twice(value, seen)
