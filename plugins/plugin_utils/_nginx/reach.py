# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which location nginx takes for which path, and which location it takes for none.

The rules are those of nginx's manual for `location` (ngx_http_core_module): an exact one is taken first; else the
longest prefix is found, and taken where it has `^~`; else the first regular expression that matches; else that prefix.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from .expression import ALPHABET, Automaton, Letters, expression

EXACT, FIRST = "=", "^~"
_EXPRESSIONS = {"~": False, "~*": True}
# So many states are looked at; a site whose locations need more is not judged.
_LIMIT = 20_000
# What a location that hides nothing has.
_NOBODY = -1
# What nginx resolves before it looks for a location: a part of a path that is one of these ends as none.
_DOTS = ("", ".", "..")
# Those that a person reads at once come first.
_ORDER = "/" + string.ascii_lowercase + string.digits + "-_." + string.ascii_uppercase


class Rule(NamedTuple):
    """A location: its modifier, "" for a prefix, and its path or expression."""

    form: str
    text: str


class Hidden(NamedTuple):
    """A location that is never taken: a path that it is meant for, escaped as in a URL, and which one is taken there.

    The path is "" where the location is meant for none, since each path begins with a slash.
    """

    path: str
    by: int


class _Seen(NamedTuple):
    """What counts of the letters so far.

    `node` is the place in the tree of prefixes, `best` the longest prefix, `part` the begin of the path's last part,
    and `states` are those of each expression.
    """

    node: int
    best: int
    part: str
    states: tuple[frozenset[int], ...]


def hidden(rules: Sequence[Rule]) -> dict[int, Hidden]:
    """Return by number the rules that nginx takes for no path; no two may have the same prefix or exact path.

    What is not judged, since it is no regular language or too large, is not among them.
    """
    if not any(rule.form in _EXPRESSIONS for rule in rules):
        return {}
    search = _Search(rules)
    open_ones = search.judged()
    meant: dict[int, Hidden] = {}
    for path, seen in search.paths():
        taken = search.taken(seen)
        open_ones.discard(taken)
        for number in search.meant(seen):
            meant.setdefault(number, Hidden(quote(path, encoding="latin-1"), taken))
        if not open_ones:
            return {}
    return {} if search.is_cut else {number: meant.get(number, Hidden("", _NOBODY)) for number in open_ones}


def misses(rule: Rule, path: str) -> bool:
    """Whether a regular expression, where it is judged, does not match a path."""
    return expression(rule.text, any_case=_EXPRESSIONS[rule.form]) is not None and taken([rule], path) is None


def taken(rules: Sequence[Rule], path: str) -> int | None:
    """Return the number of the rule that nginx takes for a path, None for no rule; those not judged do not count."""
    search = _Search(rules)
    seen = search.begin()
    for letter in path:
        seen = search.after(seen, letter)
    found = search.taken(seen)
    return None if found == _NOBODY else found


def shared(one: Rule, other: Rule, prefixes: Sequence[Rule], within: Rule) -> str | None:
    """Return a path that two expressions match and whose longest prefix is `within`, escaped; None for none.

    The path is "" where that is not judged.
    """
    search = _Search([one, other, *prefixes])
    if not {0, 1} <= search.judged():
        return ""
    for path, seen in search.paths():
        best = seen.best != _NOBODY and search.rule(seen.best) == within
        if best and not search.is_exact(seen) and {0, 1} <= {*search.matched(seen)}:
            return quote(path, encoding="latin-1")
    return "" if search.is_cut else None


