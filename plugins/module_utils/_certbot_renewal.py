# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of certbot's ``renewal/NAME.conf``, read as certbot reads it and edited without a change to anything else.

Certbot reads it with configobj: ``key = value # comment``, lists with commas, quotes, triple quotes over several lines,
sections in as many brackets as they are deep. What configobj refuses is refused here, since certbot then skips the
lineage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

PARAMS = "renewalparams"
MAP = "webroot_map"
_BOM = "\ufeff"
# The grammar of configobj 5, of which each of these is a part.
_SECTION = re.compile(r"\s*((?:\[\s*)+)(\"\s*\S.*?\s*\"|'\s*\S.*?\s*'|[^'\"\s].*?)((?:\s*\])+)\s*(?:#.*)?\Z")
_ENTRY = re.compile(r"(\s*)(\".*?\"|'.*?'|[^'\"=].*?)\s*=\s*(.*)\Z")
_VALUE = re.compile(
    r"(?:((?:(?:\".*?\"|'.*?'|[^'\",#][^,#]*?)\s*,\s*)*)(\".*?\"|'.*?'|[^'\",#\s][^,]*?|(?<!,))?|(,))\s*(?:#.*)?\Z"
)
_ITEM = re.compile(r"(\".*?\"|'.*?'|[^'\",#]?.*?)\s*,\s*")
_TRIPLE = re.compile(r"('''|\"\"\")(.*?)\1\s*(?:#.*)?\Z", re.DOTALL)
_UNSAFE = (" ", "\t", "\r", "\n", "\v", "'", '"')

Value = Union[str, Sequence[str]]  # noqa: UP007 - pylint knows no other way


class RenewalError(Exception):
    """Certbot cannot read the file either; the message names the line."""


@dataclass
class _Line:
    """One entry, head of a section, comment or empty line, with its line break; `start` to `end` is its value."""

    text: str
    section: tuple[str, ...]
    key: str = ""
    value: Value = ""
    start: int = 0
    end: int = 0
    head: bool = False


class RenewalFile:
    """The file as its lines. Raises RenewalError for what certbot cannot read."""

    def __init__(self, content: bytes) -> None:
        """Read the content."""
        text = content.decode("utf-8", "surrogateescape")
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._lines = list(_read(text.removeprefix(_BOM)))
        _refuse_doubles(self._lines)

    def dump(self) -> bytes:
        """Return the content."""
        return (self._bom + "".join(line.text for line in self._lines)).encode("utf-8", "surrogateescape")

    @property
    def params(self) -> dict[str, Value]:
        """The entries of ``[renewalparams]``."""
        return {line.key: line.value for line in self._lines if line.section == (PARAMS,) and line.key}

    @property
    def webroot_map(self) -> dict[str, str]:
        """The folder of each name that has one of its own."""
        return {line.key: first(line.value) for line in self._lines if line.section == (PARAMS, MAP) and line.key}

    def set(self, key: str, value: Value) -> None:
        """Give an entry of ``[renewalparams]`` a value; a new one goes behind the last one of the section."""
        self._set((PARAMS,), key, value)

    def remove(self, key: str) -> None:
        """Take an entry out of ``[renewalparams]`` when it is there."""
        self._lines = [line for line in self._lines if not (line.section == (PARAMS,) and line.key == key)]

    def set_map(self, folders: Mapping[str, str]) -> None:
        """Have ``[[webroot_map]]`` say these folders and no others; without any, there is no such section."""
        section = (PARAMS, MAP)
        self._lines = [
            line
            for line in self._lines
            if line.section != section or not (line.key or line.head) or line.key in folders or (line.head and folders)
        ]
        if folders and not any(line.head and line.section == section for line in self._lines):
            self._insert(self._behind(lambda line: line.section[:1] == (PARAMS,)), f"[[{MAP}]]", section, head=True)
        for name, folder in folders.items():
            self._set(section, name, folder)

    def _set(self, section: tuple[str, ...], key: str, value: Value) -> None:
        written = _written(value)
        for line in self._lines:
            if line.section == section and line.key == key:
                if line.value != value:
                    line.text = line.text[: line.start] + written + line.text[line.end :]
                    line.value, line.end = value, line.start + len(written)
                return
        at = self._behind(lambda line: line.section == section)
        indent = re.match(r"[ \t]*", self._lines[at - 1].text)
        text = f"{indent.group() if indent else ''}{key} = {written}"
        new = self._insert(at, text, section)
        new.key, new.value, new.start, new.end = key, value, len(text) - len(written), len(text)

    def _behind(self, belongs: object) -> int:
        """Return the place behind the last entry or head of those lines that belong to a section."""
        places = [at for at, line in enumerate(self._lines) if (line.key or line.head) and belongs(line)]  # type: ignore[operator]
        if not places:
            raise RenewalError(f"it has no section [{PARAMS}]")
        return places[-1] + 1

    def _insert(self, at: int, text: str, section: tuple[str, ...], *, head: bool = False) -> _Line:
        before = self._lines[at - 1]
        ending = re.search(r"\r?\n\Z|\r\Z", before.text)
        if ending is None:
            # The last line of the file has no line break: now it is the new one that has none.
            breaks = [found.group() for line in self._lines if (found := re.search(r"\r?\n\Z|\r\Z", line.text))]
            before.text += breaks[-1] if breaks else "\n"
        new = _Line(text + (ending.group() if ending else ""), section, head=head)
        self._lines.insert(at, new)
        return new


