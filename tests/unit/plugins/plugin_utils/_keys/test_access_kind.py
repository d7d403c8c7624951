# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may come in, as it is written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.access_kind import ACCESS, NOBODY, PUBLIC, asks


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("public", PUBLIC),
        ("none", NOBODY),
        (["none"], NOBODY),
        ("lan", (("lan",),)),
        (["login", "lan"], (("lan",), ("login",))),
        ("login + lan", (("lan", "login"),)),
        (["lan+login", "lan"], (("lan",),)),
        (["lan+login", "login", "login"], (("login",),)),
    ],
)
def test_a_rule_has_one_form(written: Any, rule: Any) -> None:
    assert ACCESS.read("access", written) == (rule, [])


def test_a_word_counts_or_does_not() -> None:
    both = ACCESS.convert("lan+login")
    assert (asks(both, "lan"), asks(both, "login"), asks(PUBLIC, "lan"), asks(NOBODY, "login")) == (
        True,
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("lna", "access: 'lna' is not known"),
        ("Lan", "did you mean 'lan'?"),
        (["lan", "public"], "access: 'public' stands alone"),
        (["none", "login"], "access: 'none' stands alone"),
        ("lan+public", "`+` stands between `lan`, `login`"),
        ([], "write `none` where nobody is to come in"),
        (None, "not nothing: YAML reads no, off and an empty value so"),
        (False, "not False: YAML reads no, off and an empty value so"),
        ("192.168.0.0/24", "write addresses as `allow: [ADDRESS]`, beside `access: lan`"),
        (["lan", 5], "not a number"),
        ({"lan": True}, "must be `public`, `lan`, `login`, `none`, or a list of them"),
    ],
)
def test_what_is_no_rule_is_told(written: Any, words: str) -> None:
    rule, mistakes = ACCESS.read("access", written)
    assert rule is None
    assert any(words in each.text for each in mistakes), mistakes
