# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what `cache` of a route may say: how much of the disk, and the answers for which files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._keys.kinds import Group, Kind, Mistake, kind_of, listed
from .._keys.nearest import nearest

#: the keys of the mapping
SIZE, TYPES = "size", "types"
_USUAL_SIZE = "1g"
# The endings of file names by the words for them, without the dot.
ENDINGS = {
    "images": ("avif", "bmp", "gif", "heic", "ico", "jpeg", "jpg", "png", "svg", "webp"),
    "styles": ("css",),
    "scripts": ("js", "mjs", "wasm"),
    "fonts": ("eot", "otf", "ttf", "woff", "woff2"),
    "packages": ("apk", "deb", "jar", "rpm", "udeb", "whl"),
}
_ENDING = re.compile(r"\.[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*\Z")
_MEGABYTES = re.compile(r"([1-9][0-9]{0,5})([mg])\Z", re.IGNORECASE)


class _Files(Kind):
    def __init__(self) -> None:
        item = {"anyOf": [{"enum": [*ENDINGS]}, {"type": "string", "pattern": f"^{_ENDING.pattern[:-2]}$"}]}
        super().__init__(
            words="a list of types and endings",
            option={"type": "list", "elements": "str"},
            json={"type": "array", "minItems": 1, "items": item},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is neither a word for files nor an ending."""
        if not isinstance(value, list) or not value:
            text = f"must be a list of {listed(ENDINGS)} and of endings such as `.pbf`"
            yield Mistake(value, f"{name} {text}, not {kind_of(value)}")
            return
        for each in value:
            if not isinstance(each, str) or not (each in ENDINGS or _ENDING.match(each)):
                known = f"one of {listed(ENDINGS)}, or an ending such as `.pbf`"
                yield Mistake(each, f"{name}: {each!r} is not {known}{nearest(each, ENDINGS)}")

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return the endings without their dots, each once, in the order of the alphabet."""
        found = {ending for each in value for ending in ENDINGS.get(each, (str(each)[1:].lower(),))}
        return tuple(sorted(found))


class _Size(Kind):
    def __init__(self) -> None:
        json = {"type": "string", "pattern": f"^{_MEGABYTES.pattern[:-2].replace('[mg]', '[mgMG]')}$"}
        super().__init__(words="a number with m or g", option={"type": "str"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no size of a cache."""
        if not isinstance(value, str) or not _MEGABYTES.match(value):
            yield Mistake(value, f"{name} {value!r} must be a number with m or g, such as 500m or 2g")

    def convert(self, value: Any) -> str:
        """Return it in small letters."""
        return str(value).lower()


class CacheKind(Kind):
    """`true`, a size, or a mapping with size and types."""

    def __init__(self) -> None:
        self._size = _Size()
        keys: dict[str, Kind] = {SIZE: self._size, TYPES: _Files()}
        docs = {
            SIZE: f"How much of the disk the answers may take, V({_USUAL_SIZE}) by default.",
            TYPES: f"Of which files answers are kept: {', '.join(f'V({each})' for each in ENDINGS)}, and endings of "
            "file names, such as V(.pbf).",
        }
        self._group = Group(keys, docs)
        super().__init__(
            words=f"true, a size, or a mapping with {listed(keys)}",
            option={"type": "raw"},
            json={"anyOf": [{"type": "boolean"}, self._size.json, self._group.json]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is none of these."""
        if isinstance(value, bool):
            return
        if isinstance(value, dict) and value:
            yield from self._group.faults(name, value)
        elif isinstance(value, str):
            yield from self._size.faults(name, value)
        else:
            text = "must be true, a size such as 1g, or a mapping with `size` and `types`"
            yield Mistake(value, f"{name} {text}, not {kind_of(value)}")

    def convert(self, value: Any) -> Mapping[str, Any]:
        """Return size and endings, nothing for V(false)."""
        if not value:
            return {}
        given = value if isinstance(value, dict) else {} if value is True else {SIZE: value}
        return {SIZE: _USUAL_SIZE, TYPES: (), **self._group.convert(given)}
