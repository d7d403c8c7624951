# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listenUris of a server's file. Each file in `fixtures/dotnet` was judged by Mono's own System.Configuration."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uris import (
    change_uris,
    read_uris,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.document import MAX_BYTES
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from places import TEXTS

FIXTURES = TEXTS / "dotnet"
ACCEPTED = sorted((FIXTURES / "accepted").iterdir())
REFUSED = sorted((FIXTURES / "refused").iterdir())
UNHEARD = sorted((FIXTURES / "unheard").iterdir())
SUB_PATH = "http://+:8088/constellation"
OTHERS = ["http://+:9000/", "http://*:9001/a/b"]

SERVER = """<configuration>
  <constellation>
    <listenUris>
      <uri listenUri="http://+:8088/" />
      <!-- the old one -->
      <uri listenUri='http://+:8080/constellation/'></uri>
    </listenUris>
    <credentials><credential accessKey="SECRET" /></credentials>
  </constellation>
</configuration>
"""


def names(paths: list[pathlib.Path]) -> list[str]:
    return [path.stem for path in paths]


every_accepted = pytest.mark.parametrize("path", ACCEPTED, ids=names(ACCEPTED))


@every_accepted
def test_exact_names_these_and_no_others(path: pathlib.Path) -> None:
    # One that is there keeps its place and its spelling.
    found = change_uris(path.read_bytes(), [SUB_PATH, *OTHERS], "exact").uris
    assert sorted(uri.rstrip("/") for uri in found) == sorted([SUB_PATH, *(uri.rstrip("/") for uri in OTHERS)])


@every_accepted
def test_second_run_changes_nothing(path: pathlib.Path) -> None:
    once = change_uris(path.read_bytes(), [SUB_PATH], "exact").content
    assert change_uris(once, [SUB_PATH + "/"], "exact").content == once


@every_accepted
def test_what_is_there_is_left_alone(path: pathlib.Path) -> None:
    data = path.read_bytes()
    there = read_uris(data)
    if there:
        result = change_uris(data, there, "present")
        assert (result.content, result.before) == (data, result.after)


@every_accepted
def test_move_and_move_back_restore_the_bytes(path: pathlib.Path) -> None:
    data = path.read_bytes()
    there = read_uris(data)
    if len(there) == 1 and path.stem not in ("entity", "uri-references-all"):
        moved = change_uris(data, [SUB_PATH], "exact").content
        assert change_uris(moved, there, "exact").content == data


@every_accepted
def test_addition_and_removal_restore_the_bytes(path: pathlib.Path) -> None:
    data = path.read_bytes()
    if read_uris(data):
        added = change_uris(data, OTHERS, "present").content
        assert change_uris(added, OTHERS, "absent").content == data


@every_accepted
def test_bytes_outside_the_list_stay(path: pathlib.Path) -> None:
    data = path.read_bytes()
    new = change_uris(data, OTHERS, "present").content
    head = next(i for i, (old, now) in enumerate(zip(data, new, strict=False)) if old != now)
    tail = len(data) - head
    while not new.endswith(data[len(data) - tail :]):
        tail -= 1
    kept = data[:head] + data[len(data) - tail :]
    # An empty element that is opened loses the end of its tag; nothing else may go.
    assert len(data) - len(kept) <= len(" />".encode("utf-16-le"))


@pytest.mark.parametrize("path", REFUSED, ids=names(REFUSED))
def test_refused_with_line_and_column(path: pathlib.Path) -> None:
    with pytest.raises(DotnetError) as caught:
        change_uris(path.read_bytes(), [SUB_PATH], "exact")
    assert caught.value.line >= 1
    assert caught.value.column >= 1


def test_file_of_30_megabytes_is_refused() -> None:
    with pytest.raises(DotnetError, match="too many"):
        change_uris(b"<configuration>" + b" " * (30 << 20) + b"</configuration>", [SUB_PATH], "exact")
    assert MAX_BYTES < 30 << 20


