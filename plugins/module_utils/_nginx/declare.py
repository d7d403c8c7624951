# SPDX-License-Identifier: GPL-3.0-or-later

"""From a declaration (Ansible's values) to statements; nothing in it can write outside its own directive."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Union

from .errors import ConfigError, SyntaxRefused
from .identity import LocationKey, location_key
from .parse import parse
from .tree import Statement, walk
from .values import LONGEST, inner, outer

_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
Directives = Union[Mapping[str, object], str, None]  # noqa: UP007 - an alias that is evaluated at run time


def directives(wanted: object, where: str) -> list[Statement]:
    """Return the statements of a mapping (name to arguments in nginx's own notation) or of a text.

    In a mapping a list gives several statements of one name, a mapping the body of a block, and nothing (or an empty
    string) a directive without arguments. `where` names the place for messages. Raises ConfigError.
    """
    if wanted is None or wanted == "":
        return []
    if isinstance(wanted, str):
        return _checked(_parsed(inner(wanted), where), where)
    if not isinstance(wanted, Mapping):
        raise ConfigError(f"{where}: directives are a mapping or a text, not {type(wanted).__name__}")
    return _checked(_from_mapping(wanted, where), where)


def _from_mapping(wanted: Mapping[object, object], where: str) -> list[Statement]:
    found: list[Statement] = []
    # A work list instead of recursion: (target, mapping).
    pending: list[tuple[list[Statement], Mapping[object, object]]] = [(found, wanted)]
    while pending:
        target, mapping = pending.pop()
        for name, given in mapping.items():
            head = _text(name, f"{where}: a directive's name")
            if isinstance(given, Mapping):
                block = _one(f"{head} {{}}", f"{where}: {head!r}", block=True)
                target.append(block)
                if block.block is not None:
                    pending.append((block.block.body, given))
                continue
            for each in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
                target.append(_simple(head, each, where))
    return found


def _simple(name: str, given: object, where: str) -> Statement:
    place = f"{where}: {outer(name)}"
    arguments = "" if given is None else _text(given, place)
    statement = _one(f"{name} {arguments};", place, block=False)
    if statement.words[0][1] != name:
        raise ConfigError(f"{place}: is not the name of one directive; arguments belong into its value")
    return statement


def _text(given: object, place: str) -> str:
    """One value on one line, as this package holds text."""
    if isinstance(given, bool):
        return "on" if given else "off"
    if not isinstance(given, (str, int, float)):
        raise ConfigError(f"{place}: {type(given).__name__} is not a value of a directive; write a string")
    text = inner(str(given))
    if "\n" in text or "\r" in text or "\0" in text:
        raise ConfigError(f"{place}: a value stands on one line; it holds a line end: {str(given)!r}")
    return text


def _one(text: str, place: str, *, block: bool) -> Statement:
    """Exactly one statement of the given kind, without a comment; else a ConfigError."""
    try:
        document = parse(text)
    except SyntaxRefused as error:
        raise ConfigError(
            f"{place}: {outer(text)!r} is not one complete directive: {error.reason}. "
            "Quote what holds ';', '{', '}' or '#'"
        ) from None
    body = document.body
    if len(body) != 1 or (body[0].block is not None) is not block or document.close[0]:
        raise ConfigError(f"{place}: {outer(text)!r} is more than one directive. Quote what holds ';' or '{{'")
    if body[0].block is not None and body[0].block.lua is not None:
        raise ConfigError(f"{place}: {outer(text)!r} takes Lua, which no mapping can say; give the directives as a text")
    if body[0].block is not None and (body[0].block.body or body[0].block.close[0]):
        raise ConfigError(f"{place}: {outer(text)!r} is more than the head of one block")
    if any("#" in lead for lead, _text in body[0].words):
        raise ConfigError(f"{place}: {outer(text)!r} holds a comment; quote the argument that begins with '#'")
    return body[0]


def _parsed(text: str, where: str) -> list[Statement]:
    try:
        return parse(text).body
    except SyntaxRefused as error:
        raise ConfigError(
            f"{where}: line {error.line}, column {error.column} of the text: {error.reason}. "
            "The text must be complete directives with balanced braces and quotes"
        ) from None


def _checked(statements: list[Statement], where: str) -> list[Statement]:
    for top in statements:
        for _lead, text in top.words:
            _check_length(text, where)
        for statement, _depth in walk(top.block) if top.block else ():
            for _lead, text in statement.words:
                _check_length(text, where)
    return statements


def _check_length(text: str, where: str) -> None:
    if len(text) > LONGEST:
        raise ConfigError(f"{where}: an argument of {len(text)} bytes is longer than nginx reads ({LONGEST} bytes)")


def location_head(text: str, where: str) -> Statement:
    r"""Return an empty `location` block from its arguments in nginx's notation, such as `= /x` or `~ \.php$`."""
    place = f"{where}: location {text!r}"
    statement = _one(f"location {_text(text, place)} {{}}", place, block=True)
    if not 2 <= len(statement.words) <= 3 or statement.words[0][1] != "location":
        raise ConfigError(f"{place}: takes a path, or a modifier and a path; quote a path with a space")
    if len(statement.words) == 3 and statement.args[0] not in ("=", "^~", "~", "~*"):
        raise ConfigError(f"{place}: {statement.args[0]!r} is not a modifier; nginx has =, ^~, ~ and ~*")
    return statement


def owned_directive(given: object, where: str) -> Statement:
    """Return a directive that `owns` names, alone or with the argument that tells it apart. Raises ConfigError."""
    try:
        statement = _one(f"{_text(given, where)};", where, block=False)
    except ConfigError:
        statement = None
    if statement is None or not _NAME.match(statement.words[0][1]):
        raise ConfigError(f"{where}: {str(given)!r} is not the name of a directive")
    return statement


def shown(key: LocationKey) -> str:
    """Return the identity of a location in nginx's notation, for messages."""
    modifier, name = key
    return outer(f"{modifier}{name}" if modifier in ("", "@") else f"{modifier} {name}")


def key_of(text: str, where: str) -> LocationKey:
    """Return the identity of a location given in nginx's notation."""
    return location_key(location_head(text, where).args)


def listen(text: str, where: str) -> Statement:
    """Return a `listen` directive from its arguments in nginx's notation."""
    statement = _simple("listen", text, where)
    if len(statement.words) < 2:
        raise ConfigError(f"{where}: listen needs an address or a port")
    return statement
