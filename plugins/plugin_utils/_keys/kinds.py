# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the kinds of values that an owner writes: what is wrong with one, and how documents and schemas say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from .names import UnusableValueError
from .nearest import nearest

# RFC 6454 section 6.2 (2011), with the wildcard of CSP level 2, section 4.2 (2016).
_ORIGIN = re.compile(r"https?://(?:\*\.)?(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?::[0-9]{1,5})?\Z")


class Mistake(NamedTuple):
    """What is wrong with a value: the part of it that names file and line, what is said, below which key it stands.

    `below` is the name of the key, such as `probe`, with the number of an item where one is meant: `edge_lan[1]`.
    """

    part: object
    text: str
    below: str = ""


class Kind:
    """A kind of value: `words` for a table, `option` for Ansible's documentation, `json` for a JSON schema.

    A kind that says nothing of its own is only documented; who reads it checks it. One that `tells_no_value` has no
    part of a value in its mistakes, so that they are told of a secret key, too.
    """

    tells_no_value: ClassVar[bool] = False

    def __init__(self, words: str, option: Mapping[str, Any], json: Mapping[str, Any]) -> None:
        """Say what it is called where."""
        self.words = words
        self.option = option
        self.json = json

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Yield what is wrong with the value of the key `name`."""
        yield from ()

    def convert(self, value: Any) -> Any:
        """Return a value without faults as the plan takes it."""
        return value

    def read(self, name: str, value: object) -> tuple[Any, list[Mistake]]:
        """Return the value as the plan takes it, or what is wrong with it."""
        found = list(self.faults(name, value))
        return (None if found else self.convert(value)), found


class Flag(Kind):
    """True or false."""

    def __init__(self) -> None:
        """Name it."""
        super().__init__(words="true or false", option={"type": "bool"}, json={"type": "boolean"})

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse all else, texts such as `yes` among it."""
        if not isinstance(value, bool):
            yield Mistake(value, f"{name} must be true or false, not {value!r}")


FLAG = Flag()