@pytest.mark.parametrize(
    ("state", "uris", "expected"),
    [
        (
            "exact",
            ["http://+:8080/constellation"],
            """    <listenUris>
      <!-- the old one -->
      <uri listenUri='http://+:8080/constellation/'></uri>
    </listenUris>
""",
        ),
        (
            "exact",
            [SUB_PATH, "http://+:8080/constellation"],
            """    <listenUris>
      <uri listenUri="http://+:8088/constellation" />
      <!-- the old one -->
      <uri listenUri='http://+:8080/constellation/'></uri>
    </listenUris>
""",
        ),
        (
            "present",
            ["http://+:8088", "http://name/"],
            """    <listenUris>
      <uri listenUri="http://+:8088/" />
      <!-- the old one -->
      <uri listenUri='http://+:8080/constellation/'></uri>
      <uri listenUri='http://name/'></uri>
    </listenUris>
""",
        ),
        (
            "absent",
            ["http://+:8080/constellation"],
            """    <listenUris>
      <uri listenUri="http://+:8088/" />
      <!-- the old one -->
    </listenUris>
""",
        ),
    ],
)
def test_shape_of_the_list(state: str, uris: list[str], expected: str) -> None:
    result = change_uris(SERVER.encode(), uris, state)
    assert result.after == expected
    assert "SECRET" not in result.before + result.after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "<configuration>\n\t<constellation />\n</configuration>",
            '<configuration>\n\t<constellation>\n\t\t<listenUris>\n\t\t\t<uri listenUri="http://+:1/" />\n\t\t'
            "</listenUris>\n\t</constellation>\n</configuration>",
        ),
        (
            "<configuration><constellation><sentinels /></constellation></configuration>",
            '<configuration><constellation><listenUris><uri listenUri="http://+:1/" /></listenUris><sentinels />'
            "</constellation></configuration>",
        ),
        (
            "<configuration>\r\n <constellation>\r\n  <listenUris/>\r\n </constellation>\r\n</configuration>",
            '<configuration>\r\n <constellation>\r\n  <listenUris>\r\n   <uri listenUri="http://+:1/" />\r\n  '
            "</listenUris>\r\n </constellation>\r\n</configuration>",
        ),
    ],
)
def test_list_is_created_in_its_place(before: str, after: str) -> None:
    result = change_uris(before.encode(), ["http://+:1/"], "exact")
    assert result.content.decode() == after


def test_absent_refuses_to_leave_none() -> None:
    with pytest.raises(DotnetError, match="would be left"):
        change_uris(SERVER.encode(), ["http://+:8088", "http://+:8080/constellation"], "absent")


def test_absent_takes_what_is_not_there_as_done() -> None:
    assert change_uris(SERVER.encode(), ["http://+:1"], "absent").content == SERVER.encode()


def test_empty_wish_is_refused() -> None:
    with pytest.raises(DotnetError, match="empty"):
        change_uris(SERVER.encode(), [], "exact")


def test_http_and_https_on_one_port_are_refused() -> None:
    with pytest.raises(DotnetError, match="8088"):
        change_uris(SERVER.encode(), ["https://+:8088/x"], "present")


def test_warnings_name_https_and_a_host() -> None:
    result = change_uris(SERVER.encode(), ["https://+:443/", "http://name:1/"], "exact")
    assert ["Windows" in result.warnings[0], "Host header" in result.warnings[1]] == [True, True]


def test_odd_entry_of_somebody_else_is_no_obstacle_but_told() -> None:
    data = SERVER.replace("http://+:8088/", "http://Name:8088/").encode()
    result = change_uris(data, ["http://+:1"], "present")
    assert result.uris[0] == "http://Name:8088/"
    assert "'http://Name:8088/': the host must be in small letters" in result.warnings[0]
    assert change_uris(data, ["http://+:1"], "exact").warnings == []


@pytest.mark.parametrize("path", UNHEARD, ids=names(UNHEARD))
def test_entry_that_keeps_the_server_from_starting(path: pathlib.Path) -> None:
    data = path.read_bytes()
    with pytest.raises(DotnetError, match=r"^line [0-9]+, column 7: the server does not start|cannot share port 8088"):
        change_uris(data, ["http://+:1"], "present")
    assert change_uris(data, ["http://+:1"], "exact").uris == ["http://+:1"]


def test_absent_leaves_no_entry_that_keeps_the_server_from_starting() -> None:
    data = SERVER.replace("http://+:8088/", "8088").encode()
    with pytest.raises(DotnetError, match=r"line 4, column 7: .*'8088'"):
        change_uris(data, ["http://+:8080/constellation"], "absent")


POOL = ["http://+:8088/", SUB_PATH, "http://+:8080/constellation/", "http://*:1/", "http://name:2/a", "http://+:3/x/y/"]
wishes = st.lists(st.sampled_from(POOL), min_size=1, max_size=6, unique=True)


@examples(150)
@given(steps=st.lists(st.tuples(wishes, st.sampled_from(["exact", "present", "absent"])), min_size=1, max_size=5))
def test_any_sequence_keeps_the_rest_and_settles(steps: list[tuple[list[str], str]]) -> None:
    data = SERVER.encode()
    for uris, state in steps:
        try:
            data = change_uris(data, uris, state).content
        except DotnetError as error:
            assert "would be left" in str(error)  # noqa: PT017 - the only refusal that these steps can meet
            continue
        assert change_uris(data, uris, state).content == data
    head, tail = SERVER.encode().partition(b"<listenUris>")[0], SERVER.encode().partition(b"</listenUris>")[2]
    assert data.startswith(head)
    assert data.endswith(tail)


@examples(400)
@given(
    base=st.sampled_from([path.read_bytes() for path in ACCEPTED]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=6)), min_size=1, max_size=4),
)
def test_damaged_files_are_refused_or_read(base: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
    data = base
    for where, length, new in cuts:
        place = int(where * len(data))
        data = data[:place] + new + data[place + length :]
    try:
        result = change_uris(data, [SUB_PATH], "exact")
    except DotnetError:
        return
    assert result.uris == [SUB_PATH] or change_uris(data, result.uris, "exact").content == data


@examples(200)
@given(data=st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(DotnetError):
        change_uris(data, [SUB_PATH], "exact")
