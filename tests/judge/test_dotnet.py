# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we write, Mono loads, and listens on it; what it refuses for its XML or its listenUris, we refuse.

`System.Configuration` and `HttpListener` judge every file of `fixtures/dotnet` and every edit of those that we accept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uris import (
    change_uris,
    read_uris,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.settings import (
    Setting,
    change_settings,
    read_settings,
)
from lab import recipes

from judge.conftest import SYSTEMS
from judge.dotnet import DotnetJudge, Opinion

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "dotnet"
SUB_PATH = "http://+:8088/constellation"
# Ports that no fixture has.
OTHERS = ["http://+:19000/", "http://*:19001/a&b'c", "http://name.example.org:19002/a/b/"]
VALUES = {
    "judge plain": "https://demo.example.org/constellation?a=1&b=<2>",
    "judge quotes": "a\"b'c]]>&amp;&#65;",
    "judge other": "\u00e9 \u20ac \U0001f600 \x7f \x85 \u2028 \ufffd",
    "judge spaces": "  a  b ",
    "judge breaks": "\ta\nb\r\nc\rd\t",
    "judge empty": "",
    "judge <key> \"&' \u00e9": "1",
}


@dataclass(frozen=True)
class Edit:
    """A file that we write: what Mono must then find."""

    name: str
    content: bytes
    uris: list[str]
    settings: dict[str, str]


@pytest.fixture(scope="module", params=SYSTEMS)
def mono(request: pytest.FixtureRequest) -> Iterator[DotnetJudge]:
    """Start the judge of one system; removed at the end."""
    with DotnetJudge(request.param) as started:
        yield started


def fixtures(*folders: str) -> dict[str, bytes]:
    """Return the files of these folders, `FOLDER/NAME`."""
    paths = [path for folder in folders for path in sorted((FIXTURES / folder).iterdir())]
    return {f"{path.parent.name}/{path.stem}": path.read_bytes() for path in paths}


def judged(mono: DotnetJudge, files: dict[str, bytes]) -> dict[str, Opinion]:
    return dict(zip(files, mono.opinions(list(files.values())), strict=True))


# Where we refuse what Mono takes.
STRICTER = {
    "refused/billion-laughs": "a DTD",
    "refused/doctype": "a DTD",
    "refused/doctype-internal-unused": "a DTD",
    "refused/external-entity": "a DTD",
    "refused/both-names": "two sections: which one counts depends on the server's version",
    "refused/cdata-in-list": "text where none belongs: an edit that went wrong",
    "refused/reference-in-list": "text where none belongs",
    "refused/text-in-list": "text where none belongs",
    "refused/text-in-uri": "text where none belongs",
    "refused/ascii-high-bytes": "bytes that the declared encoding does not have",
    "refused/bom-utf8-declared-latin1": "two encodings",
    "refused/control-reference": "no character of XML 1.0",
    "refused/reference-zero": "no character of XML 1.0",
    "refused/prefixed-settings": "the server starts, but cannot read its settings",
    "refused/nul": "Mono does not look behind the root element",
    "refused/nul-at-end": "Mono does not look behind the root element",
    "refused/text-behind": "Mono does not look behind the root element",
    "refused/two-roots": "Mono does not look behind the root element",
    "refused/utf16-odd": "half a character behind the root element",
    "unheard/http-and-https": "nothing but errors answers by https",
}
# Mono in one piece knows these; elsewhere they are in a package that nothing installs.
ENCODINGS = {"refused/latin9", "refused/windows-1252", "refused/windows-1252-euro"}


def refusal(data: bytes) -> DotnetError | None:
    """Return why we do not read the listenUris of a file."""
    try:
        read_uris(data)
    except DotnetError as error:
        return error
    return None


def test_there_are_enough_fixtures() -> None:
    assert len(fixtures("accepted")) >= 120
    assert len(fixtures("refused", "unheard", "settings_refused")) >= 120


def test_what_we_accept_mono_loads_and_finds_the_same(mono: DotnetJudge) -> None:
    files = fixtures("accepted", "odd", "unheard", "settings_refused")
    for name, opinion in judged(mono, files).items():
        assert (name, opinion.refused, opinion.uris) == (name, "", read_uris(files[name]))
        if name.startswith("accepted/"):
            assert (name, opinion.settings_refused, opinion.settings) == (name, "", read_settings(files[name]))
            assert opinion.listens or not opinion.uris, (name, opinion)


def test_what_mono_refuses_we_refuse(mono: DotnetJudge) -> None:
    files = fixtures("refused")
    for name, opinion in judged(mono, files).items():
        error = refusal(files[name])
        assert error is not None, name
        assert error.line >= 1, name
        assert error.column >= 1, name
        known = name in ENCODINGS and mono.system in recipes.WITHOUT_MONO_TLS_PACKAGES
        assert opinion.listens == (known or name in STRICTER), (name, opinion)
        assert opinion.refused or opinion.unheard or opinion.listens, (name, opinion)


def test_settings_that_mono_refuses_we_refuse(mono: DotnetJudge) -> None:
    files = fixtures("settings_refused")
    for name, opinion in judged(mono, files).items():
        with pytest.raises(DotnetError, match=r"^line [0-9]+, column [0-9]+: "):
            read_settings(files[name])
        # Mono takes a file that is not there for no settings.
        assert opinion.refused or opinion.settings_refused or name == "settings_refused/file", (name, opinion)


def test_what_is_refused_for_another_part_is_not_ours_to_judge(mono: DotnetJudge) -> None:
    files = fixtures("elsewhere")
    for name, opinion in judged(mono, files).items():
        assert opinion.refused, name
        assert SUB_PATH in change_uris(files[name], [SUB_PATH], "present").uris


def test_a_uri_that_keeps_the_server_from_starting_is_not_left_there(mono: DotnetJudge) -> None:
    files = fixtures("unheard")
    for name, opinion in judged(mono, files).items():
        assert opinion.listens == (name in STRICTER), (name, opinion)
        with pytest.raises(DotnetError):
            change_uris(files[name], OTHERS, "present")
    repaired = [change_uris(data, OTHERS, "exact").content for data in files.values()]
    assert [opinion.uris for opinion in mono.opinions(repaired) if opinion.listens] == [OTHERS] * len(files)


def test_a_uri_that_is_merely_odd_stays_and_is_told(mono: DotnetJudge) -> None:
    files = fixtures("odd")
    added = {name: change_uris(data, OTHERS, "present") for name, data in files.items()}
    opinions = judged(mono, {name: result.content for name, result in added.items()})
    for name, opinion in opinions.items():
        assert (name, opinion.refused, opinion.unheard) == (name, "", "")
        assert opinion.answers[-len(OTHERS) :] == ["200"] * len(OTHERS)
        assert any(repr(opinion.uris[0]) in warning for warning in added[name].warnings), name


# A key that stands there twice: which one is meant?
UNCLEAR = {"accepted/settings-twice", "accepted/settings-twice-case"}


def edits(name: str, data: bytes) -> list[Edit]:
    """Return every kind of edit of a file that we accept."""
    there, settings = read_uris(data), read_settings(data)
    added = change_uris(data, OTHERS, "present")
    assert added.uris == [*there, *OTHERS]
    exact = change_uris(data, [SUB_PATH, *OTHERS], "exact")
    moved = change_uris(data, [SUB_PATH], "exact")
    own = [key for key in settings if key]
    valued = _with(added.content, VALUES)
    found = [
        Edit(f"{name}: present", added.content, added.uris, settings),
        Edit(f"{name}: exact", exact.content, exact.uris, settings),
        Edit(f"{name}: moved", moved.content, moved.uris, settings),
        Edit(f"{name}: settings", valued, added.uris, {**settings, **VALUES}),
    ]
    if there:
        left = change_uris(valued, there, "absent")
        found.append(Edit(f"{name}: absent", left.content, OTHERS, {**settings, **VALUES}))
    if name not in UNCLEAR:
        changed = dict(zip(own, VALUES.values(), strict=False))
        kept = {key: value for key, value in settings.items() if key not in own}
        gone = _with(valued, dict.fromkeys([*own, *VALUES]))
        found.append(Edit(f"{name}: own settings", _with(data, changed), there, {**settings, **changed}))
        found.append(Edit(f"{name}: settings gone", gone, added.uris, kept))
    return found


def _with(data: bytes, settings: Mapping[str, str | None]) -> bytes:
    return change_settings(data, [Setting(key, value) for key, value in settings.items()]).content


def test_what_we_write_mono_loads_and_listens_on(mono: DotnetJudge) -> None:
    written = [edit for name, data in fixtures("accepted").items() for edit in edits(name, data)]
    assert len(written) >= 700
    for edit, opinion in zip(written, mono.opinions([edit.content for edit in written]), strict=True):
        assert (edit.name, opinion.refused, opinion.uris) == (edit.name, "", edit.uris)
        assert (edit.name, opinion.settings_refused, opinion.settings) == (edit.name, "", edit.settings)
        assert opinion.listens or not edit.uris, (edit.name, opinion)
