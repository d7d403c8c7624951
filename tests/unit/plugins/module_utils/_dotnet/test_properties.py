# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for any edit of any file that is accepted: what is restored, what stays, what settles."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import parse_listen_uri
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uris import (
    KEEP,
    change_uris,
    entries_of,
    list_of,
    read_uris,
    section_of,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.document import Document, Element, parse
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.encoding import attribute_value
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.settings import KEEP as SETTINGS_KEEP
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.settings import (
    Setting,
    change_settings,
    read_settings,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.splice import apply_splices, set_attribute
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from places import TEXTS

ACCEPTED = TEXTS / "dotnet" / "accepted"
FILES = [path.read_bytes() for path in sorted(ACCEPTED.iterdir())]
PATHS = st.lists(st.text("aZ09-._~!$&'()*+,;=:@<>\"[]{}|^`", min_size=1, max_size=6), max_size=3).map("/".join)
HOSTS = st.sampled_from(["+", "*", "name.example.org", "198.51.100.7"])
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff") | st.sampled_from("<>&\"' \t\r\n"),
    max_size=12,
).filter(lambda text: not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text))
NEW_KEYS = st.text(st.characters(codec="latin-1", min_codepoint=33), min_size=1, max_size=6).map(
    lambda text: f"new {text}"
)
WISHES = st.lists(st.builds(Setting, NEW_KEYS, TEXTS), min_size=1, max_size=3, unique_by=lambda wish: wish.key.lower())
bounded = examples(200)


def new_uris(least: int, most: int) -> st.SearchStrategy[list[str]]:
    """Return lists of URIs on ports that no fixture has, each on its own: some hosts exclude each other on one."""
    ends = st.lists(st.tuples(HOSTS, PATHS), min_size=least, max_size=most)
    return ends.map(lambda parts: [f"http://{host}:{20000 + at}/{path}" for at, (host, path) in enumerate(parts)])


def entries(data: bytes) -> tuple[Document, list[Element]]:
    """Return a file's document and its entries."""
    document = parse(data, KEEP)
    return document, entries_of(document, list_of(section_of(document)))


def as_we_write(document: Document, element: Element, attribute: str) -> bool:
    """Whether an attribute's value is spelled as we would spell it: without needless references, for instance."""
    start, end, quote = document.value_span(element, attribute)
    return document.data[start:end] == attribute_value(element.attributes[attribute], quote, document.codec)


def single_settings(data: bytes) -> bool:
    """Whether every setting has a key of its own, a value, and our spelling."""
    document = parse(data, SETTINGS_KEEP)
    children = document.root.named("appSettings")[0].children
    keys = {child.attributes.get("key", "").lower() for child in children}
    return (
        "" not in keys
        and len(keys) == len(children)
        and all(
            child.name == "add" and "value" in child.attributes and as_we_write(document, child, "value")
            for child in children
        )
    )


FILES_WITH_ENTRIES = [data for data in FILES if read_uris(data)]
# Every entry means something else, and is spelled as we would spell it.
FILES_LIKE_OURS = [
    data
    for data in FILES_WITH_ENTRIES
    if len({parse_listen_uri(text) for text in read_uris(data)}) == len(read_uris(data))
    and all(as_we_write(entries(data)[0], entry, "listenUri") for entry in entries(data)[1])
]
# Key after key, each of them once.
FILES_WITH_SETTINGS = [data for data in FILES if read_settings(data) and single_settings(data)]


@bounded
@given(st.sampled_from(FILES_WITH_ENTRIES), new_uris(1, 4))
def test_present_then_absent_restores_the_bytes(data: bytes, uris: list[str]) -> None:
    assert change_uris(change_uris(data, uris, "present").content, uris, "absent").content == data


@bounded
@given(st.sampled_from(FILES_LIKE_OURS), st.data())
def test_another_list_of_the_same_length_and_back_restores_the_bytes(data: bytes, draw: st.DataObject) -> None:
    there = read_uris(data)
    uris = draw.draw(new_uris(len(there), len(there)))
    assert change_uris(change_uris(data, uris, "exact").content, there, "exact").content == data


@bounded
@given(st.sampled_from(FILES_LIKE_OURS), TEXTS, st.data())
def test_an_attribute_and_back_restores_the_bytes(data: bytes, value: str, draw: st.DataObject) -> None:
    document, before = entries(data)
    entry = draw.draw(st.sampled_from(before))
    changed = apply_splices(data, [set_attribute(document, entry, "listenUri", value)])
    again, after = entries(changed)
    moved = after[before.index(entry)]
    assert moved.attributes["listenUri"] == value
    assert apply_splices(changed, [set_attribute(again, moved, "listenUri", entry.attributes["listenUri"])]) == data


@bounded
@given(st.sampled_from(FILES), new_uris(1, 4), st.sampled_from(["present", "exact", "absent"]), st.booleans())
def test_bytes_outside_the_list_stay_and_twice_is_once(data: bytes, uris: list[str], state: str, some: bool) -> None:
    document, before = entries(data)
    section = section_of(document)
    # With one that is there among them, an edit leaves something as it is.
    wanted = [*uris, before[0].attributes["listenUri"]] if before and some else uris
    left = {parse_listen_uri(uri) for uri in read_uris(data)} - {parse_listen_uri(uri) for uri in wanted}
    if state == "absent" and before and not left:
        with pytest.raises(DotnetError, match="would be left"):
            change_uris(data, wanted, state)
        return
    once = change_uris(data, wanted, state)
    around = list_of(section) or section
    assert once.content.startswith(data[: around.start])
    assert once.content.endswith(data[around.end :])
    assert read_uris(once.content) == once.uris
    assert change_uris(once.content, wanted, state).content == once.content


@bounded
@given(st.sampled_from(FILES_WITH_SETTINGS), WISHES)
def test_settings_added_then_removed_restore_the_bytes(data: bytes, wishes: list[Setting]) -> None:
    once = change_settings(data, wishes).content
    assert read_settings(once) == {**read_settings(data), **{wish.key: wish.value for wish in wishes}}
    assert change_settings(once, [Setting(wish.key, None) for wish in wishes]).content == data


@bounded
@given(st.sampled_from(FILES), WISHES)
def test_bytes_outside_the_settings_stay_and_twice_is_once(data: bytes, wishes: list[Setting]) -> None:
    once = change_settings(data, wishes).content
    assert change_settings(once, wishes).content == once
    holders = parse(data, SETTINGS_KEEP).root.named("appSettings")
    if holders:
        assert once.startswith(data[: holders[0].start])
        assert once.endswith(data[holders[0].end :])
        return
    # A new element, in one piece.
    same = next((at for at, (old, new) in enumerate(zip(data, once, strict=False)) if old != new), len(data))
    assert once.endswith(data[same:])


@bounded
@given(st.sampled_from(FILES_WITH_SETTINGS), TEXTS, st.data())
def test_a_setting_changed_and_back_restores_the_bytes(data: bytes, value: str, draw: st.DataObject) -> None:
    key = draw.draw(st.sampled_from(sorted(read_settings(data))))
    before = read_settings(data)[key]
    changed = change_settings(data, [Setting(key, value)]).content
    assert read_settings(changed)[key] == value
    assert change_settings(changed, [Setting(key, before)]).content == data
