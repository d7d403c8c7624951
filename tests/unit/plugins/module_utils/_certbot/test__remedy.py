# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What its owner is told of a lineage that is left as it is. That the commands work is shown in scenario brownfield."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot._links import KINDS, broken_link
from ansible_collections.constellation.edge.plugins.module_utils._certbot._remedy import relinked, taken_over
from ansible_collections.constellation.edge.plugins.module_utils._certbot.lineage import (
    CertbotSettings,
    Lineage,
    Renewal,
)

NAME = "a.example.org"


@pytest.fixture
def settings(tmp_path: Path) -> CertbotSettings:
    """Return certbot's folder with two versions of one lineage, of which the second is whole."""
    (tmp_path / "archive" / NAME).mkdir(parents=True)
    (tmp_path / "live" / NAME).mkdir(parents=True)
    for kind in KINDS:
        for number in (9, 10):
            (tmp_path / "archive" / NAME / f"{kind}{number}.pem").write_text(f"{kind} {number}")
        (tmp_path / "live" / NAME / f"{kind}.pem").symlink_to(f"../../archive/{NAME}/{kind}10.pem")
    (tmp_path / "acme").mkdir()
    return CertbotSettings(folder=tmp_path, webroot=tmp_path / "acme")


def lineage(settings: CertbotSettings, renewal: Renewal | None, *names: str) -> Lineage:
    """Return a lineage whose names are those that certbot has a folder for."""
    live = settings.folder / "live" / NAME
    certificate = Lineage(NAME, live / "fullchain.pem", live / "privkey.pem", renewal=renewal)
    assert certificate.names == names
    return certificate


def test_a_lineage_is_handed_over_by_one_command(settings: CertbotSettings) -> None:
    said = taken_over([NAME, "b.example.org"], lineage(settings, Renewal(authenticator="manual")), settings)
    assert said.endswith(
        "`certbot certonly --non-interactive --force-renewal --cert-name a.example.org --key-type ecdsa --webroot -w "
        f"{settings.webroot} -d a.example.org -d b.example.org --deploy-hook 'systemctl reload nginx'`"
    )


def test_a_lineage_without_a_renewal_file_is_moved_aside_first(settings: CertbotSettings) -> None:
    said = taken_over([NAME], lineage(settings, None), settings)
    folder = settings.folder
    for kind in ("live", "archive"):
        assert f"mv {folder}/{kind}/{NAME} {folder}/{NAME}.{kind}.old && " in said


def test_the_folder_of_the_challenges_is_made_where_it_is_not_there(settings: CertbotSettings) -> None:
    settings.webroot.rmdir()
    said = taken_over([NAME], lineage(settings, Renewal(authenticator="manual")), settings, "rsa")
    assert f"`mkdir -p {settings.webroot} && certbot certonly" in said
    assert "--key-type rsa" in said


def test_a_lineage_with_other_names_is_not_handed_over(settings: CertbotSettings) -> None:
    theirs = Renewal(authenticator="manual", folders={"mail.example.org": "/srv"})
    said = taken_over([NAME], lineage(settings, theirs, "mail.example.org"), settings)
    assert said == "Have it made anew for mail.example.org, a.example.org, in the way it was made"


def test_a_lineage_with_a_wildcard_is_not_handed_over(settings: CertbotSettings) -> None:
    theirs = Renewal(authenticator="manual", folders={"*.example.org": "/srv"})
    said = taken_over(["*.example.org"], lineage(settings, theirs, "*.example.org"), settings)
    assert said == "Have it made anew for *.example.org, in the way it was made"


@pytest.mark.parametrize(
    "damage", ["rm -r live/*", "rm live/*/cert.pem", "ln -sf 9 live/*/chain.pem", "cp -r live/* x"]
)
def test_links_are_put_back_to_the_newest_whole_version(settings: CertbotSettings, damage: str) -> None:
    subprocess.run(["/bin/sh", "-c", f"cd {settings.folder} && {damage}"], check=True)
    remedy = relinked(NAME, settings.folder).split("`")[1]
    subprocess.run(["/bin/sh", "-ec", remedy], check=True)
    assert not broken_link(NAME, settings.folder)
    live = settings.folder / "live" / NAME
    assert [(live / f"{kind}.pem").readlink() for kind in KINDS] == [
        Path(f"../../archive/{NAME}/{kind}10.pem") for kind in KINDS
    ]


def test_what_is_not_whole_comes_from_a_backup(settings: CertbotSettings) -> None:
    for file in (settings.folder / "archive" / NAME).glob("chain*"):
        file.unlink()
    assert "from a backup, or remove the rest with `certbot delete" in relinked(NAME, settings.folder)
