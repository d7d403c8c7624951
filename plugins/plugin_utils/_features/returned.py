# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a route that answers with a status, and a short text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Group, Kind, Mistake, kind_of, listed
from .._keys.path_forms import Path
from ._quoted import quoted
from .feature import Directives, Feature
from .place import Host, Needs, Place

if TYPE_CHECKING:
    from .._inventory.site import Site

# RFC 9110 section 15 (2022), RFC 6585 section 4 (2012), RFC 7725 (2016); by 444 nginx closes the connection. A code
# that needs more than itself, such as 401 or 304, says nothing alone.
_CODES = (200, 204, 400, 403, 404, 410, 429, 444, 451, 503)
_ONE_OF = f"{', '.join(map(str, _CODES[:-1]))} or {_CODES[-1]}"
# Of these there is no body.
_WITHOUT_BODY = (204, 444)
CLOSES = 444
_CODE, _TEXT = "code", "text"
# nginx reads no argument that is longer than 4 kB, and each sign may need an escape.
_LONGEST = 1000
# nginx has no escape for a dollar in a text.
_DOLLAR = "constellation_edge_dollar"
# Another path, of which the end says nothing of what kind the text is. The `return` behind it is asked at once.
_ANY = "^(?<constellation_edge_any>)"


class _Code(Kind):
    def __init__(self) -> None:
        super().__init__(_ONE_OF, {"type": "int", "choices": [*_CODES]}, {"enum": [*_CODES]})

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no answer of its own."""
        if isinstance(value, bool) or value not in _CODES:
            text = f"{name} {value!r} is no answer by itself: write one of {_ONE_OF}, or `redirect` to lead elsewhere"
            if str(value) in map(str, _CODES):
                text = f"{name} {value!r} is a text: write {value} without quotes"
            yield Mistake(value, text)


class _Text(Kind):
    def __init__(self) -> None:
        json = {"type": "string", "maxLength": _LONGEST, "pattern": "^[^\\x00-\\x1f]+$"}
        super().__init__(words="a text of one line", option={"type": "str"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no line of text."""
        if not isinstance(value, str) or not value:
            yield Mistake(value, f"{name} must be a text, not {kind_of(value)}")
        elif not value.isprintable():
            yield Mistake(value, f"{name} must be one line of text: a page of several stands in a file (`static`)")
        elif len(value.encode()) > _LONGEST:
            yield Mistake(value, f"{name} is longer than {_LONGEST} bytes: a page stands in a file (`static`)")


class _Return(Kind):
    def __init__(self) -> None:
        self._group = Group(
            {_CODE: _Code(), _TEXT: _Text()},
            {
                _CODE: "The status of the answer. With 444, nginx closes the connection without one.",
                _TEXT: "What the answer says, as C(text/plain) in UTF-8.",
            },
        )
        super().__init__(
            words=f"a status code, or a mapping with {listed([_CODE, _TEXT])}",
            option={"type": "raw"},
            json={"anyOf": [_Code().json, {**self._group.json, "required": [_CODE]}]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no answer, and a text where there can be none."""
        if not isinstance(value, dict):
            yield from _Code().faults(name, value)
            return
        found = list(self._group.faults(name, value))
        yield from found
        if _CODE not in value:
            yield Mistake(value, f"{name} needs `{_CODE}`, such as {{code: 410, text: gone}}")
        elif not found and value[_CODE] in _WITHOUT_BODY and _TEXT in value:
            yield Mistake(value[_TEXT], f"{name}: an answer {value[_CODE]} has no text: take it out")

    def convert(self, value: Any) -> Mapping[str, Any]:
        """Return it with a text, "" for none."""
        given = value if isinstance(value, dict) else {_CODE: value}
        return {_CODE: int(given[_CODE]), _TEXT: str(given.get(_TEXT, ""))}


@dataclass(frozen=True, kw_only=True)
class Returned(Feature):
    """`return` of a route."""

    owns: ClassVar[tuple[str, ...]] = (f"rewrite {_ANY}",)
    returns: Mapping[str, Any] = key(
        _Return(),
        "The status by which nginx answers itself, alone or with a text.",
        "By 444 the connection is closed without an answer.",
        name="return",
        default={},
        otherwise="a service answers",
        example={_CODE: 410, _TEXT: "This service has ended."},
    )

    def location(self, at: Place) -> Directives:
        """Answer."""
        if not self.returns:
            return {}
        code, text = self.returns[_CODE], self.returns[_TEXT]
        if not text:
            return {"return": str(code)}
        said = quoted(text).replace("$", f"${{{_DOLLAR}}}")
        plain = {"rewrite": f"{_ANY} /", "default_type": "text/plain", "charset": "utf-8"}
        return {**plain, "return": f"{code} {said}"}

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Own the one answer."""
        return ("return", "default_type") if self.returns else ()

    def marks(self, at: Place) -> list[list[str]]:
        """Name what an owner may say of a service's answers."""
        return [["charset"]]

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return the variable that stands for a dollar, "" where no text has one."""
        texts = (route.returns.get(_TEXT, "") for site in sites for route in site.places)
        return f'geo ${_DOLLAR} {{ default "$"; }}' if any("$" in text for text in texts) else ""

    def needs(self, at: Place) -> Needs:
        """Need what makes that variable, and what says in which letters the text is."""
        text = self.returns.get(_TEXT, "")
        return Needs(
            modules=(*(["http_charset_module"] if text else []), *(["http_geo_module"] if "$" in text else []))
        )

    def probes(self, at: Place) -> list[dict[str, Any]]:
        """Ask for the answer."""
        if not self.returns or Path.of(at.route.path).is_expression:
            return []
        asked = {"url": f"https://{at.site.name}{at.route.base}"}
        closes = self.returns[_CODE] == CLOSES
        return [{**asked, "closes": True} if closes else {**asked, "status": [self.returns[_CODE]]}]
