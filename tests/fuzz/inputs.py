# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs to begin with, and what is changed in them at random."""

from __future__ import annotations

import random
from pathlib import Path

from . import dotnet
from .targets import SEPARATOR

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "nginx"
LONGEST = 4096
WORDS = (
    *(b"{", b"}", b";", b'"', b"'", b"\\", b"#", b"$", b"${", b"\n", b"\r\n", b"\r", b" ", b"\t", b")", b"(", b"\0"),
    *(b"\xff", b"\xef\xbb\xbf", b"#\n", b'""', b"''", b"\\\n", b"{}", b" {\n", b"}\n", b";\n", b"[[", b"]]", b"--"),
    *(b"x_by_lua_block {", b"--[==[", b"]==]", b"[=[", b"location / {", b"server {", b"if ($a) {", b"map $a $b {"),
    *(b"location = /a {}", b"~ ", b"= ", b"^~ ", b"@", b" # constellation.edge", b"proxy_pass ", b"add_header X "),
    SEPARATOR,
)
_DECLARED = (
    b"X-A $host",
    b'X "a;b"',
    b"root /x;\nif ($a) { deny all; }",
    b"location = /b { return 404; }",
    b"",
    b"on",
    b"a x} deny all",
)
_NAMES = (b"add_header", b"if ($a)", b"content_by_lua_block")
_PATHS = (b"/", b"= /a", b"~ \\.php$", b"^~ /x", b"@n", b'"/a b"', b"/new")


def seeds(target: str) -> list[bytes]:
    """Return the inputs to begin with: the test corpus, and for an edit with something that is declared."""
    if target == "dotnet":
        return dotnet.seeds()
    texts = [path.read_bytes()[:LONGEST] for path in sorted(FIXTURES.rglob("*")) if path.is_file()]
    if target == "read":
        return texts
    if target == "declaration":
        return [*_DECLARED, *(name + SEPARATOR + value for name in (*_NAMES, *_PATHS) for value in _DECLARED)]
    chance = chances(3)
    return [
        SEPARATOR.join((text, chance.choice(_PATHS), chance.choice(_DECLARED), beside, bytes([chance.randrange(128)])))
        for text in texts
        for beside in (b"", chance.choice(_PATHS))
    ]


def chances(seed: int) -> random.Random:
    """Return a generator of random numbers that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def words(target: str) -> tuple[bytes, ...]:
    """Return what is worth putting into an input."""
    return dotnet.WORDS if target == "dotnet" else WORDS


def mutated(target: str, chance: random.Random, begin: list[bytes]) -> bytes:
    """Return an input put together from the fields of others, one of them changed."""
    if target == "dotnet":
        return dotnet.mutated(chance, begin)
    fields = chance.choice(begin).split(SEPARATOR)
    for at in range(len(fields)):
        if chance.random() < 0.3:
            fields[at] = (chance.choice(begin).split(SEPARATOR) + fields)[at]
    at = chance.randrange(len(fields))
    fields[at] = _changed(chance, fields[at], chance.choice(begin))
    return SEPARATOR.join(fields)[:LONGEST]


def _changed(chance: random.Random, field: bytes, other: bytes) -> bytes:
    data = bytearray(field)
    for _number in range(chance.choice((1, 1, 2, 3, 6))):
        at, length = chance.randint(0, len(data)), chance.choice((1, 1, 2, 5, 30))
        change = chance.choice(("delete", "insert", "insert", "insert", "double", "splice", "truncate", "byte"))
        if change == "delete":
            del data[at : at + length]
        elif change == "insert":
            data[at:at] = chance.choice(WORDS)
        elif change == "double":
            data[at:at] = data[at : at + length] * chance.choice((1, 2, 20))
        elif change == "splice":
            start = chance.randint(0, len(other))
            data[at : at + length] = other[start : start + length]
        elif change == "truncate" and chance.random() < 0.3:
            del data[at:]
        elif change == "byte" and at < len(data):
            data[at] = chance.randrange(256)
    return bytes(data)
