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

from ._interpolation import RenewalError, Value, filled_in

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
_TRIPLES = ("'''", '"""')
_BEHIND_TRIPLE = re.compile(r"\s*(?:#.*)?\Z")
_UNSAFE = (" ", "\t", "\r", "\n", "\v", "'", '"')


@dataclass
class _Line:
    """One entry, head of a section, comment or empty line, with its line break; `start` to `end` is its value."""

    text: str
    section: tuple[str, ...]
    key: str | None = None
    value: Value = ""
    start: int = 0
    end: int = 0
    head: bool = False


class RenewalFile:
    """The file as its lines. Raises RenewalError for what certbot cannot read."""

    def __init__(self, content: bytes) -> None:
        """Read the content."""
        text = _decoded(content)
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._lines = list(_read(text.removeprefix(_BOM)))
        _refuse_doubles(self._lines)
        # What certbot itself reads of the file, so that it fails where one of these cannot be filled in.
        for section in ((), (PARAMS,), (PARAMS, MAP)):
            self.entries(*section)

    def dump(self) -> bytes:
        """Return the content."""
        return (self._bom + "".join(line.text for line in self._lines)).encode()

    @property
    def params(self) -> dict[str, Value]:
        """The entries of ``[renewalparams]``."""
        return self.entries(PARAMS)

    @property
    def webroot_map(self) -> dict[str, str]:
        """The folder of each name that has one of its own; "" for a list, which certbot cannot use as a folder."""
        found = self.entries(PARAMS, MAP).items()
        return {key: value if isinstance(value, str) else "" for key, value in found}

    def entries(self, *section: str) -> dict[str, Value]:
        """Return the entries of a section, by the names on the way to it; those before any section without a name."""
        written: dict[tuple[str, ...], dict[str, Value]] = {}
        for line in self._lines:
            if line.key is not None:
                written.setdefault(line.section, {})[line.key] = line.value
        return {key: filled_in(written, section, key, value) for key, value in written.get(section, {}).items()}

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
            if line.section != section
            or (line.key is None and not line.head)
            or line.key in folders
            or (line.head and folders)
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
        places = [at for at, line in enumerate(self._lines) if (line.key is not None or line.head) and belongs(line)]  # type: ignore[operator]
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


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise RenewalError(f"line {number}: it is not UTF-8") from error


def _read(text: str) -> Iterator[_Line]:
    section: tuple[str, ...] = ()
    # Python's splitlines knows other ends of a line, which are none to configobj.
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
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
            start, key = entry.start(3), _unquoted(entry.group(2))
            if entry.group(3).startswith(_TRIPLES):
                value, end, more = _in_triple_quotes(lines[at - 1 :], start, number)
                whole = "".join(lines[at - 1 : at + more])
                at += more
                yield _Line(whole, section, key, value, start, end)
            else:
                yield _Line(whole, section, key, *_parsed(bare, start, number))
        else:
            raise RenewalError(f"line {number}: {bare.strip()!r} is neither a section nor an entry")


def _parsed(text: str, start: int, number: int) -> tuple[Value, int, int]:
    """Return the value that begins at a place, that place, and where it ends."""
    found = _VALUE.match(text, start)
    if found is None:
        raise RenewalError(f"line {number}: the quotes of {text.strip()!r} do not fit")
    many, last, empty = found.group(1, 2, 3)
    if empty is not None:
        return [], start, found.end(3)
    end = max(found.end(1), found.end(2))
    if not many:
        return _unquoted(last or ""), start, end
    values = [*_ITEM.findall(many), *([last] if last else [])]
    if not all(values):
        raise RenewalError(f"line {number}: a part of the list {text[start:end]!r} is empty")
    return [_unquoted(each) for each in values], start, start + len(text[start:end].rstrip())


def _in_triple_quotes(lines: Sequence[str], start: int, number: int) -> tuple[str, int, int]:
    """Return a value in triple quotes, where it ends, and over how many further lines it goes."""
    quotes, text = lines[0][start : start + 3], lines[0].rstrip("\r\n")
    value, begin, more = "", start + 3, 0
    offset = 0
    while (close := text.find(quotes, begin)) < 0:
        value += text[begin:] + "\n"
        offset += len(lines[more])
        more += 1
        if more == len(lines):
            raise RenewalError(f"line {number}: a value in three quotes does not end")
        text, begin = lines[more].rstrip("\r\n"), 0
    # The first quotes behind which nothing but a comment stands; those before them are a part of the value.
    while not _BEHIND_TRIPLE.match(text, close + 3):
        close = text.find(quotes, close + 1)
        if close < 0:
            raise RenewalError(f"line {number}: something stands behind a value in three quotes")
    return value + text[begin:close], offset + close + 3, more


def _refuse_doubles(lines: Sequence[_Line]) -> None:
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        if line.key is None and not line.head:
            continue
        name = line.section if line.key is None else (*line.section, line.key)
        if name in seen:
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
