# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: redirects that lead back to themselves, directly or through others of the same host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from .._keys.destinations import Destination
from .._keys.path_forms import EXACT, FIRST, REGEX_ANY_CASE, Path
from .._nginx.expression import expression
from .place import Refusal, Written


@dataclass(frozen=True)
class _Node:
    """A path of a site, and where it leads: None where something else answers."""

    site: str
    path: Path
    leads: Destination | None
    route: Written


def loops(routes: Sequence[Written], names: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield each redirect that a client would never get out of; `names` has the site of each name."""
    nodes = [node for route in routes for node in _nodes(route)]
    after = partial(_after, nodes=nodes, names=names)
    for node in nodes:
        if node.leads is None or node.route.values.get("redirect") is not node.leads:
            continue
        way = [node]
        while (found := after(way[-1])) is not None and found not in way:
            way.append(found)
        if found is node:
            raw = node.route.entry.get("redirect", node.route.entry)
            yield Refusal(node.route.place, _text(node, way), raw)


def _text(node: _Node, way: Sequence[_Node]) -> str:
    if len(way) == 1:
        text = f"redirect leads back to {_place(node)}, where it began: no client ever gets an answer"
    else:
        stations = " and ".join(_place(each) for each in way[1:])
        text = f"redirect leads to {stations}, and from there back to {_place(node)}: no client gets an answer"
    return f"{text}. Give it another destination"


def _nodes(route: Written) -> Iterator[_Node]:
    site = route.site.removeprefix("site ").rstrip(".").lower()
    path = route.values.get("path")
    if not isinstance(path, str):
        return
    yield _Node(site, Path.of(path), route.values.get("redirect"), route)
    old = route.values.get("moved_from")
    if old:
        yield _Node(site, Path("", old), Destination("", Path.of(path).text, keeps=True), route)


def _after(node: _Node, *, nodes: Sequence[_Node], names: Mapping[str, str]) -> _Node | None:
    """Return what answers a client that was sent on, None where it is nothing of this host."""
    if node.leads is None:
        return None
    site = node.site if not node.leads.host else names.get(node.leads.name, "")
    path = node.leads.bare_path
    return _taken([each for each in nodes if each.site == site], path)


def _taken(nodes: Sequence[_Node], path: str) -> _Node | None:
    """Return what nginx takes for a path: an exact one, the longest prefix with `^~`, an expression, that prefix.

    Without its last slash a path leads to the route that has it.
    """
    exact = [each for each in nodes if each.path == (EXACT, path)]
    prefixes = [each for each in nodes if each.path.form in ("", FIRST)]
    there = [each for each in prefixes if f"{path.rstrip('/')}/".startswith(each.path.text)]
    longest = max(there, key=lambda each: len(each.path.text), default=None)
    first = [longest] if longest and longest.path.form == FIRST else []
    matching = [each for each in nodes if each.path.is_expression and _matches(each.path, path)]
    return next(iter([*exact, *first, *matching]), longest)


def _matches(path: Path, asked: str) -> bool:
    automaton = expression(path.text, any_case=path.form == REGEX_ANY_CASE)
    if automaton is None:
        return False  # it is not judged
    states = automaton.begin()
    for letter in asked:
        states = automaton.after(states, letter)
    return automaton.has_matched(states)


def _place(node: _Node) -> str:
    return f"{node.site}{' ' if node.path.is_expression else ''}{node.path.identity.removeprefix('= ')}"
