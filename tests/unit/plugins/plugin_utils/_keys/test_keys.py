# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key whose value is secret: no message, no document and no preset has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import (
    DeclarationError,
    key,
    keys_of,
    preset_keys,
    secret_names,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import (
    FLAG,
    Group,
    Kind,
    Listing,
    Matching,
    Origins,
    Parsed,
    Size,
    Whole,
    Word,
    Words,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.names import host_name

VALUE = "hunter2"
KINDS: list[tuple[Kind, Any]] = [
    (FLAG, VALUE),
    (Whole("a number", 1, 9), VALUE),
    (Size(), VALUE),
    (Word("yes", "no"), VALUE),
    (Words("words", ["a"]), [VALUE, VALUE]),
    (Words("words", ["a"]), {VALUE: 1}),
    (Origins("any"), [VALUE]),
    (Parsed("a host", ".", host_name), VALUE),
    (Matching("a word", "[a-z]+"), VALUE),
    (Group({"name": FLAG}, {"name": ""}), {VALUE: 1, "name": VALUE}),
    (Group({"name": FLAG}, {"name": ""}), [VALUE]),
]


@dataclass(frozen=True)
class Login:
    """Who may enter."""

    user: str = key(Matching("a name", "[a-z]+"), "The name.")
    password: str = key(Matching("a word of eight letters", "[a-z]{8}"), "The password.", secret=True)


@dataclass(frozen=True)
class Door:
    """A list, and a secret beside it."""

    logins: tuple[Login, ...] = key(Listing("logins", Login), "Who may enter.")
    code: str = key(Matching("four digits", "[0-9]{4}"), "The code.", default="", secret=True)


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_no_mistake_quotes_a_secret_value_or_what_is_in_it(kind: Kind, value: Any) -> None:
    public, secret = key(kind, "It.", name="it"), key(kind, "It.", name="it", secret=True)
    said = [each.text for each in public.metadata["key"].read("it", value)[1]]
    hidden = secret.metadata["key"].read("it", value)[1]
    assert len(hidden) == len(said) > 0
    assert {each.text for each in hidden} == {f"it must be {kind.words} (its value is secret and not shown)"}
    assert VALUE not in "".join(each.text + each.below for each in hidden)


def test_a_mistake_still_names_its_line_by_its_part() -> None:
    (mistake,) = keys_of(Login)["password"].read("password", VALUE)[1]
    assert mistake.part is VALUE


def test_a_right_secret_value_is_read_as_any_other() -> None:
    assert keys_of(Login)["password"].read("password", "swordfis") == ("swordfis", [])


def test_no_repr_shows_a_secret() -> None:
    door = Door((Login("anna", VALUE),), "1234")
    assert repr(door) == "Door(logins=(Login(user='anna'),))"
    assert (door.code, door.logins[0].password) == ("1234", VALUE)


def test_secrets_are_known_by_name_at_every_depth() -> None:
    assert secret_names(Door) == {"code", "password"}
    assert secret_names(Login) == {"password"}


@pytest.mark.parametrize("more", [{"preset": True}, {"preset": FLAG}, {"preset_only": True}])
def test_no_preset_can_set_a_secret(more: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="a preset cannot set a secret key"):
        key(Matching("a word", "[a-z]+"), "It.", secret=True, **more)
    assert preset_keys(Door) == {}


@pytest.mark.parametrize(
    ("more", "words"), [({"default": VALUE}, "as its default"), ({"example": VALUE}, "is a template")]
)
def test_no_document_can_have_a_secret_value(more: dict[str, Any], words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        key(Matching("a word", "[a-z]+"), "It.", secret=True, **more)
    assert key(FLAG, "It.", secret=True, default=None, example="{{ vaulted }}")
