# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may come in, as an owner says it: words, of which one is enough, or several joined by `+`."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from .kinds import Kind, Mistake, kind_of, listed
from .nearest import nearest

#: What a rule asks of a client: all words of one alternative, in the order of letters. Without one nobody comes in.
Rule = tuple[tuple[str, ...], ...]

LAN, LOGIN = "lan", "login"
_PUBLIC, _NONE = "public", "none"
_ASKED = (LAN, LOGIN)
_WORDS = (_PUBLIC, *_ASKED, _NONE)
PUBLIC: Rule = ((),)
NOBODY: Rule = ()
_ADDRESSES = "write addresses as `allow: [ADDRESS]`, beside `access: lan`"


class Access(Kind):
    """A word, a list of them, or words joined by `+`."""

    def __init__(self) -> None:
        """Name them."""
        one = {"type": "string", "pattern": f"^(?:{'|'.join(_WORDS)}|lan ?\\+ ?login|login ?\\+ ?lan)$"}
        super().__init__(
            words=f"{listed(_WORDS)}, `lan+login`, or a list of them",
            option={"type": "raw"},
            json={"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse other words, and what makes a word mean nothing."""
        several = value if isinstance(value, list) else [value]
        if not several:
            yield Mistake(value, f"{name} is an empty list: write `{_NONE}` where nobody is to come in")
        for each in several:
            yield from _word_faults(name, each)
        alone = next((each for each in several if each in (_PUBLIC, _NONE)), None)
        if alone is not None and len(several) > 1:
            text = f"{name}: '{alone}' stands alone, since beside it no other word counts: take it or the others out"
            yield Mistake(alone, text)

    def convert(self, value: Any) -> Rule:
        """Return the alternatives, without those that another one makes needless."""
        several = value if isinstance(value, list) else [value]
        if _NONE in several:
            return NOBODY
        return least({frozenset(word for word in _parts(each) if word != _PUBLIC) for each in several})


ACCESS = Access()


def least(rule: Set[frozenset[str]]) -> Rule:
    """Return alternatives without those that another one makes needless."""
    return tuple(sorted(tuple(sorted(each)) for each in rule if not any(other < each for other in rule)))


def asks(rule: Rule, word: str) -> bool:
    """Whether a word counts in a rule."""
    return any(word in each for each in rule)


def _parts(written: str) -> list[str]:
    return [part.strip() for part in written.split("+")]


def _word_faults(name: str, value: object) -> Iterator[Mistake]:
    if not isinstance(value, str):
        off = ": YAML reads no, off and an empty value so" if value is False or value is None else ""
        yield Mistake(value, f"{name} must be {listed(_WORDS)}, or a list of them, not {kind_of(value)}{off}")
        return
    for part in _parts(value):
        if part in _WORDS:
            continue
        if any(sign in part for sign in ".:/"):
            yield Mistake(value, f"{name}: '{part}' is no word of it: {_ADDRESSES}")
        else:
            yield Mistake(value, f"{name}: '{part}' is not known{nearest(part, _WORDS) or f': write {listed(_WORDS)}'}")
    if "+" in value and not {*_parts(value)} <= {*_ASKED}:
        yield Mistake(
            value, f"{name}: '{value}' joins what cannot be asked at once: `+` stands between {listed(_ASKED)}"
        )
