# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents say of a key whose value is secret."""

from __future__ import annotations

from dataclasses import dataclass

import jsonschema
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import key, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import FLAG, Matching
from tools.documents.fragment import options
from tools.documents.json_schema import object_schema
from tools.documents.tables import keys_table


@dataclass(frozen=True)
class Door:
    """A key, and one that is secret."""

    open: bool = key(FLAG, "Whether it is open.", default=False, example=True)
    code: str = key(
        Matching("four digits", "[0-9]{4}"),
        "What opens it.",
        default="",
        otherwise="none",
        example="{{ vaulted_code }}",
        secret=True,
    )


def test_ansible_doc_says_it_in_the_end() -> None:
    described = {name: option["description"] for name, option in options(Door, {}).items()}
    assert described["code"][-2:] == ["For example C(code: {{ vaulted_code }}).", "The value is secret."]
    assert "The value is secret." not in described["open"]


def test_ansible_doc_has_no_field_that_its_own_check_refuses() -> None:
    assert options(Door, {})["code"].keys() == {"description", "type"}


def test_the_schema_says_that_it_is_only_written() -> None:
    schema = object_schema(Door, {})
    assert schema["properties"]["code"]["writeOnly"] is True
    assert "writeOnly" not in schema["properties"]["open"]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid({"code": "1234"})


def test_a_table_says_it() -> None:
    assert keys_table("key", keys_of(Door)).splitlines()[2:] == [
        "| `open` | true or false | `false` | Whether it is open |",
        "| `code` | four digits, secret | none | What opens it |",
    ]
