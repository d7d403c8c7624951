# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random .NET configuration files: the inputs to begin with, and what is done with each."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._constellation.console.file_server import (
    read_file_servers,
)
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris import listen_uris
from ansible_collections.constellation.edge.plugins.module_utils._dotnet import settings
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.document import Document, Element, parse
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.settings import Setting

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "dotnet"
# Parts the file from the wish about it; no XML file can hold it, but UTF-16 can as half a character.
SEPARATOR = b"\x1e\x1e\x1e"
STATES = ("present", "exact", "absent")
# The fixtures' encodings under other names, and the names of others.
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "latin-1", "utf-32")
DECLARED = (b"utf-8", b"utf-16", b"iso-8859-1", b"us-ascii", b"windows-1252", b"x")
WORDS = (
    *(b"<", b">", b"/>", b"</", b"&", b"&amp;", b"&#9;", b"&#x0;", b'"', b"'", b"=", b" ", b"\n", b"\r", b"\t", b"\0"),
    *(b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>", b"<!DOCTYPE a [", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf"),
    *(b"<listenUris>", b"</listenUris>", b"<listenUris/>", b'<uri listenUri="http://+:1/"/>', b"<uri>", b"</uri>"),
    *(
        b"<constellation>",
        b"<constellationSection/>",
        b"</constellation>",
        b"<configSections/>",
        b"<x:a/>",
        b"xmlns=''",
    ),
    *(b' xmlns="urn:a>b"', b" xmlns:x='urn:x'", b"x:", b"<appSettings>", b"</appSettings>", b"<clear/>", b"<remove "),
    *(b"<add key='A' value='1'/>", b'<add key="a"/>', b"http://+:8088/", b"https://", b"8088", b"</configuration>"),
)
WISHES = (
    b"http://+:8088/",
    b"http://+:8088/constellation",
    b"https://name:1/",
    b"8088",
    b"A\0<&\"'>\n\t",
    b"a=\xc3\xa9",
)


def seeds() -> list[bytes]:
    """Return the fixtures, each with a wish and its state."""
    paths = [path for path in sorted(FIXTURES.rglob("*.config")) if path.stat().st_size < 8192]
    return [
        SEPARATOR.join((path.read_bytes(), WISHES[at % len(WISHES)], bytes([at % len(STATES)])))
        for at, path in enumerate(paths)
    ]


def mutated(chance: random.Random, begin: list[bytes]) -> bytes:
    """Return one of the inputs to begin with, changed: cut, flipped, put together, in another encoding."""
    data, *rest = chance.choice(begin).split(SEPARATOR)
    changed = bytearray(data)
    for _number in range(chance.choice((1, 1, 1, 2, 4))):
        chance.choice(CHANGES)(chance, changed, begin)
    wish = chance.choice(WISHES) if chance.random() < 0.3 else rest[0]
    return SEPARATOR.join((bytes(changed), wish, bytes([chance.randrange(len(STATES))])))


def _flip(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _truncate(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    del data[chance.randint(0, len(data)) :]


def _delete(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    del data[at : at + chance.choice((1, 2, 5, 40))]


def _double(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = data[at : at + chance.choice((1, 10, 60))]


def _insert(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    at = chance.randint(0, len(data))
    if chance.random() < 0.7:
        # Between two tags, where it has more of a chance to be read.
        at = data.find(b"<", at) if data.find(b"<", at) >= 0 else at
    data[at:at] = chance.choice(WORDS)


def _splice(chance: random.Random, data: bytearray, begin: list[bytes]) -> None:
    other, at = chance.choice(begin).split(SEPARATOR)[0], chance.randint(0, len(data))
    start, length = chance.randint(0, len(other)), chance.choice((10, 60, 400))
    data[at : at + length] = other[start : start + length]


def _encode(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    text = data.decode(chance.choice(ENCODINGS[:3]), "replace")
    data[:] = text.encode(chance.choice(ENCODINGS), "replace")


def _declare(chance: random.Random, data: bytearray, _begin: list[bytes]) -> None:
    data[:] = data.replace(chance.choice(DECLARED), chance.choice(DECLARED), 1)


CHANGES: tuple[Callable[[random.Random, bytearray, list[bytes]], None], ...] = (
    *(_flip, _truncate, _delete, _double),
    *(_insert, _insert, _insert, _splice, _encode, _declare),
)


def edit(data: bytes) -> None:
    """See that a file is changed or refused with a message: bytes outside the element stay, and twice is once."""
    file, wish, state, *_rest = (*data.split(SEPARATOR), b"", b"")[:3]
    text = wish.decode("utf-8", "surrogateescape")
    _uris(file, text, STATES[state[0] % 3] if state else "exact")
    _settings(file, Setting(text[:3] or "k", None if state == b"\2" else text))
    try:
        read_file_servers(file)
    except DotnetError:
        return


def _uris(file: bytes, text: str, state: str) -> None:
    try:
        once = listen_uris.change_uris(file, [text], state)
    except DotnetError as error:
        _placed(error, file)
        return
    document = parse(file, listen_uris.KEEP)
    section = listen_uris.section_of(document)
    _stays(document, listen_uris.list_of(section) or section, once.content)
    assert listen_uris.read_uris(once.content) == once.uris
    assert listen_uris.change_uris(once.content, [text], state).content == once.content


def _settings(file: bytes, wish: Setting) -> None:
    try:
        once = settings.change_settings(file, [wish])
    except DotnetError as error:
        _placed(error, file)
        return
    document = parse(file, settings.KEEP)
    holders = document.root.named("appSettings")
    _stays(document, holders[0] if holders else document.root, once.content)
    there = {key.lower(): value for key, value in settings.read_settings(once.content).items()}
    assert there.get(wish.key.lower()) == wish.value
    assert settings.change_settings(once.content, [wish]).content == once.content


def _placed(error: DotnetError, file: bytes) -> None:
    """See that an error's place, where it names one, is in the file."""
    assert error.message
    assert 0 <= error.line <= file.count(b"\n") + file.count(b"\r") + 1


def _stays(document: Document, element: Element, content: bytes) -> None:
    assert content.startswith(document.data[: element.start])
    assert content.endswith(document.data[element.end :])