def first(value: Value) -> str:
    """Return a value as one text: certbot takes a list for what the comma made of one."""
    return value if isinstance(value, str) else ", ".join(value)


def items(value: Value) -> list[str]:
    """Return a value as a list."""
    return ([value] if value else []) if isinstance(value, str) else list(value)


def _read(text: str) -> Iterator[_Line]:
    section: tuple[str, ...] = ()
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        number, whole = at + 1, lines[at]
        at += 1
        bare = whole.rstrip("\r\n")
        if not bare.strip() or bare.lstrip().startswith("#"):
            yield _Line(whole, section)
        elif head := _SECTION.match(bare):
            depth = head.group(1).count("[")
            if depth != head.group(3).count("]") or depth > len(section) + 1:
                raise RenewalError(f"line {number}: the brackets of {bare.strip()!r} do not fit")
            section = (*section[: depth - 1], _unquoted(head.group(2)))
            yield _Line(whole, section, head=True)
        elif entry := _ENTRY.match(bare):
            start = entry.start(3)
            opening = entry.group(3)[:3]
            if opening in ("'''", '"""'):
                while not _TRIPLE.match(whole.rstrip("\r\n"), start) and at < len(lines):
                    whole += lines[at]
                    at += 1
            value, end = _parsed(whole.rstrip("\r\n"), start, number)
            yield _Line(whole, section, _unquoted(entry.group(2)), value, start, end)
        else:
            raise RenewalError(f"line {number}: {bare.strip()!r} is neither a section nor an entry")


def _parsed(text: str, start: int, number: int) -> tuple[Value, int]:
    """Return the value that begins at a place, and where it ends."""
    if text[start : start + 3] in ("'''", '"""'):
        triple = _TRIPLE.match(text, start)
        if triple is None:
            raise RenewalError(f"line {number}: a value in three quotes does not end")
        return re.sub(r"\r\n?", "\n", triple.group(2)), triple.end(2) + 3
    found = _VALUE.match(text, start)
    if found is None:
        raise RenewalError(f"line {number}: the quotes of {text.strip()!r} do not fit")
    many, last, empty = found.group(1, 2, 3)
    if empty is not None:
        return [], found.end(3)
    end = max(found.end(1), found.end(2))
    if not many:
        return _unquoted(last or ""), end
    values = [*_ITEM.findall(many), *([last] if last else [])]
    if not all(values):
        raise RenewalError(f"line {number}: a part of the list {text[start:end]!r} is empty")
    return [_unquoted(each) for each in values], start + len(text[start:end].rstrip())


def _refuse_doubles(lines: Sequence[_Line]) -> None:
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        name = line.section if line.head else (*line.section, line.key)
        if (line.head or line.key) and name in seen:
            raise RenewalError(f"{name[-1]!r} stands there twice")
        seen.add(name)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _written(value: Value) -> str:
    """Return a value as certbot would write it."""
    if isinstance(value, str):
        return _quoted(value)
    return ", ".join(_quoted(each) for each in value) + ("," if len(value) < 2 else "")


def _quoted(text: str) -> str:
    plain = text and text[0] not in _UNSAFE and text[-1] not in _UNSAFE and not re.search(r"[,#\n]", text)
    if plain:
        return text
    if '"' not in text and "\n" not in text:
        return f'"{text}"'
    if "'" not in text and "\n" not in text:
        return f"'{text}'"
    return f"'''{text}'''" if "'''" not in text and not text.endswith("'") else f'"""{text}"""'