class _Search:
    """All paths at once, by the states that they lead to."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self.is_cut = False
        self._automata: dict[int, Automaton] = {}
        # By place in the tree, the root first: where a letter leads, and which rule ends there.
        self._tree: list[dict[str, int]] = [{}]
        self._exact: dict[int, int] = {}
        self._prefix: dict[int, int] = {}
        self._memory: dict[tuple[int, frozenset[int], str], frozenset[int]] = {}
        for number, rule in enumerate(rules):
            if rule.form in _EXPRESSIONS:
                automaton = expression(rule.text, any_case=_EXPRESSIONS[rule.form])
                if automaton:
                    self._automata[number] = automaton
            else:
                (self._exact if rule.form == EXACT else self._prefix)[self._node(rule.text)] = number

    def judged(self) -> set[int]:
        """Return the rules of which can be said for which paths they are meant."""
        return {number for number, rule in enumerate(self._rules) if rule.form not in _EXPRESSIONS} | {*self._automata}

    def paths(self) -> Iterator[tuple[str, _Seen]]:
        """Yield a shortest path to each state, the shorter ones first."""
        letters = self._letters()
        begun = self.after(self.begin(), "/")
        known = {begun}
        left = deque([("/", begun)])
        while left:
            path, seen = left.popleft()
            if seen.part not in (".", ".."):
                yield path, seen
            for letter in letters:
                # nginx resolves dots and makes one slash of several.
                if letter == "/" and seen.part in _DOTS:
                    continue
                following = self.after(seen, letter)
                if following not in known:
                    if len(known) >= _LIMIT:
                        self.is_cut = True
                        return
                    known.add(following)
                    left.append((path + letter, following))

    def begin(self) -> _Seen:
        """Return what counts before the first letter."""
        return _Seen(0, self._prefix.get(0, _NOBODY), "", tuple(each.begin() for each in self._automata.values()))

    def after(self, seen: _Seen, letter: str) -> _Seen:
        """Return what counts after one more letter."""
        node = self._tree[seen.node].get(letter, _NOBODY) if seen.node != _NOBODY else _NOBODY
        part = "" if letter == "/" else seen.part + letter if seen.part + letter in _DOTS else "x"
        states = tuple(
            self._step(number, automaton, before, letter)
            for (number, automaton), before in zip(self._automata.items(), seen.states, strict=True)
        )
        return _Seen(node, self._prefix.get(node, seen.best), part, states)

    def taken(self, seen: _Seen) -> int:
        """Return the rule that nginx takes for a path that ends here."""
        exact = self._exact.get(seen.node, _NOBODY)
        if exact != _NOBODY:
            return exact
        if seen.best != _NOBODY and self._rules[seen.best].form == FIRST:
            return seen.best
        return next(self.matched(seen), seen.best)

    def rule(self, number: int) -> Rule:
        """Return a rule by its number."""
        return self._rules[number]

    def is_exact(self, seen: _Seen) -> bool:
        """Whether a path that ends here has a location of its own."""
        return seen.node in self._exact

    def meant(self, seen: _Seen) -> Iterator[int]:
        """Yield the rules that are meant for a path that ends here, but for prefixes that a longer one narrows."""
        if seen.node in self._exact:
            yield self._exact[seen.node]
        if seen.best != _NOBODY:
            yield seen.best
        yield from self.matched(seen)

    def matched(self, seen: _Seen) -> Iterator[int]:
        """Yield the expressions that match a path that ends here."""
        both = zip(self._automata.items(), seen.states, strict=True)
        return (number for (number, automaton), states in both if automaton.has_matched(states))

    def _step(self, number: int, automaton: Automaton, before: frozenset[int], letter: str) -> frozenset[int]:
        known = (number, before, letter)
        if known not in self._memory:
            self._memory[known] = automaton.after(before, letter)
        return self._memory[known]

    def _node(self, text: str) -> int:
        node = 0
        for letter in text:
            if letter not in self._tree[node]:
                self._tree[node][letter] = len(self._tree)
                self._tree.append({})
            node = self._tree[node][letter]
        return node

    def _letters(self) -> list[str]:
        """Return one letter for all that no rule tells apart."""
        told: set[Letters] = {
            letters for each in self._automata.values() for step in each.steps for letters, _to in step
        }
        alone = {"/", "."} | {letter for node in self._tree for letter in node}
        several = list(told)
        found: dict[tuple[object, ...], str] = {}
        ordered = sorted(ALPHABET, key=lambda letter: (_ORDER.find(letter) % (len(_ORDER) + 1), letter))
        for letter in ordered:
            sign = tuple(letter in each for each in several)
            found.setdefault((letter if letter in alone else "", *sign), letter)
        return [*found.values()]
