# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewal is proven per lineage: certbot takes it up, and port 80 serves the folder of each name."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot.lineage import CertbotSettings
from ansible_collections.constellation.edge.plugins.module_utils._certbot.skipped import skipped
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._proof.proof import Proof
from ansible_collections.constellation.edge.plugins.module_utils._proof.renewal import prove_lineages, prove_renewal

NAME = "a.example.org"
KINDS = ("cert", "privkey", "chain", "fullchain")


@pytest.fixture
def settings(tmp_path: Path) -> CertbotSettings:
    """Return certbot's folder with one lineage whose renewal works."""
    settings = CertbotSettings(webroot=tmp_path / "web", folder=tmp_path / "le")
    live, archive = settings.folder / "live" / NAME, settings.folder / "archive" / NAME
    for folder in (live, archive, settings.folder / "renewal"):
        folder.mkdir(parents=True)
    text = ""
    for kind in KINDS:
        (archive / f"{kind}1.pem").write_text("x")
        (live / f"{kind}.pem").symlink_to(f"../../archive/{NAME}/{kind}1.pem")
        text += f"{kind} = {live}/{kind}.pem\n"
    text += f"[renewalparams]\nauthenticator = webroot # mine\n[[webroot_map]]\n{NAME} = {settings.webroot}\n"
    settings.renewal_file(NAME).write_text(text)
    return settings


def proof(settings: CertbotSettings, *unserved: str, check_mode: bool = False, wanted: str = NAME) -> Proof:
    """Return the proof of one lineage; for these names port 80 serves nothing."""
    asked = [{"name": wanted, "names": []}]

    def port_80(names: tuple[str, ...], _folder: Path) -> dict[str, str]:
        assert not check_mode
        return {name: "status 404" for name in names if name in unserved}

    (found,) = prove_lineages(asked, settings, check_mode=check_mode, check=port_80)
    assert prove_lineages(None, settings, check_mode=check_mode, check=port_80) == [found] or wanted != NAME
    return found


def test_an_inactive_timer_is_a_failed_proof() -> None:
    assert prove_renewal(lambda _words: Answer(0, "active\n", ""))[0].ok
    found = prove_renewal(lambda _words: Answer(3, "inactive\n", ""))[0]
    assert not found.ok
    assert "systemctl enable --now certbot.timer" in found.detail


def test_a_lineage_that_works(settings: CertbotSettings) -> None:
    assert proof(settings).ok
    assert proof(settings).subject == f"renewal of {NAME}"
    assert proof(settings, check_mode=True).ok is None
    assert proof(settings, wanted="b.example.org").ok is None


def test_a_folder_that_port_80_does_not_serve_is_a_failed_proof(settings: CertbotSettings) -> None:
    found = proof(settings, NAME)
    assert found.ok is False
    assert "status 404" in found.detail


def test_c11_files_that_are_no_links_are_a_failed_proof(settings: CertbotSettings) -> None:
    file = settings.folder / "live" / NAME / "chain.pem"
    file.unlink()
    file.write_text("x")
    for check_mode in (True, False):
        found = proof(settings, check_mode=check_mode)
        assert found.ok is False
        assert f"{file} is no link" in found.detail


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("authenticator = webroot", "x = 1", "no authenticator"),
        ("privkey = ", "key = ", "no entry privkey"),
        ("[[webroot_map]]", "autorenew = False\n[[webroot_map]]", "autorenew = False"),
        ("[[webroot_map]]", "reuse_key = yes\n[[webroot_map]]", "reuse_key is 'yes'"),
        ("[[webroot_map]]", "rsa_key_size = big\n[[webroot_map]]", "rsa_key_size is 'big'"),
        ("[[webroot_map]]", "pref_challs = tls-sni-01,\n[[webroot_map]]", "'tls-sni-01', which is no challenge"),
        ("= webroot #", "= manual #", "asks a person"),
        ("= webroot # mine", "= dns-x\npref_challs = http-01,", "proves a name by dns-01"),
        ("[[webroot_map]]", "a = %(b)s\n[[webroot_map]]", "names no entry"),
        ("[[webroot_map]]", "nonsense\n[[webroot_map]]", "neither a section nor an entry"),
    ],
)
def test_what_certbot_skips_is_a_failed_proof(settings: CertbotSettings, old: str, new: str, reason: str) -> None:
    file = settings.renewal_file(NAME)
    file.write_text(file.read_text().replace(old, new))
    assert reason in skipped(file)
    found = proof(settings)
    assert found.ok is False
    assert reason in found.detail


def test_challenges_that_webroot_does_not_have_are_a_failed_proof(settings: CertbotSettings) -> None:
    file = settings.renewal_file(NAME)
    file.write_text(file.read_text().replace("[[webroot_map]]", "pref_challs = dns-01,\n[[webroot_map]]"))
    found = proof(settings)
    assert found.ok is False
    assert "pref_challs allows dns-01 alone" in found.detail


def test_c10_an_empty_renewal_file_is_a_failed_proof(settings: CertbotSettings) -> None:
    settings.renewal_file(NAME).write_text("")
    assert skipped(settings.renewal_file(NAME)).endswith("is empty")
    (settings.folder / "live" / NAME / "fullchain.pem").unlink()
    assert proof(settings, wanted=NAME).ok is None
