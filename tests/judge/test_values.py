# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we take a token for, and what we write for a value, is what nginx serves.

Values hold no `$`: for nginx that is a variable, in whatever spelling.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import value

from judge.nginx import PORT, Judge
from judge.texts import Writer, chances

SEED = 2110
RANDOM_VALUES = 900
RANDOM_TOKENS = 2500
SPECIAL = ("", '"', "'", "\\", "{", ";", "}", "#", " ", "\n", "\r", "\t", "\0", "\xff", "t", "a", ")")
# All pairs of these, and what looks like something else.
HAND_PICKED = (
    *("".join(pair) for pair in itertools.product(SPECIAL, SPECIAL)),
    '"quoted"',
    "'quoted'",
    "it's; a {block} # and no comment",
    "\\n is no line end\\",
    "\\\\server\\trunk\\",
    "a\r\nb",
    "\xef\xbb\xbfBOM",
    "\xc3\xa9\xe9\xa0\x85",
    "".join(chr(code) for code in range(256) if chr(code) != "$"),
    "a" * 4000,
    '"' * 2000,
)


def served(judge: Judge, tokens: Sequence[str]) -> list[str]:
    """Return the value that nginx gives to each token."""
    locations = (f"location = /{number} {{ return 200 {token}; }}" for number, token in enumerate(tokens))
    text = f"events {{}}\nhttp {{ server {{ listen 127.0.0.1:{PORT};\n" + "\n".join(locations) + "\n} }\n"
    bodies = judge.serve({"nginx.conf": text.encode("latin-1")}, [f"/{number}" for number in range(len(tokens))])
    return [body.decode("latin-1") for body in bodies]


def random_values() -> list[str]:
    """Return values of random bytes, most of them of the ones that mean something."""
    chance = chances(SEED)
    letters = [*SPECIAL, *(chr(code) for code in range(256) if chr(code) != "$")]
    weights = [8] * len(SPECIAL) + [1] * 255
    return ["".join(chance.choices(letters, weights, k=chance.randint(0, 20))) for _number in range(RANDOM_VALUES)]


def random_tokens() -> list[str]:
    """Return tokens in all spellings."""
    writer = Writer(chances(SEED), lua=False)
    tokens = [writer.quoted() if number % 2 else writer.bare() for number in range(RANDOM_TOKENS)]
    return [token for token in dict.fromkeys(tokens) if "$" not in token]


@pytest.mark.parametrize("values", [list(HAND_PICKED), random_values()], ids=["hand-picked", "random"])
def test_a_written_value_is_served_byte_for_byte(judge: Judge, values: list[str]) -> None:
    bodies = served(judge, [quote(each) for each in values])
    assert [pair for pair in zip(values, bodies, strict=True) if pair[0] != pair[1]] == []


def test_a_token_has_the_value_that_nginx_serves(judge: Judge) -> None:
    tokens = random_tokens()
    assert len(tokens) >= 1000
    found = zip(tokens, served(judge, tokens), strict=True)
    assert [(token, body) for token, body in found if value(token) != body] == []


def test_a_thousand_values_are_written() -> None:
    assert len({*HAND_PICKED, *random_values()}) >= 1000
