# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The appSettings of a program's file."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.settings import (
    Setting,
    change_settings,
    read_setting,
    read_settings,
)
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from places import TEXTS

ACCEPTED = sorted((TEXTS / "dotnet" / "accepted").iterdir())
SENTINEL = """<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
    <add key="ConstellationServerURI" value="http://server:8088/" />
    <add value='123456789' key='ConstellationAccessKey'/>
    <!-- <add key="SentinelName" value="old" /> -->
    <add key="Empty" />
  </appSettings>
  <runtime><appSettings><add key="ConstellationServerURI" value="trap" /></appSettings></runtime>
</configuration>
"""
VALUES = {
    "Plain": "https://x/y?a=1&b=<2>",
    "Quotes": "a\"b'c",
    "Other": "\u00e9 \u20ac \U0001f600",
    "White": "a\tb\nc\r d ",
}


def changed(*pairs: tuple[str, str | None], data: str = SENTINEL) -> str:
    return change_settings(data.encode(), [Setting(key, value) for key, value in pairs]).content.decode()


def test_value_is_changed_in_place() -> None:
    new = "https://demo.example.org/constellation"
    assert changed(("ConstellationServerURI", new)) == SENTINEL.replace("http://server:8088/", new, 1)


def test_key_without_regard_to_case_and_foreign_quotes() -> None:
    assert changed(("constellationaccesskey", "it's")) == SENTINEL.replace("123456789", "it&apos;s")


def test_value_that_is_there_changes_nothing() -> None:
    assert changed(("ConstellationServerURI", "http://server:8088/"), ("SentinelName", None)) == SENTINEL


def test_missing_value_is_added() -> None:
    assert changed(("Empty", "x")) == SENTINEL.replace('<add key="Empty" />', '<add key="Empty" value="x" />')


def test_many_at_once() -> None:
    text = changed(("New", "1"), ("Empty", None), ("Newer", "2"))
    expected = SENTINEL.replace(
        '    <add key="Empty" />\n', '    <add key="New" value="1" />\n    <add key="Newer" value="2" />\n'
    )
    assert text == expected


def test_addition_and_removal_restore_the_bytes() -> None:
    added = changed(("A", "1"), ("B", "2"))
    assert changed(("A", None), ("B", None), data=added) == SENTINEL


@pytest.mark.parametrize("path", ACCEPTED, ids=[path.stem for path in ACCEPTED])
def test_values_come_back(path: pathlib.Path) -> None:
    wishes = [Setting(key, value) for key, value in VALUES.items()]
    once = change_settings(path.read_bytes(), wishes)
    there = read_settings(once.content)
    assert {key: there[key] for key in VALUES} == VALUES
    assert change_settings(once.content, wishes).content == once.content


def test_secrets_and_other_settings_are_not_shown() -> None:
    wishes = [Setting("ConstellationAccessKey", "new-key"), Setting("ConstellationServerURI", "http://b/")]
    result = change_settings(SENTINEL.encode(), wishes)
    shown = result.before + result.after
    assert "123456789" not in shown
    assert "new-key" not in shown
    assert "(hidden, new)" in result.after
    assert 'value="http://b/"' in result.after
    only = change_settings(SENTINEL.encode(), wishes[1:])
    assert "AccessKey" not in only.before + only.after


@pytest.mark.parametrize(
    ("key", "value", "hidden"),
    [
        ("ApiKey", "hunter2", True),
        ("SmtpPwd", "hunter2", True),
        ("Main.ConnectionString", "hunter2", True),
        ("Database", "Server=db;Password = hunter2", True),
        ("Camera", "http://cam/?Token=hunter2", True),
        ("KeyboardLayout", "hunter2", False),
        ("Address", "http://hunter2/?a=1", False),
    ],
)
def test_what_looks_like_a_secret_is_hidden(key: str, value: str, hidden: bool) -> None:
    result = change_settings(SENTINEL.encode(), [Setting(key, value)])
    assert ("hunter2" not in result.after) == hidden
    assert ("(hidden, new)" in result.after) == hidden


def test_a_setting_is_read_without_regard_to_case() -> None:
    data = b'<configuration><appSettings><add key="a" value="1"/><add key="A" value="2"/></appSettings></configuration>'
    assert read_setting(data, "a") == read_setting(data, "A") == "2"
    assert read_setting(data, "b") == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (SENTINEL.replace('key="Empty"', 'key="CONSTELLATIONServerURI"'), "line 7.*second time.*line 4"),
        (SENTINEL.replace('<add key="Empty"', '<remove key="ConstellationServerURI"'), "line 7.*<remove>"),
        (SENTINEL.replace('<add key="Empty"', "<clear"), "<clear>"),
        (SENTINEL.replace("<appSettings>", '<appSettings file="other.config">', 1), "file"),
        (SENTINEL.replace("<appSettings>", '<appSettings configSource="o.config">', 1), "configSource"),
        (SENTINEL.replace("  <runtime>", "  <appSettings/>\n  <runtime>"), "second <appSettings>"),
        (SENTINEL.replace('<add key="Empty"', '<n:add xmlns:n="urn:n" key="Empty"'), "prefix"),
        ("<x/>", "root element"),
    ],
)
def test_unclear_files_are_refused(data: str, why: str) -> None:
    with pytest.raises(DotnetError, match=why):
        changed(("ConstellationServerURI", "http://b/"), data=data)


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ([Setting("A", "1"), Setting("a", "2")], "twice"),
        ([Setting("", "1")], "key"),
        ([Setting("A", "\x00")], "U[+]0000"),
        ([Setting("A", "\ud800")], "U[+]D800"),
    ],
)
def test_impossible_wishes_are_refused(wishes: list[Setting], why: str) -> None:
    with pytest.raises(DotnetError, match=why):
        change_settings(SENTINEL.encode(), wishes)


@examples(200)
@given(
    codec=st.sampled_from(["utf-8", "iso-8859-1", "us-ascii", "utf-16"]),
    key=st.text(st.characters(codec="latin-1", min_codepoint=32), min_size=1, max_size=8),
    value=st.text(
        st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=20
    ),
)
def test_any_value_in_any_encoding(codec: str, key: str, value: str) -> None:
    data = SENTINEL.replace("utf-8", codec).encode(codec)
    wish = [Setting(f"k{key}", value)]
    once = change_settings(data, wish).content
    assert read_settings(once)[f"k{key}"] == value
    assert change_settings(once, [Setting(f"k{key}", None)]).content == data
