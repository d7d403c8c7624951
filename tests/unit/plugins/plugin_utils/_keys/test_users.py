# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may log in, as an owner writes it; no refusal has what may be a password."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import keys_of

HASH = "$6$abc$" + "a" * 86
USERS = keys_of(Route)["users"]


def test_a_list_has_each_name_once_and_a_mapping_is_taken_as_it_is() -> None:
    assert USERS.read("users", ["anna", "bert", "anna"]) == (("anna", "bert"), [])
    assert USERS.read("users", {"anna": HASH, "bert": "hunter2"}) == ({"anna": HASH, "bert": "hunter2"}, [])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "must be a list of names out of `edge_users`"),
        ({}, "must be a list of names out of `edge_users`"),
        (None, "must be a list of names out of `edge_users`"),
        ("anna:hunter2", "must be a list of names out of `edge_users`"),
        ([{"anna": "hunter2"}], "has an entry that is no name"),
        (["anna", 7], "has an entry that is no name"),
        (["anna", "bert:hunter2"], "the name at place 2 has a colon"),
        ({"bert:hunter2": "x"}, "a user's name has a colon"),
        ({7: "hunter2"}, "a user's name is no text"),
        ({"anna": ["hunter2"]}, "the password of 'anna' is no text"),
        ({"anna": "hunter2\n"}, "the password of 'anna' has a line end"),
        ({"anna": "{PLAIN}hunter2"}, "the password of 'anna' is a hash that is no protection"),
    ],
)
def test_a_mistake_is_told_without_a_password(value: Any, words: str) -> None:
    read, mistakes = USERS.read("users", value)
    assert read is None
    (mistake,) = mistakes
    assert words in mistake.text
    assert mistake.below == "users"
    assert "hunter2" not in mistake.text


def test_the_variable_takes_no_list() -> None:
    known = keys_of(Variables)["edge_users"]
    assert known.read("edge_users", {"anna": HASH}) == ({"anna": HASH}, [])
    (mistake,) = known.read("edge_users", ["anna"])[1]
    assert "must be a mapping of names to passwords or hashes, such as" in mistake.text


def test_they_are_secret_everywhere() -> None:
    assert all(keys[name].is_secret for keys, name in ((keys_of(Site), "users"), (keys_of(Variables), "edge_users")))
    assert "hunter2" not in repr(Route(path="/", users={"anna": "hunter2"}))
    assert "hunter2" not in repr(Site(server_names=("a.test",), routes=(), users={"anna": "hunter2"}))
