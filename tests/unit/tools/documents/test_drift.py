# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes from the declarations is what they say: `make docs` has been run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import fields_of, key, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import Flag
from places import ROOT
from tools.documents.__main__ import documents
from tools.documents.markup import markdown, sentence, written
from tools.documents.tables import with_tables

DOCUMENTS = documents()
DECLARED = {"variable": Variables, "site": Site, "route": Route}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_says_what_is_declared(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == DOCUMENTS[path], "run `make docs`"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, declared in DECLARED.items() for name in keys_of(declared)]
)
def test_every_key_has_an_example_that_is_right(kind: str, name: str) -> None:
    known = keys_of(DECLARED[kind])[name]
    assert all(sentence.endswith((".", ")")) for sentence in known.doc)
    if name not in ("routes", "edge_sites"):
        assert known.example is not None
        # What Ansible makes of a template is not known here.
        assert "{{" in str(known.example) or list(known.kind.faults(name, known.example)) == []


@pytest.mark.parametrize(("declared", "name"), [(Site, "drops"), (Route, "buffering"), (Route, "read_timeout")])
def test_a_default_is_one_that_an_owner_could_write(declared: type, name: str) -> None:
    known = keys_of(declared)[name]
    value = list(known.default) if isinstance(known.default, tuple) else known.default
    assert list(known.kind.faults(name, value)) == []


def test_a_key_is_one_line() -> None:
    """All that a new key needs to be read, refused, documented and completed."""

    @dataclass(frozen=True)
    class Example:
        quiet: bool = key(Flag(), "Whether it is quiet.", default=False)

    assert list(fields_of(Example)) == ["quiet"]
    assert keys_of(Example)["quiet"].kind.words == "true or false"


def test_a_table_needs_its_mark() -> None:
    with pytest.raises(ValueError, match="is there 0 times"):
        with_tables("# Title\n", {"variables": "| a |\n"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Whether C(app=x) has V(true).", "Whether `app=x` has `true`."),
        (
            "By C(ssl) and M(constellation.edge.nginx_site) (RFC 6797).",
            "By `ssl` and `constellation.edge.nginx_site` (RFC 6797).",
        ),
    ],
)
def test_markup_becomes_code(text: str, said: str) -> None:
    assert markdown(text) == said


def test_a_table_has_the_first_sentence() -> None:
    assert sentence("One thing, V(a|b). Another.") == "One thing, `a\\|b`"
    assert [written(value) for value in (True, "keep", ("a", "b"), 5)] == ["true", "keep", '["a", "b"]', "5"]
