# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lineages as they are wished for, and left behind; certbot itself is not called."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot.release import Release
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from module_runs import done, module, refused

NAME = "a.example.org"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give certbot a folder of its own, with no lineage in it."""
    ours, place = module("certbot_certificate"), Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    settings = partial(ours.CertbotSettings, folder=tmp_path / "letsencrypt", host=place)
    monkeypatch.setattr(ours, "CertbotSettings", settings)
    return tmp_path / "letsencrypt"


def test_check_mode_shows_what_would_be_asked_for(folder: Path) -> None:
    answer = done("certbot_certificate", check=True, certificates=[{"name": NAME}])
    assert answer["changed"] is True
    assert answer["certificates"][NAME]["source"] == "none"
    assert answer["diff"][0]["before"] == f"{NAME}: none\n"
    assert f"names: {NAME}\n" in answer["diff"][0]["after"]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "told"), [("a..", "name 'a..': not a public host name"), ("a/b", "certificate 'a/b': the name may hold")]
)
def test_a_name_that_no_ca_takes_is_refused(name: str, told: str) -> None:
    assert told in refused("certbot_certificate", certificates=[{"name": name}])["msg"]


def test_certificates_are_needed() -> None:
    assert (
        refused("certbot_certificate")["msg"] == "state is present but all of the following are missing: certificates"
    )


def test_leaving_has_nothing_to_do_where_there_is_no_lineage() -> None:
    answer = done("certbot_certificate", state="released")
    assert (answer["changed"], answer["released"], answer["notes"]) == (False, {}, [])


def test_leaving_tells_how_each_lineage_is_renewed_from_now_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def release(_settings: object, *, check_mode: bool) -> Release:
        asked.append(check_mode)
        return Release(
            {NAME: "renews by certbot's authenticator nginx"}, [{"before": "a", "after": "b"}], ["unreadable"]
        )

    monkeypatch.setattr(module("certbot_certificate"), "release", release)
    answer = done("certbot_certificate", check=True, state="released")
    assert answer["notes"] == [f"the certificate {NAME} stays and renews by certbot's authenticator nginx"]
    assert (answer["changed"], answer["warnings"], asked) == (True, ["unreadable"], [True])
