# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a regular expression of a `location` as an automaton, as far as regular languages go.

nginx takes expressions of PCRE. What no automaton can do (look-around, references back, atomic groups), and what is
rare, is not judged here: `expression` returns None, and nginx itself says whether it is right.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Letters = frozenset[str]

# Stands for each letter that is no printable ASCII; nginx compares bytes.
OTHER = "\xe9"
ALPHABET: Letters = frozenset([*map(chr, range(0x20, 0x7F)), OTHER])
_DIGITS: Letters = frozenset(string.digits)
_WORD: Letters = frozenset(string.ascii_letters + string.digits + "_")
# Those of blanks and of control characters are not judged: paths with these are not looked at.
_CLASSES = {"d": _DIGITS, "w": _WORD, "D": ALPHABET - _DIGITS, "W": ALPHABET - _WORD}
_BEGIN, _END = "begin", "end"
_ANCHORS = {"A": _BEGIN, "G": _BEGIN, "z": _END, "Z": _END}
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_GROUP = re.compile(r"\?(?::|P?<[A-Za-z_][A-Za-z0-9_]*>|'[A-Za-z_][A-Za-z0-9_]*')")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})")
_DEEPEST = 40
_LARGEST = 3000


class WrongExpressionError(ValueError):
    """No expression of PCRE; the text says why."""


class _UnjudgedError(Exception):
    """Perhaps an expression, but none that is judged here."""


@dataclass
class Automaton:
    """States from 0, the first one, to the last, with which the expression has matched.

    `steps` has, by state, where which letters lead. `free` has where it goes on without a letter: with "begin" at the
    begin of the path alone, with "end" at its end.
    """

    steps: list[list[tuple[Letters, int]]] = field(default_factory=list)
    free: list[list[tuple[str, int]]] = field(default_factory=list)

    def state(self) -> int:
        """Return a new state."""
        if len(self.steps) == _LARGEST:
            raise _UnjudgedError
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    @property
    def last(self) -> int:
        """The state with which the expression has matched."""
        return len(self.steps) - 1

    def begin(self) -> frozenset[int]:
        """Return the states before the first letter."""
        return self._closed([0], (_BEGIN,))

    def after(self, states: frozenset[int], letter: str) -> frozenset[int]:
        """Return the states after one more letter."""
        if self.last in states:
            return frozenset([self.last])
        there = [to for state in states for letters, to in self.steps[state] if letter in letters]
        return self._closed(there)

    def has_matched(self, states: frozenset[int]) -> bool:
        """Whether a path that ends here matches; an empty one cannot be asked for."""
        return self.last in self._closed(states, (_END,))

    def _closed(self, states: Iterable[int], anchors: tuple[str, ...] = ()) -> frozenset[int]:
        found = set(states)
        left = [*found]
        while left:
            for anchor, to in self.free[left.pop()]:
                if to not in found and (not anchor or anchor in anchors):
                    found.add(to)
                    left.append(to)
        return frozenset(found)


def expression(text: str, *, any_case: bool) -> Automaton | None:
    """Return the automaton of an expression that is looked for anywhere in a path; None where it is not judged.

    Raises WrongExpressionError.
    """
    automaton = Automaton()
    first = automaton.state()
    automaton.steps[first].append((ALPHABET, first))
    try:
        begun, ended = _Reader(text, any_case=any_case).whole(automaton)
    except (_UnjudgedError, RecursionError):
        return None
    automaton.free[first].append(("", begun))
    try:
        last = automaton.state()
    except _UnjudgedError:
        return None
    automaton.free[ended].append(("", last))
    return automaton