class Whole(Kind):
    """A whole number of something, within limits."""

    def __init__(self, unit: str, low: int, high: int) -> None:
        """Name the unit and the limits."""
        json = {"type": "integer", "minimum": low, "maximum": high}
        super().__init__(words=f"{unit}, {low} to {high}", option={"type": "int"}, json=json)
        self._unit = unit
        self._limits = low, high

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no number, and what is out of the limits."""
        low, high = self._limits
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            yield Mistake(value, f"{name} {value!r} must be {self._unit} from {low} to {high}")


class Size(Kind):
    """A number of bytes in nginx's notation."""

    def __init__(self) -> None:
        """Name it."""
        json = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+[kmgKMG]?$"}]}
        super().__init__(words="a number with k, m or g", option={"type": "str"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what nginx would not take."""
        said = self.convert(value)
        digits = said[:-1] if said[-1:] in ("k", "m", "g") else said
        if not digits.isascii() or not digits.isdigit():
            yield Mistake(value, f"{name} '{said}' must be a number with k, m or g, or 0 for no limit")

    def convert(self, value: Any) -> str:
        """Return it in small letters."""
        return str(value).lower()


class Word(Kind):
    """One of some words."""

    def __init__(self, *words: str) -> None:
        """Name the words."""
        super().__init__(
            words=" or ".join(f"`{word}`" for word in words),
            option={"type": "str", "choices": [*words]},
            json={"enum": [*words]},
        )
        self._words = words

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse other words, with the nearest one."""
        if value not in self._words:
            yield Mistake(value, f"{name} '{value}' is not known{nearest(value, self._words)}")

    def convert(self, value: Any) -> str:
        """Return it as plain text."""
        return str(value)


class WordOrOff(Kind):
    """One of some words, `off` among them, which YAML takes for false."""

    def __init__(self, *words: str) -> None:
        """Name the words."""
        said = " or ".join(f"`{word}`" for word in words)
        super().__init__(words=said, option={"type": "raw"}, json={"enum": [*words, False]})
        self._words = words

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse other words, with the nearest one."""
        if value is not False and value not in self._words:
            yield Mistake(value, f"{name} '{value}' is not known{nearest(value, self._words)}")

    def convert(self, value: Any) -> str:
        """Return the word."""
        return "off" if value is False else str(value)


class OrOff(Kind):
    """What another kind takes, or `off`, which YAML takes for false."""

    def __init__(self, kind: Kind, off: object) -> None:
        """Name the other kind, and what V(off) is to the plan."""
        json = {"anyOf": [{"enum": ["off", False]}, kind.json]}
        super().__init__(words=f"{kind.words}, or `off`", option={"type": "raw"}, json=json)
        self._kind = kind
        self._off = off

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what the other kind does."""
        if value is not False and value != "off":
            yield from self._kind.faults(name, value)

    def convert(self, value: Any) -> Any:
        """Return what the other kind does."""
        return self._off if value is False or value == "off" else self._kind.convert(value)


class Words(Kind):
    """A list of some words, which are called `what`."""

    def __init__(self, what: str, words: Sequence[str]) -> None:
        """Name the words."""
        option = {"type": "list", "elements": "str", "choices": [*words]}
        super().__init__(words=f"a list of {what}", option=option, json={"type": "array", "items": {"enum": [*words]}})
        self._what = what
        self._words = words

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list, and each other word."""
        if not isinstance(value, list):
            yield Mistake(value, f"{name} must be a list of {self._what}, not {kind_of(value)}")
            return
        for word in value:
            if word not in self._words:
                yield Mistake(word, f"{name}: '{word}' is not known{nearest(word, self._words)}")

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return them as plain texts."""
        return tuple(map(str, value))


class Origins(Kind):
    """A list of origins, or one word for all of them."""

    def __init__(self, every: str) -> None:
        """Name the word."""
        origin = {"type": "string", "pattern": _ORIGIN.pattern.replace("\\Z", "$")}
        json = {"anyOf": [{"const": every}, {"type": "array", "items": origin}]}
        super().__init__(words=f"a list of origins, or `{every}`", option={"type": "raw"}, json=json)
        self._every = every

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list, and each that is no origin."""
        if value == self._every:
            return
        if not isinstance(value, list):
            yield Mistake(value, f"{name} must be a list of origins, or '{self._every}', not {kind_of(value)}")
            return
        for each in value:
            if not isinstance(each, str) or not _ORIGIN.match(each):
                yield Mistake(each, f"{name}: {each!r} is not an origin, such as https://home.example.org")

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return the origins, or the word alone."""
        return (self._every,) if value == self._every else tuple(map(str, value))


class Parsed(Kind):
    """A text that a function reads, which raises UnusableValueError for what it cannot take."""

    def __init__(self, words: str, pattern: str, read: Callable[[object], Any], *, empty: bool = False) -> None:
        """Name the function, and a pattern that no right text fails; `empty` takes an empty text as it is."""
        json: dict[str, Any] = {"type": "string", "pattern": pattern}
        super().__init__(
            words=words, option={"type": "str"}, json=json if not empty else {"anyOf": [{"const": ""}, json]}
        )
        self._read = read
        self._empty = empty

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Say why the function cannot take it."""
        yield from self.read(name, value)[1]

    def read(self, name: str, value: object) -> tuple[Any, list[Mistake]]:
        """Return what the function makes of it, which is asked once, or why it cannot take it."""
        try:
            return self.convert(value), []
        except UnusableValueError as problem:
            return None, [Mistake(value, str(problem))]

    def convert(self, value: Any) -> Any:
        """Return what the function makes of it."""
        return value if self._empty and value == "" else self._read(value)


class Matching(Kind):
    """A text of a certain form."""

    def __init__(self, words: str, pattern: str) -> None:
        """Name the form in words, and as an expression for the whole text."""
        super().__init__(words=words, option={"type": "str"}, json={"type": "string", "pattern": f"^{pattern}$"})
        self._form = words
        self._pattern = re.compile(f"{pattern}\\Z")

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no text, or of another form."""
        if not isinstance(value, str) or not self._pattern.match(value):
            yield Mistake(value, f"{name} must be {self._form}, not {value!r}")


class Several(Kind):
    """One text or a list of them, each of which a function reads; see `Parsed`."""

    def __init__(self, words: str, pattern: str, read: Callable[[object], Any]) -> None:
        """Name the function, and a pattern that no right text fails."""
        one = {"type": "string", "pattern": pattern}
        json = {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
        super().__init__(words=words, option={"type": "list", "elements": "str"}, json=json)
        self._one = Parsed(words, pattern, read)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Say of each why the function cannot take it. That there is none is for the reader to tell."""
        if value is not None:
            for each in value if isinstance(value, list) else [value]:
                yield from self._one.faults(name, each)

    def convert(self, value: Any) -> tuple[Any, ...]:
        """Return what the function makes of them, each once."""
        found = value if isinstance(value, list) else [value]
        return tuple(dict.fromkeys(self._one.convert(each) for each in found if each is not None))


class PathBelow(Kind):
    """A path below that of the route."""

    def __init__(self) -> None:
        """Name it."""
        super().__init__(words="a path below the route", option={"type": "str"}, json={"type": "string"})

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no text."""
        if not isinstance(value, str):
            yield Mistake(value, f"{name} must be a path below the route, not {kind_of(value)}")


class Codes(Kind):
    """A list of HTTP status codes (RFC 9110 section 15, 2022)."""

    def __init__(self) -> None:
        """Name it."""
        json = {"type": "array", "items": {"type": "integer", "minimum": 100, "maximum": 599}}
        super().__init__(words="a list of status codes", option={"type": "list", "elements": "int"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list of codes."""
        if not isinstance(value, list) or not all(map(_is_status, value)):
            yield Mistake(value, f"{name} must be a list of HTTP status codes, such as [200, 401]")


class Group(Kind):
    """A mapping with keys of its own."""

    def __init__(self, keys: Mapping[str, Kind], docs: Mapping[str, str]) -> None:
        """Name the keys, and a sentence for each."""
        options = {name: {**kind.option, "description": docs[name]} for name, kind in keys.items()}
        properties = {name: kind.json for name, kind in keys.items()}
        json = {"type": "object", "properties": properties, "additionalProperties": False}
        super().__init__(
            words=f"a mapping with {listed(keys)}", option={"type": "dict", "suboptions": options}, json=json
        )
        self._keys = keys

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no mapping, unknown keys, and wrong values."""
        if not isinstance(value, dict):
            yield Mistake(value, f"{name} must be a mapping with {listed(self._keys)}, not {kind_of(value)}")
            return
        for each in value:
            if each not in self._keys:
                yield Mistake(each, f"unknown key '{each}'{nearest(each, self._keys)}", name)
        for each, kind in self._keys.items():
            if each in value:
                yield from (mistake._replace(below=name) for mistake in kind.faults(each, value[each]))

    def convert(self, value: Any) -> Mapping[str, Any]:
        """Return what each key's value is to the plan."""
        return {each: self._keys[each].convert(value[each]) for each in value}


class Listing(Kind):
    """A list of mappings, each of which is declared by a class of its own, `of`."""

    def __init__(self, what: str, of: type) -> None:
        """Name them, and the class."""
        super().__init__(
            words=f"a list of {what}",
            option={"type": "list", "elements": "dict"},
            json={"type": "array", "minItems": 1},
        )
        self.of = of


def listed(keys: Mapping[str, Any] | Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return ", ".join(f"`{each}`" for each in keys)


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    return {"str": "text", "list": "a list", "NoneType": "nothing", "int": "a number"}.get(
        type(value).__name__.removeprefix("_AnsibleTagged"), f"{value!r}"
    )


def _is_status(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 599
