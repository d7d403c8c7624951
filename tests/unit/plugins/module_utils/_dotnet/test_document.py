# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the elements of a file stand, in whatever way it is written."""

from __future__ import annotations

import pathlib
from xml.etree import ElementTree

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dotnet import document as module
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.document import Document, Element, parse
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from places import TEXTS

FIXTURES = TEXTS / "dotnet"
ACCEPTED = sorted((FIXTURES / "accepted").iterdir())
REFUSED = sorted((FIXTURES / "refused").iterdir())


def walk(element: Element) -> list[Element]:
    return [element, *(each for child in element.children for each in walk(child))]


def whole(data: bytes) -> Document:
    """Read a file with the children of the server's section."""
    names = ("configSections", "constellation", "constellationSection", "appSettings")
    return parse(data, {("configuration", name) for name in names})


@pytest.mark.parametrize("path", ACCEPTED, ids=[path.stem for path in ACCEPTED])
def test_every_element_is_found_as_another_parser_finds_it(path: pathlib.Path) -> None:
    document = whole(path.read_bytes())
    for element in walk(document.root):
        # Alone it is no document where a prefix or a default namespace comes from outside: that is put around it.
        text = f'<around xmlns:x="urn:x" xmlns:p="urn:p">{document.text(element)}</around>'
        (alone,) = ElementTree.fromstring(text)  # noqa: S314 - our own fixtures
        assert alone.tag.rpartition("}")[2] == element.name
        inner = document.data[element.inner : element.inner_end].decode(document.codec)
        assert document.text(element).count(inner) >= 1
        assert element.empty_tag == document.text(element).endswith("/>")
        assert document.start_tag(element).startswith(element.written[:-1])


@pytest.mark.parametrize("path", ACCEPTED, ids=[path.stem for path in ACCEPTED])
def test_line_and_column_count_characters_from_one(path: pathlib.Path) -> None:
    document = whole(path.read_bytes())
    text = document.data.decode(document.codec).replace("\r\n", "\n").replace("\r", "\n")
    # A byte order mark counts as a character of the first line.
    lines = text.split("\n")
    for element in walk(document.root):
        assert lines[element.line - 1][element.column - 1 :].startswith(element.written[:-1])


@pytest.mark.parametrize("width", [500, 511, 512, 513, 2047, 2048, 9000])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_tag_of_any_length(width: int, codec: str) -> None:
    space = " " * width
    text = f'<configuration><constellation {space} xmlns="urn:\u00e9" ><a/></constellation {space}></configuration>'
    document = whole(text.encode(codec))
    (section,) = document.root.named("constellation")
    assert document.text(section) == text.removeprefix("<configuration>").removesuffix("</configuration>")
    start, end, quote = document.value_span(section, "xmlns")
    assert (document.data[start:end].decode(document.codec), quote) == ("urn:\u00e9", '"')


def test_an_attribute_that_is_not_there_is_an_error_with_its_place() -> None:
    document = whole(b"<configuration>\n  <constellation />\n</configuration>")
    with pytest.raises(DotnetError, match=r"line 2, column 3: <constellation> has no attribute a"):
        document.value_span(document.root.children[0], "a")


def places(document: Document) -> list[tuple[object, ...]]:
    return [(each.written, each.attributes, each.start, each.inner, each.inner_end) for each in walk(document.root)]


def refusal(data: bytes) -> str:
    """Return why a file is refused, "" when it is read."""
    try:
        whole(data)
    except DotnetError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("block", [1, 30, 1000])
def test_however_it_is_cut_into_blocks_the_same_is_found(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [path.read_bytes() for path in ACCEPTED]
    expected = [places(whole(data)) for data in files]
    monkeypatch.setattr(module, "_BLOCK", block)
    assert [places(whole(data)) for data in files] == expected


def test_however_it_is_cut_into_blocks_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [refusal(path.read_bytes()) for path in REFUSED]
    assert sum(bool(each) for each in expected) > 60
    monkeypatch.setattr(module, "_BLOCK", 1)
    assert [refusal(path.read_bytes()) for path in REFUSED] == expected


@pytest.mark.parametrize(
    "inside", ["", "<a>", "<sentinels/>", "<sentinels>", "<!--<sentinels>-->", "<b t='x:sentinels'/>"]
)
@pytest.mark.parametrize("space", [0, 65500, 65536, 131072])
def test_an_end_tag_across_blocks(inside: str, space: int) -> None:
    closed = inside + ("</" + inside[1:] if inside in ("<a>", "<sentinels>") else "")
    text = f"<configuration><sentinels>{closed}{' ' * space}</sentinels{' ' * space}><last /></configuration>"
    assert [child.name for child in whole(text.encode()).root.children] == ["sentinels", "last"]