class _Reader:
    """Reads an expression from its begin to its end, and builds the automaton on the way."""

    def __init__(self, text: str, *, any_case: bool) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._any_case = any_case

    def whole(self, automaton: Automaton) -> tuple[int, int]:
        """Return the first and the last state of the whole expression."""
        found = self._choice(automaton)
        if self._at < len(self._text):
            raise WrongExpressionError(f"')' at character {self._at + 1} closes nothing")
        return found

    def _choice(self, automaton: Automaton) -> tuple[int, int]:
        begun, ended = automaton.state(), automaton.state()
        while True:
            first, last = self._sequence(automaton)
            automaton.free[begun].append(("", first))
            automaton.free[last].append(("", ended))
            if not self._takes("|"):
                return begun, ended

    def _sequence(self, automaton: Automaton) -> tuple[int, int]:
        first = last = automaton.state()
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            at = self._at
            begun, ended = self._repeated(automaton, at, *self._one(automaton))
            automaton.free[last].append(("", begun))
            last = ended
        return first, last

    def _repeated(self, automaton: Automaton, at: int, begun: int, ended: int) -> tuple[int, int]:
        """Return what a quantifier behind the item makes of it; its item is read once for each time."""
        found = _QUANTIFIER.match(self._text, self._at)
        if not found:
            return begun, ended
        behind = found.end()
        low, high = _times(found.group())
        if high is not None and high < low:
            raise WrongExpressionError(f"{found.group()} has its numbers in the wrong order")
        first = last = automaton.state()
        for number in range(max(low, high or 0, 1)):
            if number:
                self._at = at
                begun, ended = self._one(automaton)
            automaton.free[last].append(("", begun))
            if number >= low:
                automaton.free[last].append(("", ended))
            last = ended
        if high is None:
            automaton.free[last].append(("", begun))
        if high == 0:
            first = last = automaton.state()
        self._at = behind
        self._takes("?")
        if _QUANTIFIER.match(self._text, self._at):
            raise _UnjudgedError
        # What may be left out, with a way around it that what repeats does not go.
        around, out = automaton.state(), automaton.state()
        automaton.free[around].append(("", first))
        automaton.free[last].append(("", out))
        if low == 0:
            automaton.free[around].append(("", out))
        return around, out

    def _one(self, automaton: Automaton) -> tuple[int, int]:
        """Read one item: a letter, a class, an anchor or a group."""
        letter = self._text[self._at]
        if letter == "(":
            return self._group(automaton)
        if _QUANTIFIER.match(self._text, self._at):
            raise WrongExpressionError(f"'{letter}' at character {self._at + 1} has nothing to repeat")
        self._at += 1
        first, last = automaton.state(), automaton.state()
        anchor = {"^": _BEGIN, "$": _END}.get(letter, "")
        if letter == "\\":
            anchor = _ANCHORS.get(self._text[self._at : self._at + 1], "")
            self._at += bool(anchor)
        if anchor:
            if _QUANTIFIER.match(self._text, self._at):
                raise _UnjudgedError
            automaton.free[first].append((anchor, last))
        else:
            automaton.steps[first].append((self._cased(self._letters(letter)), last))
        return first, last

    def _letters(self, letter: str) -> Letters:
        if letter == ".":
            return ALPHABET
        if letter == "[":
            return self._class()
        return self._escape() if letter == "\\" else _just(letter)

    def _group(self, automaton: Automaton) -> tuple[int, int]:
        at = self._at
        self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST or self._text.startswith("*", self._at):
            raise _UnjudgedError
        if self._text.startswith("?", self._at):
            found = _GROUP.match(self._text, self._at)
            if not found:
                raise _UnjudgedError
            self._at = found.end()
        found_states = self._choice(automaton)
        if not self._takes(")"):
            raise WrongExpressionError(f"'(' at character {at + 1} is not closed")
        self._depth -= 1
        return found_states

    def _class(self) -> Letters:
        """Read a class, behind its bracket."""
        at = self._at
        denied = self._takes("^")
        found: set[str] = set()
        begun = self._at
        while self._at < len(self._text):
            if self._text[self._at] == "]" and self._at > begun:
                self._at += 1
                letters = self._cased(frozenset(found))
                return ALPHABET - letters if denied else letters
            found |= self._part_of_class()
        raise WrongExpressionError(f"'[' at character {at} is not closed")

    def _part_of_class(self) -> Letters:
        low = self._in_class()
        ranges = self._text.startswith("-", self._at) and self._text[self._at + 1 : self._at + 2] not in ("]", "")
        if not ranges:
            return low
        self._at += 1
        high = self._in_class()
        if len(low) != 1 or len(high) != 1:
            raise _UnjudgedError
        (begin,), (end,) = low, high
        if begin > end:
            raise WrongExpressionError(f"the range {begin}-{end} has its ends in the wrong order")
        return frozenset(map(chr, range(ord(begin), ord(end) + 1)))

    def _in_class(self) -> Letters:
        letter = self._text[self._at]
        if self._text.startswith(("[:", "[.", "[="), self._at):
            raise _UnjudgedError
        self._at += 1
        return self._escape() if letter == "\\" else _just(letter)

    def _escape(self) -> Letters:
        """Read what stands behind a backslash."""
        letter = self._text[self._at : self._at + 1]
        if not letter:
            raise WrongExpressionError("it ends in a backslash")
        if letter == "x" and (found := _HEX.match(self._text, self._at)):
            self._at = found.end()
            return _just(chr(int(found[1], 16)))
        self._at += 1
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.isalnum():
            raise _UnjudgedError
        return _just(letter)

    def _cased(self, letters: Letters) -> Letters:
        return letters | {each for letter in letters for each in _cases(letter)} if self._any_case else letters

    def _takes(self, letter: str) -> bool:
        found = self._text.startswith(letter, self._at)
        self._at += found
        return found


def _cases(letter: str) -> Iterator[str]:
    if letter.isascii():
        yield from (letter.lower(), letter.upper())


def _just(letter: str) -> Letters:
    if letter not in ALPHABET or letter == OTHER:
        # One of many that the alphabet does not tell apart.
        raise _UnjudgedError
    return frozenset(letter)


def _times(quantifier: str) -> tuple[int, int | None]:
    """Return how often at least and at most; None without a limit."""
    usual: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if quantifier in usual:
        return usual[quantifier]
    low, comma, high = quantifier[1:-1].partition(",")
    return int(low), (int(high) if high else None) if comma else int(low)
