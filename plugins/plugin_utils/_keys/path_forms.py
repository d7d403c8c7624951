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


def part_path(value: object) -> str:
    """Return a path below that of a route in nginx's notation, or raise UnusableValueError.

    What begins an expression is bound to the begin of the route, so that a slash has to follow: `^.*` behind `/zm`
    would match `/zmedia/`, too.
    """
    read = any_path(value)
    form, text = path = Path.of(read)
    bound = text.startswith("^")
    if path.is_expression and bound and not text.startswith(("^/", "^\\/")):
        raise UnusableValueError(
            f"path '{form} {text}' of a location must go on with '/' behind '^': write '{form} ^/{text[1:]}', or the "
            "like"
        )
    if path.is_expression and _is_open(text.removeprefix("^"), is_bound=bound):
        raise UnusableValueError(
            f"path '{form} {text}' of a location has '^' behind its begin, or '|' beside it: bind all of it at once, "
            "as in '^/(?:one|other)/'"
        )
    return read


def below(outer: str, inner: str) -> str:
    """Return a path below that of a route in nginx's notation for the whole site, or raise UnusableValueError.

    `outer` is a prefix, as `any_path` returns it, `inner` is as `part_path` does. In front of a prefix with `^~` no
    regular expression counts, so that prefixes below it are of that form, too. An expression that is bound is so to the
    begin of the route; any other one matches anywhere behind it.
    """
    (way, begin), (form, text) = Path.of(outer), Path.of(inner)
    if form not in EXPRESSIONS:
        form = form or (FIRST if way == FIRST else "")
        return f"{form} {begin.rstrip('/')}{text}".strip()
    if way == FIRST:
        raise UnusableValueError(
            f"path '{inner}' of a location: nginx takes '{outer}' before any regular expression, write the path of the "
            "route without `^~`"
        )
    if begin == "/":
        return inner
    # The route's own path is as it is written, whatever the letters of the rest.
    bound = literal(begin.rstrip("/")) if form == REGEX else f"(?-i:{literal(begin.rstrip('/'))})"
    # Anywhere behind it is also where it ends, and behind a line end.
    found = f"^{bound}{text[1:]}" if text.startswith("^") else f"^{bound}(?=/)(?s:.*)(?:{text})"
    return f"{form} {_expression(form, found)}"


def refuse_twice(outer: str, inner: str) -> None:
    """Raise UnusableValueError for a path of a location that has its route's in front."""
    begin, (form, text) = Path.of(outer).text, Path.of(inner)
    if form not in EXPRESSIONS and begin != "/" and text.startswith(begin) and text != begin:
        short = text.removeprefix(begin.rstrip("/"))
        raise UnusableValueError(
            f"path '{inner}' is below that of its route, which is added by itself: write '{f'{form} {short}'.strip()}'"
        )


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
