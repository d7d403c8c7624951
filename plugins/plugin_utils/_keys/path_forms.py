# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the path of a route in each of the forms that nginx's `location` has.

A path is kept as one text, in nginx's notation with one blank: `/zm/`, `^~ /zm/`, `= /status`, `~ REGEX`, `~* REGEX`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._nginx.expression import WrongExpressionError, expression
from .._nginx.literal import literal
from .names import PATH_PATTERN, UnusableValueError, route_path

EXACT, FIRST = "=", "^~"
REGEX, REGEX_ANY_CASE = "~", "~*"
EXPRESSIONS = (REGEX, REGEX_ANY_CASE)
# What the collection itself answers, such as the page for errors.
OWN_PATH = "/.constellation-edge/"
_FORMS = re.compile(r"(=|\^~|~\*|~) *(.*)\Z", re.DOTALL)
_EXACT = re.compile(r"/([A-Za-z0-9._~@+-]+/)*[A-Za-z0-9._~@+-]*\Z")
# Of an expression: what is escaped, a class of letters, and any other sign.
_SIGNS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|.", re.DOTALL)
# nginx reads no argument that is longer than its buffer of 4 kB.
_LONGEST = 2000
#: the same for a JSON schema
FORMS_PATTERN = rf"^(?:{PATH_PATTERN[1:-1]}|\^~ *{PATH_PATTERN[1:-1]}|= *{_EXACT.pattern[:-2]}|~\*? *[^\s*].*)$"


class Path(NamedTuple):
    """A path in its two parts: the form, "" for a prefix, and what stands behind it."""

    form: str
    text: str

    @classmethod
    def of(cls, path: str) -> Path:
        """Return the parts of a path that `any_path` has read."""
        form, blank, text = path.partition(" ")
        return cls(form, text) if blank else cls("", path)

    @classmethod
    def written(cls, path: str) -> Path:
        """Return the parts of what an owner wrote behind `location`."""
        found = _FORMS.match(path)
        return cls(*found.groups()) if found else cls("", path)

    @property
    def identity(self) -> str:
        """By what nginx tells the location from another one: `^~` makes no other one."""
        return self.text if self.form in ("", FIRST) else f"{self.form} {self.text}"

    @property
    def is_expression(self) -> bool:
        """Whether it is a regular expression."""
        return self.form in EXPRESSIONS


def below(outer: str, inner: str) -> str:
    """Return a path below that of a route in nginx's notation for the whole site, or raise UnusableValueError.

    Both are as `any_path` returns them. `outer` is a prefix; in front of one with `^~` no regular expression counts, so
    that prefixes below it are of that form, too. An expression that is bound to the begin is bound to that of the
    route; any other one matches anywhere behind it.
    """
    (way, begin), (form, text) = Path.of(outer), Path.of(inner)
    if form in EXPRESSIONS:
        return f"{form} {_expression_below(begin, form, text)}"
    if begin != "/" and text.startswith(begin):
        short = text.removeprefix(begin.rstrip("/"))
        raise UnusableValueError(
            f"path '{inner}' is below that of its route, which is added by itself: write '{f'{form} {short}'.strip()}'"
        )
    form = form or (FIRST if way == FIRST else "")
    return f"{form} {begin.rstrip('/')}{text}".strip()


def _expression_below(begin: str, form: str, text: str) -> str:
    if begin == "/":
        return text
    bound = text.startswith("^")
    if _is_open(text.removeprefix("^"), is_bound=bound):
        raise UnusableValueError(
            f"path '{form} {text}' of a location has '^' behind its begin, or '|' beside it: bind all of it at once, "
            "as in '^/(?:one|other)/'"
        )
    found = f"^{literal(begin.rstrip('/'))}{text[1:]}" if bound else f"^{literal(begin)}.*(?:{text})"
    return _expression(form, found)


def _is_open(text: str, *, is_bound: bool) -> bool:
    """Whether an expression has a `^` that is not its first sign, or, where it is bound, an alternative on its own."""
    depth = 0
    for sign in _SIGNS.findall(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "^" or (sign == "|" and is_bound and not depth):
            return True
    return False


def any_path(value: object) -> str:
    """Return the path in nginx's notation, or raise UnusableValueError."""
    found = _FORMS.match(value) if isinstance(value, str) else None
    if not found:
        return _not_our_own(route_path(value))
    form, text = found.groups()
    if form == FIRST:
        try:
            return f"{form} {_not_our_own(route_path(text))}"
        except UnusableValueError as error:
            raise UnusableValueError(
                str(error).replace("path '", "path '^~ ").replace("write '/", "write '^~ /")
            ) from None
    if form == EXACT:
        return f"{form} {_not_our_own(_exact(text))}"
    return f"{form} {_expression(form, text)}"


def _exact(text: str) -> str:
    if not _EXACT.match(text) or any(part in (".", "..") for part in text.split("/")):
        raise UnusableValueError(
            f"path '= {text}' must be one path as clients ask for it, such as '= /status': it begins with '/', and may "
            "hold letters, digits and . _ ~ @ + - between its slashes"
        )
    return text


def _expression(form: str, text: str) -> str:
    said = f"path '{form} {text}'"
    if not text:
        raise UnusableValueError(f"{said} has no regular expression: write one, such as '{form} \\.php$'")
    if len(text) > _LONGEST or not text.isprintable():
        raise UnusableValueError(f"{said} must be one line of at most {_LONGEST} printable characters")
    try:
        expression(text, any_case=form == REGEX_ANY_CASE)
    except WrongExpressionError as error:
        raise UnusableValueError(f"{said} is no regular expression: {error}") from None
    return text


def _not_our_own(path: str) -> str:
    if path.startswith(OWN_PATH):
        raise UnusableValueError(f"path '{path}': what begins with {OWN_PATH} is the collection's own, take another")
    return path
