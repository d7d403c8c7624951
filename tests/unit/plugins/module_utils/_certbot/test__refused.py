# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that no authority signs for are not asked for, those of its own refusal once."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import _refused
from ansible_collections.constellation.edge.plugins.module_utils._certbot._refused import refusal, remember

PUBLIC = "https://acme-v02.api.letsencrypt.org/directory"
OWN = "https://ca.example.org/dir"
NAMES = ("b.example.org", "a.example.org")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(_refused, "FOLDER", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_private_name_is_no_question_for_a_public_authority():
    told = refusal("home", ("home.example.org", "nas.lan"), PUBLIC)
    assert told.startswith("nas.lan ends in .lan: no public authority gives a certificate")
    assert refusal("home", ("home.example.org",), PUBLIC) == ""


def test_an_authority_of_ones_own_is_asked_for_every_name():
    assert refusal("nas.lan", ("nas.lan",), OWN) == ""


def test_what_was_refused_is_not_asked_again(folder):
    remember("home", NAMES, OWN, "The CA does not issue.")
    told = refusal("home", tuple(reversed(NAMES)), OWN)
    assert told.startswith("The CA does not issue. It was not asked again")
    assert str(folder / "refused-names.json") in told
    assert (folder / "refused-names.json").stat().st_mode & 0o777 == 0o600


def test_another_authority_and_other_names_are_asked():
    remember("home", NAMES, OWN, "x")
    assert refusal("home", NAMES, "https://other.example.org/dir") == ""
    assert refusal("home", NAMES[:1], OWN) == ""
    assert refusal("other", NAMES, OWN) == ""


def test_a_certificate_that_came_ends_it(folder):
    remember("home", NAMES, OWN, "")
    assert not folder.exists()
    remember("home", NAMES, OWN, "x")
    remember("home", NAMES, OWN, "")
    assert refusal("home", NAMES, OWN) == ""


@pytest.mark.parametrize("text", ["", "[]", '{"home": 1}', "no json"])
def test_a_record_that_is_none_says_nothing(folder, text):
    folder.mkdir()
    (folder / "refused-names.json").write_text(text)
    assert refusal("home", NAMES, OWN) == ""
