# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which codec a file is in, and how a value is written in it."""

from __future__ import annotations

import codecs

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.encoding import (
    attribute_value,
    declared_codec,
    marked_codec,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (codecs.BOM_UTF8 + b"<", "utf-8"),
        (codecs.BOM_UTF16_LE + b"<\0", "utf-16-le"),
        (codecs.BOM_UTF16_BE + b"\0<", "utf-16-be"),
        (b"<\0?\0", "utf-16-le"),
        (b"\0<\0?", "utf-16-be"),
        (b"<?xml", ""),
        (b"", ""),
    ],
)
def test_codec_that_the_first_bytes_show(data: bytes, codec: str) -> None:
    assert marked_codec(data) == codec


@pytest.mark.parametrize("mark", [codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_utf32_is_refused(mark: bytes) -> None:
    with pytest.raises(DotnetError, match="line 1, column 1: UTF-32"):
        marked_codec(mark)


@pytest.mark.parametrize(
    ("name", "marked", "codec"),
    [
        ("UTF-8", "", "utf-8"),
        ("utf-8", "utf-8", "utf-8"),
        ("ISO-8859-1", "", "iso8859-1"),
        ("us-ascii", "", "ascii"),
        ("utf-16", "utf-16-le", "utf-16-le"),
    ],
)
def test_codec_that_is_declared(name: str, marked: str, codec: str) -> None:
    assert declared_codec(name, marked) == codec


@pytest.mark.parametrize(
    ("name", "marked"),
    [("koi8-r", ""), ("rot13", ""), ("utf-7", ""), ("utf-16", ""), ("windows-1252", ""), ("iso-8859-1", "utf-8")],
)
def test_unsupported_or_contradicting_encodings_are_refused(name: str, marked: str) -> None:
    with pytest.raises(DotnetError, match=f"line 1, column 1: .*{name}"):
        declared_codec(name, marked)


@pytest.mark.parametrize(
    ("value", "quote", "codec", "expected"),
    [
        ("a\"b'c", '"', "utf-8", b"a&quot;b'c"),
        ("a\"b'c", "'", "utf-8", b'a"b&apos;c'),
        ("<&>", '"', "utf-8", b"&lt;&amp;&gt;"),
        ("\t\r\n ", '"', "utf-8", b"&#9;&#13;&#10; "),
        ("\u00e9\u20ac", '"', "iso8859-1", b"\xe9&#8364;"),
        ("\u00e9\U0001f600", '"', "ascii", b"&#233;&#128512;"),
        ("\u00e9", '"', "utf-16-be", b"\x00\xe9"),
        ("&amp;", '"', "utf-8", b"&amp;amp;"),
    ],
)
def test_a_value_is_escaped(value: str, quote: str, codec: str, expected: bytes) -> None:
    assert attribute_value(value, quote, codec) == expected


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_no_xml_file_can_hold_is_refused(character: str) -> None:
    with pytest.raises(DotnetError, match=f"U[+]{ord(character):04X}"):
        attribute_value(f"a{character}", '"', "utf-8")
