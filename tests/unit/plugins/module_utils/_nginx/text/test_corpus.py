# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The corpus: each text comes back, each edit gives the bytes that a careful person would have written.

That nginx takes and refuses what is said here is shown by `tests/judge/test_corpus.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.files import read_text
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.info import describe_host
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.locations import plan_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import (
    ConfigError,
    SyntaxRefused,
    value,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import (
    Block,
    comments,
    meaning,
    parse,
    walk,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write
from corpus.cases import FIXTURES, Edit, Text, edits, texts
from corpus.everywhere import places, with_directive, with_location, without_directive, without_location
from corpus.rewrite import rewritten

READ = [*texts("accepted"), *texts("read")]
SITES = [each for each in READ if each.context in ("http", "lua-http") and b"\0" not in each.content]
PLACES = places()
EDITS = edits()
DONE = [each for each in EDITS if each.after is not None]
UNDONE = [each for each in DONE if each.undo is not None]
NAME = "before.conf"

# Words that nginx reads, as `;` follows them at once or one blank does; what we write leaves room for both.
TOO_LONG = ("L24-bare-argument-of-4095-bytes", "L24-bare-argument-of-4094-bytes-and-a-space")
# A directive cannot be put into every location and be taken out: two of one identity, and empty ones on one line, which
# are given lines of their own and keep them.
NO_DIRECTIVE = (
    "I4-equal-regex-locations",
    "I4-equal-named-locations",
    "I4-equal-regex-locations-of-a-site",
    "L06-empty-blocks",
)
# Sites that `nginx_site` cannot say, and why: `describe_host` names a problem of the file instead.
NOT_TAKEN_BACK = {
    "I4-equal-regex-locations-of-a-site": "two locations of one identity",
    "72-conflicting-name-is-only-a-warning": "two servers of one name and address",
    "72-address-twice-in-one-server": "nginx refuses it",
    "L01-half-a-utf8-sequence": "not UTF-8, which Ansible does not pass on",
    "L01-latin1-in-arguments": "not UTF-8, which Ansible does not pass on",
    "L01-latin1-with-brace-alone": "not UTF-8, which Ansible does not pass on",
}


def host(folder: Path, content: bytes) -> Path:
    """Make a host with one site; return the site's path."""
    path = folder / "sites-available" / NAME
    for name in ("sites-available", "sites-enabled"):
        (folder / name).mkdir()
    (folder / "nginx.conf").write_text("events {}\nhttp {\n    include sites-enabled/*;\n}\n")
    (folder / "empty.conf").touch()
    path.write_bytes(content)
    (folder / "sites-enabled" / NAME).symlink_to(path)
    return path


def carry_out(module: str, arguments: dict[str, Any], path: Path) -> bytes:
    """Return the content of a site after one call. Raises ConfigError."""
    if module == "nginx_location":
        options = {name: arguments.get(name, False) for name in ("adopt", "purge")}
        changes = plan_locations(str(path), arguments.get("server"), arguments["locations"], **options).changes
    else:
        result = plan([{"name": NAME, **arguments}], root=str(path.parents[1]))
        if result.problems:
            raise ConfigError(result.problems[0])
        changes = result.changes
    written = [each.content for each in changes if isinstance(each, Write) and each.path == str(path)]
    assert len(written) == len(changes)
    return written[0] if written else path.read_bytes()


def test_the_corpus_is_whole() -> None:
    cases = [*READ, *texts("refused"), *EDITS]
    assert len(cases) >= 270
    assert len(EDITS) >= 80
    assert len(list(FIXTURES.iterdir())) == 4, "a folder that no test looks at"


@pytest.mark.parametrize("case", READ, ids=str)
def test_a_text_that_nginx_reads_comes_back(case: Text) -> None:
    document = parse(case.text)
    assert document.dumps().encode("latin-1") == case.content
    for _line, comment in comments(document):
        assert comment.startswith("#")


@pytest.mark.parametrize("case", READ, ids=str)
def test_a_text_written_anew_says_the_same(case: Text) -> None:
    document = parse(case.text)
    if case.name in TOO_LONG:
        with pytest.raises(ConfigError, match="longer than nginx reads"):
            rewritten(document)
        return
    assert meaning(parse(rewritten(document))) == meaning(document)


@pytest.mark.parametrize("case", texts("refused"), ids=str)
def test_a_text_that_nginx_refuses_is_refused(case: Text) -> None:
    with pytest.raises(SyntaxRefused) as caught:
        parse(case.text)
    assert 1 <= caught.value.line <= case.text.count("\n") + 1
    assert caught.value.column >= 1


@pytest.mark.parametrize("case", DONE, ids=str)
def test_an_edit_gives_what_a_careful_person_writes(case: Edit, tmp_path: Path) -> None:
    path = host(tmp_path, case.before)
    assert carry_out(case.module, case.arguments, path) == case.after


@pytest.mark.parametrize("case", DONE, ids=str)
def test_an_edit_twice_is_once(case: Edit, tmp_path: Path) -> None:
    path = host(tmp_path, case.before)
    once = carry_out(case.module, case.arguments, path)
    path.write_bytes(once)
    assert carry_out(case.module, case.arguments, path) == once


@pytest.mark.parametrize("case", UNDONE, ids=str)
def test_an_edit_and_its_inverse_restore_the_bytes(case: Edit, tmp_path: Path) -> None:
    path = host(tmp_path, case.before)
    path.write_bytes(carry_out(case.module, case.arguments, path))
    assert case.undo is not None
    assert carry_out(case.module, case.undo, path) == case.before


@pytest.mark.parametrize("case", DONE, ids=str)
def test_an_edit_leaves_the_spelling_of_what_it_does_not_name(case: Edit, tmp_path: Path) -> None:
    """Each statement that still says what it said is still spelled as it was, with the white space in it."""
    before = parse(case.before.decode("latin-1"))
    after = parse(carry_out(case.module, case.arguments, host(tmp_path, case.before)).decode("latin-1"))
    left = list(_statements(after))
    for said, spelled in _statements(before):
        if any(said == other for other, _spelled in left):
            assert (said, spelled) in left
            left.remove((said, spelled))


def _statements(document: Block) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return the value and the spelling of every head, the end of the statement included."""
    for each, depth in walk(document):
        values = (str(depth), *(value(text) for _lead, text in each.words))
        inside = "".join(lead + text for lead, text in (*each.words[1:], each.end))
        yield values, each.words[0][1] + inside


@pytest.mark.parametrize("case", PLACES, ids=str)
def test_a_location_put_in_everywhere_and_taken_out_again(case: Text) -> None:
    """In the first server of each text, or among the locations of a fragment."""
    once = with_location(case.text)
    assert with_location(once) == once
    assert meaning(parse(once)) != meaning(parse(case.text))
    assert without_location(once) == case.text


@pytest.mark.parametrize("case", [each for each in texts("accepted") if each.name not in NO_DIRECTIVE], ids=str)
def test_a_directive_put_into_every_location_and_taken_out_again(case: Text) -> None:
    once = with_directive(case.text)
    assert with_directive(once) == once
    assert without_directive(once) == case.text


@pytest.mark.parametrize("case", [each for each in EDITS if each.error], ids=str)
def test_an_edit_that_cannot_be_done_says_why(case: Edit, tmp_path: Path) -> None:
    path = host(tmp_path, case.before)
    with pytest.raises(ConfigError) as caught:
        carry_out(case.module, case.arguments, path)
    for piece in case.error:
        assert piece in str(caught.value)


@pytest.mark.parametrize("case", SITES, ids=str)
def test_a_site_read_and_fed_back_changes_nothing(case: Text, tmp_path: Path) -> None:
    path = host(tmp_path, case.content)
    found = describe_host(str(tmp_path))
    if case.name in NOT_TAKEN_BACK:
        problems = [each["problem"] for each in found["files"] if each["path"] == str(path)]
        assert found["sites"] == []
        assert problems[0]
        return
    assert [each["name"] for each in found["sites"]] == [NAME]
    result = plan([{**each, "adopt": True} for each in found["sites"]], root=str(tmp_path))
    assert result.problems == []
    assert result.changes == []


def test_files_with_zero_bytes_are_read_by_the_parser_only() -> None:
    """The modules take such a file for another kind of file, although nginx reads it."""
    with_zero = [each for each in READ if b"\0" in each.content]
    assert len(with_zero) >= 3
    for each in with_zero:
        with pytest.raises(ConfigError, match="binary file"):
            read_text(str(FIXTURES / ("read" if each.name.endswith("a-name") else "accepted") / f"{each}.conf"))
