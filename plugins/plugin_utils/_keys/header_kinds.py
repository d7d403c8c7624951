# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the kinds of values that name headers, alone or with what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .kinds import Kind, Mistake, kind_of

# RFC 9110 section 5.6.2 (2022): a token.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
# Of that what nginx's notation and JSON schemas both take without quotes.
_NAME = re.compile(r"[A-Za-z0-9!%&*+.^_|~-]+\Z")
_WITHOUT_UNDERSCORE = re.compile(_NAME.pattern.replace("_", ""))
# A bucket of nginx's hash for headers holds no longer one (`proxy_headers_hash_bucket_size` of a route, 128 bytes).
_LONGEST_NAME = 100
# nginx reads no argument that is longer than 4 kB, and each sign may need an escape.
_LONGEST = 2000
_PRINTABLE = re.compile(r"[\x20-\x7e]*\Z")
_DOLLAR = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))?")
_OURS = "constellation_edge_"


class HeaderNames(Kind):
    """A list of names of headers."""

    def __init__(self) -> None:
        """Name it."""
        items = {"type": "string", "pattern": _in_schema(_NAME)}
        super().__init__(
            words="a list of headers",
            option={"type": "list", "elements": "str"},
            json={"type": "array", "items": items},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list, what is no name, and a name that stands there twice."""
        if not isinstance(value, list):
            yield Mistake(value, f"{name} must be a list of headers, such as [X-Powered-By], not {kind_of(value)}")
            return
        yield from _name_faults(name, value, _NAME)

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return them as plain texts."""
        return tuple(map(str, value))


class Headers(Kind):
    """A mapping of headers to what they say.

    `refused` has names in small letters that a key is not for, each with the rest of the sentence that says why. With
    `is_request` they go to services, many of which take an underscore in a name for a hyphen.
    """

    def __init__(self, refused: Mapping[str, str], *, is_request: bool = False) -> None:
        """Name it."""
        self._pattern = _WITHOUT_UNDERSCORE if is_request else _NAME
        self._is_request = is_request
        self._refused = refused
        json = {
            "type": "object",
            "propertyNames": {"pattern": _in_schema(self._pattern)},
            "additionalProperties": {"type": ["string", "integer"]},
        }
        super().__init__(words="a mapping of headers to texts", option={"type": "dict"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no mapping, and each header that cannot be said."""
        if not isinstance(value, dict):
            yield Mistake(value, f"{name} must be a mapping such as {{X-Name: text}}, not {kind_of(value)}")
            return
        yield from _name_faults(name, value, self._pattern)
        for header, said in value.items():
            reason = self._refused.get(str(header).lower())
            if reason:
                yield Mistake(header, f"{name}: '{header}' {reason}")
            fault = _value_fault(said)
            if fault:
                yield Mistake(said, f"{name}: the value of '{header}' {fault}")

    def convert(self, value: Any) -> dict[str, str]:
        """Return names and values as plain texts."""
        return {str(header): str(said) for header, said in value.items()}


def variables(value: str) -> list[str]:
    """Return the names of the variables in a value."""
    return [braced or plain for braced, plain in _DOLLAR.findall(value)]


def _name_faults(name: str, headers: Iterable[object], pattern: re.Pattern[str]) -> Iterator[Mistake]:
    seen: dict[str, object] = {}
    for each in headers:
        if not isinstance(each, str) or not _TOKEN.match(each):
            yield Mistake(each, f"{name}: {each!r} is not the name of a header, such as X-Robots-Tag")
            continue
        if "_" in each and pattern is _WITHOUT_UNDERSCORE:
            yield Mistake(
                each,
                f"{name}: '{each}' has an underscore, which nginx itself would drop, and which many services take for "
                f"a hyphen: write '{each.replace('_', '-')}'",
            )
        elif not pattern.match(each):
            yield Mistake(each, f"{name}: '{each}' has a sign that is nginx's own: leave it out")
        if len(each) > _LONGEST_NAME:
            yield Mistake(each, f"{name}: '{each}' is longer than nginx takes, which is {_LONGEST_NAME} letters")
        if each.lower() in seen:
            yield Mistake(each, f"{name}: '{each}' and '{seen[each.lower()]}' are one header: keep one of them")
        seen[each.lower()] = each


def _value_fault(value: object) -> str:
    """Return what is wrong with a value, "" where nothing is."""
    if isinstance(value, bool):
        # YAML has made it out of any of `true`, `yes` and `on`.
        return "must be text: write it in quotes, such as 'true'"
    if not isinstance(value, (str, int)):
        return f"must be text in quotes, not {kind_of(value)}"
    text = str(value)
    if not _PRINTABLE.match(text):
        return "must be one line of printable ASCII, as headers are"
    if len(text) > _LONGEST:
        return f"is longer than nginx takes, which is {_LONGEST} letters"
    found = [*_DOLLAR.finditer(text)]
    if any(each[0] == "$" for each in found):
        return (
            "has a `$` that begins no variable of nginx, which has no escape for it: write "
            '`geo $dollar { default "$"; }` into a file of your own, /etc/nginx/conf.d/NAME.conf, and `${dollar}` here'
        )
    if any(each.startswith(_OURS) for each in variables(text)):
        return f"names a variable of constellation.edge itself, `${_OURS}...`, which another version may be without"
    return ""


def _in_schema(pattern: re.Pattern[str]) -> str:
    return "^" + pattern.pattern.replace("\\Z", "$")
