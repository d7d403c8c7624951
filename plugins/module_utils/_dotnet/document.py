# SPDX-License-Identifier: GPL-3.0-or-later

"""A .NET configuration file as bytes, with the place of the elements that matter.

The XML is read by expat, so that what is not well-formed is refused by a real parser. Only the elements on the paths
that the caller names are kept, which makes a file with thousands of packages cheap to read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from xml.parsers import expat

from .encoding import attribute_text, declared_codec, marked_codec
from .errors import DotnetError

MAX_BYTES = 16 * 1024 * 1024
_TAG = re.compile(r"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_END_TAG = re.compile(r"</[^>]*>")
_ATTRIBUTE = re.compile(r"""\s([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")
_BLOCK = 1 << 16
# Parts namespace, name and prefix in what expat says: no character of XML 1.0 (section 2.2), so that none can hold it.
_PARTING = "\x01"
_BREAKS = frozenset("\t\r\n")


@dataclass(eq=False)
class Element:
    """One element: its local name, its prefix, and where it stands in the bytes (``start`` to ``end``).

    ``inner`` is where its content begins and ``inner_end`` where it ends; both are ``end`` for ``<name />``.
    """

    name: str
    prefix: str
    attributes: dict[str, str]
    start: int
    line: int
    column: int
    inner: int = 0
    inner_end: int = 0
    end: int = 0
    empty_tag: bool = False
    has_text: bool = False
    children: list[Element] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The start tag's name as it is written, in angle brackets."""
        return f"<{self.prefix}:{self.name}>" if self.prefix else f"<{self.name}>"

    def named(self, *names: str) -> list[Element]:
        """Return the direct children with one of these local names."""
        return [child for child in self.children if child.name in names]

    def error(self, message: str) -> DotnetError:
        """Return an error that names this element's place."""
        return DotnetError(message, self.line, self.column)


@dataclass
class Document:
    """The bytes, their codec and the root element."""

    data: bytes
    codec: str
    root: Element

    def text(self, element: Element) -> str:
        """Return an element as it is written in the file."""
        return self.data[element.start : element.end].decode(self.codec)

    def start_tag(self, element: Element) -> str:
        """Return the element's start tag as it is written."""
        return _match_tag(self.data, element.start, self.codec).group()

    def attribute_names(self, element: Element) -> list[str]:
        """Return the names of an element's attributes as they are written, namespaces and all."""
        return [found.group(1) for found in _ATTRIBUTE.finditer(self.start_tag(element))]

    def value_span(self, element: Element, attribute: str) -> tuple[int, int, str]:
        """Return where an attribute's value begins and ends in the bytes, and the quote around it."""
        tag = self.start_tag(element)
        for found in _ATTRIBUTE.finditer(tag):
            if found.group(1) == attribute:
                begin, end = found.span(2)
                before = len(tag[: begin + 1].encode(self.codec))
                inside = len(tag[begin + 1 : end - 1].encode(self.codec))
                return element.start + before, element.start + before + inside, found.group(2)[0]
        raise element.error(f"<{element.name}> has no attribute {attribute}")


def _match_tag(data: bytes, start: int, codec: str, kind: re.Pattern[str] = _TAG) -> re.Match[str]:
    """Return the tag at ``start``; expat has already found it well-formed, so a wide enough window holds it."""
    width = 512
    while True:
        found = kind.match(data[start : start + width].decode(codec, "ignore"))
        if found:
            return found
        if start + width > len(data):
            raise DotnetError(f"the tag at byte {start} cannot be read")
        width *= 4


def _keep_breaks(element: Element, tag: str) -> None:
    """Give attributes the values that .NET reads: it keeps tabs and line breaks, which expat makes spaces."""
    for found in _ATTRIBUTE.finditer(tag):
        name, value = found.group(1), found.group(2)[1:-1]
        if name in element.attributes and not _BREAKS.isdisjoint(value):
            element.attributes[name] = attribute_text(value)


def _local_and_prefix(name: str) -> tuple[str, str]:
    """Return both out of expat's name: local, namespace and local, or namespace, local and prefix, parted by a sign."""
    parts = name.split(_PARTING)
    return (parts[1], "".join(parts[2:])) if len(parts) > 1 else (name, "")


class _NestedError(Exception):
    """An element that is passed over may hold another one of its name: its end must be counted for."""


class _Passed:
    """An element that is passed over: its name as expat says it, and where it starts."""

    def __init__(self, name: str, start: int, codec: str) -> None:
        self.name = name
        self.start = start
        self.searched = start
        self.near = False
        local, prefix = _local_and_prefix(name)
        self.end_tag = (f"</{prefix}:{local}" if prefix else f"</{local}").encode(codec)
        self.start_tags = [f"{before}{local}".encode(codec) for before in "<:"]

    def end_is_near(self, data: bytes, until: int) -> bool:
        """Return whether what looks like the end tag is in what was read, or is to be read next."""
        self.near = self.near or data.find(self.end_tag, self.searched, until) >= 0
        self.searched = max(self.start, until - len(self.end_tag))
        return self.near

    def may_hold_another(self, data: bytes, end: int) -> bool:
        """Return whether an element of that name may start in it, or a comment holds what looks so.

        ``end`` is where expat saw its end: of an empty tag, that is where the tag starts.
        """
        return any(data.find(tag, self.start + 1, end + len(tag)) >= 0 for tag in self.start_tags)


class _Reader:
    """The expat handlers: they build the elements on the kept paths and pass over all others.

    ``quick`` listens to nothing there until the element's end tag is near, which takes half the time.
    """

    def __init__(self, data: bytes, keep: Collection[tuple[str, ...]], quick: bool) -> None:
        self.data = data
        self.keep = keep
        self.quick = quick
        self.passed: _Passed | None = None
        self.codec = marked_codec(data)
        self.path: tuple[str, ...] = ()
        self.open: list[Element] = []
        self.root: Element | None = None
        self.skipped = 0
        self.parser = expat.ParserCreate(namespace_separator=_PARTING)
        self.parser.namespace_prefixes = True
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self.declaration
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.finish

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise DotnetError(f"XML version {version} is not read by .NET: declare 1.0", 1, 1)
        if encoding is not None:
            self.codec = declared_codec(encoding, self.codec)

    def doctype(self, *_arguments: object) -> None:
        raise self.error("a DOCTYPE has no place in a .NET configuration file: remove it")

    def error(self, message: str) -> DotnetError:
        return DotnetError(message, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def start(self, name: str, attributes: list[str]) -> None:
        if self.skipped or self.path not in self.keep:
            self.pass_over(name)
            return
        local, prefix = _local_and_prefix(name)
        # An attribute in a namespace keeps expat's whole name: it can equal none that is looked for.
        pairs = dict(zip(attributes[::2], attributes[1::2], strict=True))
        where = self.parser
        element = Element(
            name=local,
            prefix=prefix,
            attributes=pairs,
            start=where.CurrentByteIndex,
            line=where.CurrentLineNumber,
            column=where.CurrentColumnNumber + 1,
        )
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
            self.codec = self.codec or "utf-8"
        tag = _match_tag(self.data, element.start, self.codec)
        _keep_breaks(element, tag.group())
        element.inner = element.start + len(tag.group().encode(self.codec))
        element.empty_tag = bool(tag.group(1))
        self.open.append(element)
        self.path = (*self.path, element.name)
        self.watch_text()

    def finish(self, _name: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        element = self.open.pop()
        self.path = self.path[:-1]
        element.inner_end = element.end = element.inner
        if not element.empty_tag:
            element.inner_end = self.parser.CurrentByteIndex
            tag = _match_tag(self.data, element.inner_end, self.codec, _END_TAG)
            element.end = element.inner_end + len(tag.group().encode(self.codec))
        self.watch_text()

    def pass_over(self, name: str) -> None:
        if not self.quick:
            self.skipped += 1
            return
        self.passed = _Passed(name, self.parser.CurrentByteIndex, self.codec)
        self.parser.StartElementHandler = None
        self.parser.EndElementHandler = self.finish_passed

    def finish_passed(self, name: str) -> None:
        if not self.passed or name != self.passed.name:
            return
        if self.passed.may_hold_another(self.data, self.parser.CurrentByteIndex):
            raise _NestedError
        self.passed = None
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.finish

    def watch_text(self) -> None:
        """Look at character data only where it would be an error: asking for all of a large file is slow."""
        deep = len(self.open) >= 3
        self.parser.CharacterDataHandler = self.characters if deep else None

    def characters(self, text: str) -> None:
        if not self.skipped and not self.passed and text.strip(" \t\r\n"):
            self.open[-1].has_text = True

    def feed(self) -> None:
        for start in range(0, len(self.data), _BLOCK):
            if self.passed:
                near = self.passed.end_is_near(self.data, start + _BLOCK)
                self.parser.EndElementHandler = self.finish_passed if near else None
            self.parser.Parse(self.data[start : start + _BLOCK], False)
        self.parser.Parse(b"", True)

    def read(self) -> Document:
        try:
            self.feed()
            if self.codec.startswith("utf-16"):
                # expat lets a surrogate pass that has no partner; .NET does not.
                self.data.decode(self.codec)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise DotnetError(f"not well-formed XML: {reason}", error.lineno, error.offset + 1) from error
        except (ValueError, LookupError) as error:
            raise DotnetError(f"the XML cannot be read: {error}", 1, 1) from error
        if self.root is None:
            raise DotnetError("the file holds no element", 1, 1)
        return Document(self.data, self.codec, self.root)


def parse(data: bytes, keep: Collection[tuple[str, ...]]) -> Document:
    """Read a configuration file; ``keep`` names the paths of local names whose children are wanted.

    The root must be ``configuration``, each of its children there once, and ``configSections`` the first of them, as
    .NET demands.
    """
    if len(data) > MAX_BYTES:
        raise DotnetError(
            f"{len(data)} bytes are too many for a configuration file (limit {MAX_BYTES}): is it the right one?"
        )
    paths = {(), ("configuration",), *keep}
    try:
        document = _Reader(data, paths, quick=True).read()
    except _NestedError:
        document = _Reader(data, paths, quick=False).read()
    root = document.root
    if root.name != "configuration" or root.prefix:
        raise root.error(
            f"the root element is {root.written} and not <configuration>: is it a .NET configuration file?"
        )
    others = [name for name in document.attribute_names(root) if name != "xmlns"]
    if others:
        raise root.error(f"<configuration> with the attribute {others[0]} is refused by .NET: remove it")
    _check_sections(root.children)
    return document


def _check_sections(sections: list[Element]) -> None:
    """Refuse what .NET refuses among the children of the root."""
    first: dict[str, Element] = {}
    for section in sections:
        if section.prefix:
            raise section.error(f"{section.written} has a prefix, which .NET refuses: use a default namespace")
        if section.name == "configSections" and first:
            raise section.error("<configSections> must be the first child of <configuration>")
        before = first.setdefault(section.name, section)
        if before is not section and section.name != "location":
            raise section.error(f"a second {section.written}; the first is in line {before.line}: merge them")
