# SPDX-License-Identifier: GPL-3.0-or-later

"""Which codec the bytes of an XML file are in, and how text is written in it."""

from __future__ import annotations

import codecs
import re

from .errors import DotnetError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# The names that both expat and Mono without its extra packages know. Python knows more (rot13, utf-7): none is let in.
_DECLARABLE = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso8859-1",
    "iso8859-1": "iso8859-1",
    "latin1": "iso8859-1",
}
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def marked_codec(data: bytes) -> str:
    """Return the codec that the first bytes show (byte order mark, or UTF-16 without one); "" when they show none."""
    for start, codec in _BOMS:
        if data.startswith(start):
            if codec == "utf-32":
                raise DotnetError("UTF-32 is not supported: save the file as UTF-8", 1, 1)
            return codec
    return ""


def declared_codec(name: str, marked: str) -> str:
    """Return the codec of a file that declares ``encoding`` and whose first bytes show ``marked``.

    An encoding that is not supported, or that contradicts the byte order mark, is an error.
    """
    codec = _DECLARABLE.get(name.lower(), "")
    if marked.startswith("utf-16"):
        return marked
    if not codec:
        raise DotnetError(f"unknown or unsupported encoding {name!r}: save the file as UTF-8", 1, 1)
    if marked and codec != marked:
        raise DotnetError(f"the byte order mark says {marked} and the declaration {name!r}: declare {marked}", 1, 1)
    return codec


def attribute_text(written: str) -> str:
    """Return the value that is written like this between an attribute's quotes, white space as it stands."""

    def meaning(reference: re.Match[str]) -> str:
        name = reference.group(1)
        if name in _NAMED:
            return _NAMED[name]
        return chr(int(name[2:], 16) if name.startswith("#x") else int(name[1:]))

    return re.sub("&([^;]+);", meaning, written)


def attribute_value(value: str, quote: str, codec: str) -> bytes:
    """Return the bytes of an attribute's value, without its quotes; what the codec lacks becomes a reference."""
    bad = _FORBIDDEN.search(value)
    if bad:
        raise DotnetError(f"the character U+{ord(bad.group()):04X} cannot stand in an XML file")
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace('"', "&quot;") if quote == '"' else text.replace("'", "&apos;")
    text = re.sub("[\t\n\r]", lambda white: f"&#{ord(white.group())};", text)
    return text.encode(codec, "xmlcharrefreplace")
