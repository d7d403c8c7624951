# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: one preset as its file has it, with every mistake and its line."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import yaml

from .._keys.keys import preset_keys
from .._keys.nearest import nearest
from .refused import REFUSES
from .schema import ROUTE_KEYS
from .site import Route
from .yaml_numbers import number_faults
from .yaml_text import ENCRYPTED, Fault, documents, faults, line_of

_SKELETON = "a preset is `route:` with keys below it, and `facts:`"
_ROUTE, _FACTS = "route", "facts"
#: What a preset can say of a route. The route's own key wins.
KEYS = preset_keys(Route)
# The types of options whose values are no scalars.
_MORE_THAN_SCALARS = ("dict", "list")
#: What is said of a fact, and what that is.
FACT = {
    "says": "what is so, as a sentence",
    "source": "where it is written: an address, or a repository with its commit and the file",
    "date": "the day of the source, or the day on which you looked, such as 2026-11-29",
}


def read_preset(text: str) -> tuple[dict[str, Any], list[Fault]]:
    """Return the route of a preset, and what is wrong with its text."""
    if text.startswith(ENCRYPTED):
        return {}, [Fault(1, "a preset is not encrypted, for it holds no secret: `ansible-vault decrypt` opens it")]
    if found := faults(text) or number_faults(text, everywhere=True):
        return {}, found
    root, *more = [*documents(text)] or [None]
    if more:
        return {}, [Fault(line_of(more[0]), "a file is one preset: write what follows `---` into a file of its own")]
    if not isinstance(root, yaml.MappingNode):
        return {}, [Fault(0, f"it is no preset: {_SKELETON}")]
    reader = _Reader()
    reader.read(root)
    return reader.route, reader.faults


class _Reader:
    """Collects the keys of a preset, and its mistakes."""

    def __init__(self) -> None:
        self.route: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self._refused: list[dict[str, Any]] = []

    def read(self, root: Any) -> None:
        parts = {str(key.value): value for key, value in root.value}
        for key, _value in root.value:
            name = str(key.value)
            if name in KEYS:
                self._say(key, f"'{name}' is a key of the route: write it below `{_ROUTE}:`, indented")
            elif name not in (_ROUTE, _FACTS):
                self._say(key, f"unknown key '{name}'{nearest(name, (_ROUTE, _FACTS))}")
        if _ROUTE not in parts:
            self._say(root, f"the preset has no `{_ROUTE}:`, with what the application needs below it")
        elif not isinstance(parts[_ROUTE], yaml.MappingNode):
            self._say(parts[_ROUTE], f"`{_ROUTE}:` has to be a mapping: write `port: 8080` and the like below it")
        else:
            self._read_route(parts[_ROUTE])
        if _FACTS in parts:
            self._read_facts(parts[_FACTS])
        if self._refused:
            self.route[REFUSES] = self._refused

    def _read_route(self, node: Any) -> None:
        for key, each in node.value:
            name = str(key.value)
            if name not in KEYS:
                self._say(key, _unknown(name))
                continue
            value, wrong = _read(name, each)
            for text in wrong:
                self._say(each, text)
            if not wrong:
                self.route[name] = value

    def _read_facts(self, node: Any) -> None:
        if not isinstance(node, yaml.SequenceNode):
            self._say(node, f"`{_FACTS}:` has to be a list: write `- says: ...`, and below it `source:` and `date:`")
            return
        for each in node.value:
            if isinstance(each, yaml.MappingNode):
                self._read_fact(each)
            else:
                self._say(each, f"a fact is a mapping with `says:`, `source:` and `date:`, not {_written(each)}")

    def _read_fact(self, node: Any) -> None:
        for key, each in node.value:
            name = str(key.value)
            if name == REFUSES:
                self._read_refused(each, node)
            elif name not in FACT:
                self._say(key, f"unknown key '{name}' in a fact{nearest(name, (*FACT, REFUSES))}")
            elif not _is_said(name, each):
                self._say(each, f"{name} of a fact must be {FACT[name]}, not {_written(each)}")
        for name in _missing(node):
            self._say(node, f"a fact without `{name}:`: write {FACT[name]}")

    def _read_refused(self, node: Any, fact: Any) -> None:
        if not isinstance(node, yaml.MappingNode):
            text = "must be a mapping of keys to the value that does not work, such as `{prefix: strip}`"
            self._say(node, f"{REFUSES} of a fact {text}, not {_written(node)}")
            return
        says = {str(key.value): str(each.value) for key, each in fact.value if isinstance(each, yaml.ScalarNode)}
        for key, each in node.value:
            name = str(key.value)
            value, wrong = _read(name, each) if name in KEYS else (None, [_unknown(name)])
            for text in wrong:
                self._say(each, f"{REFUSES}: {text}")
            if not wrong:
                self._refused.append({"key": name, "value": value, **{part: says.get(part, "") for part in FACT}})

    def _say(self, node: Any, text: str) -> None:
        self.faults.append(Fault(line_of(node), text))


def _read(name: str, node: Any) -> tuple[Any, list[str]]:
    """Return the value of a key, and what is wrong with it."""
    kind = KEYS[name].preset or KEYS[name].kind
    value = _value(node, kind.option["type"])
    if isinstance(value, yaml.Node):
        return value, [f"{name} must be a plain value, not {_written(node)}"]
    return value, [mistake.text for mistake in kind.faults(name, value)]


def _unknown(name: str) -> str:
    if name in ROUTE_KEYS:
        return f"'{name}' is for the routes of an inventory: a preset cannot say it for all of them"
    return f"unknown key '{name}'{nearest(name, KEYS)}"


def _missing(fact: Any) -> Iterator[str]:
    given = {str(key.value) for key, _value in fact.value}
    return (name for name in FACT if name not in given)


def _is_said(name: str, node: Any) -> bool:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        return False
    return name != "date" or _is_day(node.value)


def _is_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _value(node: Any, kind: str) -> Any:
    """Return a value; its node where it is no scalar and an option takes nothing else, and where it has an own tag."""
    if not isinstance(node, yaml.ScalarNode) and kind not in _MORE_THAN_SCALARS:
        return node
    try:
        return yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError):
        # A day such as 2026-02-30; a tag that does not fit, such as `!!int ''`.
        return node


def _written(node: Any) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
