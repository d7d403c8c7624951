# SPDX-License-Identifier: GPL-3.0-or-later

"""Between what a token says and how it is written."""

from __future__ import annotations

import re

from .errors import ConfigError
from .tokens import TOKEN

_ESCAPE = re.compile(r"\\([\s\S])")
_MEANS = {'"': '"', "'": "'", "\\": "\\", "t": "\t", "r": "\r", "n": "\n"}
_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@*^~+&?!%|\[\]()<>-]+\Z")
_TO_ESCAPE = re.compile(r"\"|\\(?=[\"'\\trn]|\Z)")
# nginx reads into a buffer of 4,096 bytes; a bare word followed by white space has the shortest limit.
LONGEST = 4093


def inner(text: str) -> str:
    """Return a string of Ansible's (Unicode) as this package holds it: its bytes, one character each."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def outer(text: str) -> str:
    r"""Return the reverse of `inner`; bytes that are not UTF-8, which Ansible passes nowhere, are written as `\xe9`."""
    return text.encode("latin-1").decode("utf-8", "backslashreplace")


def value(text: str) -> str:
    """Return the value of a token: without its quotes, with its escapes carried out."""
    if text[:1] in ('"', "'"):
        text = text[1:-1]
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _MEANS.get(found.group(1), found.group()), text)


def quote(wanted: str) -> str:
    """Return a token that has exactly this value: bare when that reads back equal, else in double quotes.

    Raises ConfigError when it would be longer than nginx reads.
    """
    if _PLAIN.match(wanted) or _reads_back(wanted, wanted):
        text = wanted
    else:
        text = '"' + _TO_ESCAPE.sub(lambda found: "\\" + found.group(), wanted) + '"'
    if len(text) > LONGEST:
        raise ConfigError(
            f"an argument of {len(text)} bytes is longer than nginx reads ({LONGEST} bytes): {outer(text[:40])}..."
        )
    return text


def _reads_back(text: str, wanted: str) -> bool:
    """Whether a bare spelling is one token of this value, in front of `;` and in front of ` {`."""
    for tail in (";", " {"):
        found = TOKEN.match(text + tail)
        if found is None or found.group(1) or found.end() != len(text) or text in ("", ";", "{", "}"):
            return False
    return text[0] not in "\"'" and value(text) == wanted
