# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One long word costs memory as its text does: Python's matcher keeps a record for each round of a repeated group."""

from __future__ import annotations

import tracemalloc

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ROUNDS, SyntaxRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse

# A word of 3.2 MB of "$" took 1 GiB.
SIZE = 3_200_000
# The text itself, its parts and what a bounded match keeps.
PER_BYTE = 10

KINDS = {
    "dollars": ("$", ""),
    "names": ("$a", ""),
    "braces": ("${", ""),
    "escapes": ("\\a", ""),
    "escaped braces": ("\\$\\{", ""),
    "double quoted": ("\\a", '"'),
    "single quoted": ("\\'", "'"),
}


def text(kind: str, rounds: int) -> tuple[str, str]:
    """Return a statement with one word of so many rounds, and that word."""
    piece, quote = KINDS[kind]
    word = f"{quote}{piece * rounds}{quote}"
    return f"set $x {word};", word


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rounds", [*range(ROUNDS - 2, ROUNDS + 3), 3 * ROUNDS + 1])
def test_a_word_of_any_length_is_one_word(kind: str, rounds: int) -> None:
    whole, word = text(kind, rounds)
    (statement,) = parse(whole).body
    assert [each for _lead, each in statement.words] == ["set", "$x", word]
    assert parse(whole).dumps() == whole


@pytest.mark.parametrize("rounds", [*range(ROUNDS - 2, ROUNDS + 3), 3 * ROUNDS + 1])
@pytest.mark.parametrize("behind", ["a 1;", "", "}", '"a;', '"a"b'])
def test_any_number_of_comments_stands_before_one_word(rounds: int, behind: str) -> None:
    whole = "#\n" * rounds + behind
    if behind in ("a 1;", ""):
        assert parse(whole).dumps() == whole
        assert len(parse(whole).body) == bool(behind)
    else:
        with pytest.raises(SyntaxRefused):
            parse(whole)


@pytest.mark.parametrize("kind", [*KINDS, "comments", "not closed"])
def test_memory_grows_as_the_text_does(kind: str) -> None:
    whole = {"comments": "#\n" * (SIZE // 2), "not closed": "set '" + "\\a" * (SIZE // 2)}.get(kind)
    whole = text(kind, SIZE // len(KINDS[kind][0]))[0] if whole is None else whole
    tracemalloc.start()
    try:
        if kind == "not closed":
            with pytest.raises(SyntaxRefused):
                parse(whole)
        else:
            parse(whole)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < PER_BYTE * SIZE
