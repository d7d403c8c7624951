# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certbot leaves when it is cut off: taken back, with everything that somebody else changed since then."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import checkpoint as certbot_checkpoint
from ansible_collections.constellation.edge.plugins.module_utils._certbot._lock import LOCK, kept_out
from ansible_collections.constellation.edge.plugins.module_utils._certbot.checkpoint import (
    Certbot,
    beside_certbot,
    pending,
    resolve,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

MAIN = "http {\n    # server_names_hash_bucket_size 64;\n    include sites-enabled/*;\n}\n"
SITE = 'server {\n    listen 80;   # mine\n    server_name a.example;\n    location / { return 200 "one\\n"; }\n}\n'
# What certbot 4.0.0 made of both, with its own line ends.
MAIN_EDITED = MAIN.replace(
    "http {",
    "http {\nserver_names_hash_bucket_size 128;\ninclude CONFIG/le_http_01_cert_challenge.conf;",
)
SITE_EDITED = (
    SITE.replace(
        "server {", "server {rewrite ^(/.well-known/acme-challenge/.*) $1 break; # managed by Certbot\n\n", 1
    ).removesuffix("}\n")
    + "location = /.well-known/acme-challenge/rB45x-RA_k"
    "{default_type text/plain;return 200 rB45x-RA_k._BTZ2Fqq-u_L;} # managed by Certbot\n\n}\n"
)


class World:
    """A host whose certbot was killed in the middle of a challenge."""

    def __init__(self, folder: Path) -> None:
        """Make its folders."""
        self.root, self.work, self.config, self.logs = (folder / name for name in ("nginx", "work", "config", "logs"))
        for each in (self.root, self.work, self.config, self.logs):
            each.mkdir()
        self.main, self.site = self.root / "nginx.conf", self.root / "site"
        self.certbot = Certbot(str(self.work), str(self.config), str(self.logs), timeout=0.2)
        # An nginx that is not there: what it would say is the scenario's part.
        self.host = Places(str(folder / "state"), str(folder / "lock"), "no-such-nginx")
        self.main_edited = MAIN_EDITED.replace("CONFIG", str(self.config))

    def cut_off(self, name: str = "temp_checkpoint", *, log: bool = True) -> None:
        """Leave what the killed certbot leaves."""
        checkpoint = self.work / name
        checkpoint.mkdir()
        edited = {self.main: (MAIN, self.main_edited), self.site: (SITE, SITE_EDITED)}
        (checkpoint / "FILEPATHS").write_text("".join(f"{path}\n" for path in edited))
        challenges = self.config / "le_http_01_cert_challenge.conf"
        (checkpoint / "NEW_FILES").write_text(f"{challenges}\n")
        challenges.touch()
        copying, writing = "", ""
        for number, (path, (before, after)) in enumerate(edited.items()):
            (checkpoint / f"{path.name}_{number}").write_text(before)
            path.write_text(after)
            copying += f"2026-11-25 15:24:38,692:DEBUG:certbot.reverter:Creating backup of {path}\n"
            writing += (
                f"2026-11-25 15:24:38,693:DEBUG:certbot_nginx._internal.parser:Writing nginx conf tree to {path}:\n"
            )
            writing += f"{after}\n"
        if log:
            (self.logs / "letsencrypt.log").write_text(copying + writing + "2026-11-25 15:24:39,000:DEBUG:x:y\n")

    def resolve(self, *, check_mode: bool = False) -> list[str]:
        """Resolve it."""
        return resolve(str(self.root), check_mode=check_mode, certbot=self.certbot, host=self.host)

    def texts(self) -> tuple[str, str]:
        """Return what stands in nginx's files."""
        return self.main.read_text(), self.site.read_text()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_host_without_leftovers_is_left_alone(world: World) -> None:
    assert pending(world.certbot) == []
    assert world.resolve() == []
    assert list(world.root.iterdir()) == []
    assert not os.path.exists(world.host.state)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("name", ["temp_checkpoint", "IN_PROGRESS"])
def test_its_edits_are_taken_back_byte_for_byte(world: World, name: str, log: bool) -> None:
    world.cut_off(name, log=log)
    assert pending(world.certbot) == [str(world.work / name)]
    (note,) = world.resolve()
    assert world.texts() == (MAIN, SITE)
    assert f"its edits were taken back in {world.main}, {world.site}" in note
    assert "changed by somebody else" not in note
    assert pending(world.certbot) == []
    (aside,) = world.work.iterdir()
    assert aside.name.startswith(f"{name}.set-aside-2")
    assert (aside / "site_1").read_text() == SITE
    assert str(aside) in note
    assert list(world.config.iterdir()) == []
    copies = {path.read_text() for path in Path(world.host.state, "backup").rglob("*") if path.is_file()}
    assert copies == {world.main_edited, SITE_EDITED}
    assert world.resolve() == []


def test_check_mode_only_tells(world: World) -> None:
    world.cut_off()
    before = {path: path.read_bytes() for path in world.root.parent.rglob("*") if path.is_file()}
    (note,) = world.resolve(check_mode=True)
    assert f"its edits would be taken back in {world.main}, {world.site}" in note
    assert {path: path.read_bytes() for path in world.root.parent.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("log", [True, False])
def test_a_change_made_since_then_stays_and_only_the_challenge_goes(world: World, log: bool) -> None:
    world.cut_off(log=log)
    world.site.write_text(SITE_EDITED.replace("one", "two"))
    world.main.write_text(world.main_edited + "# mine\n")
    (note,) = world.resolve()
    main, site = world.texts()
    assert site.split() == SITE.replace("one", "two").split()
    assert "listen 80;   # mine\n" in site
    assert main.split() == (MAIN + "# mine\n").split()
    assert f"changed by somebody else since then, and kept: {world.main}, {world.site}" in note


def test_a_new_version_without_a_challenge_stays_byte_for_byte(world: World) -> None:
    world.cut_off()
    world.site.write_text("server { listen 81; }")
    (note,) = world.resolve()
    assert world.texts() == (MAIN, "server { listen 81; }")
    assert f"kept: {world.site}." in note


def test_the_end_of_what_certbot_wrote_taken_off_is_a_change_too(world: World) -> None:
    world.cut_off()
    shorter = SITE_EDITED.removesuffix("\n}\n")
    world.site.write_text(shorter)
    world.resolve()
    assert "acme" not in world.site.read_text()
    assert world.site.read_text() != SITE


def test_a_file_that_somebody_took_away_does_not_come_back(world: World) -> None:
    world.cut_off()
    world.site.unlink()
    (note,) = world.resolve()
    assert not world.site.exists()
    assert f"kept: {world.site}." in note


def test_a_write_that_was_cut_off_is_taken_back(world: World) -> None:
    world.cut_off()
    world.main.write_bytes(b"")
    world.resolve()
    assert world.texts() == (MAIN, SITE)


def test_a_copy_that_was_removed_already_changes_nothing(world: World) -> None:
    """Certbot was killed while it removed the checkpoint, after everything had been copied back."""
    world.cut_off()
    world.main.write_text(MAIN)
    world.site.write_text(SITE)
    (world.work / "temp_checkpoint" / "site_1").unlink()
    (note,) = world.resolve()
    assert world.texts() == (MAIN, SITE)
    assert "taken back" not in note
    assert pending(world.certbot) == []


def test_a_checkpoint_without_names_is_only_set_aside(world: World) -> None:
    (world.work / "temp_checkpoint").mkdir()
    assert len(world.resolve()) == 1
    assert pending(world.certbot) == []


@pytest.mark.parametrize("rotated", ["letsencrypt.log.1", "letsencrypt.log.2.gz"])
def test_a_log_that_was_rotated_is_read_too(world: World, rotated: str) -> None:
    world.cut_off("IN_PROGRESS")
    world.site.write_text(installed := SITE + "# not a challenge's line, but certbot's\n")
    log = world.logs / "letsencrypt.log"
    text = log.read_text().replace(SITE_EDITED, installed).encode()
    log.write_text("2026-11-26 00:00:00,000:DEBUG:x:y\n")
    (world.logs / rotated).write_bytes(gzip.compress(text) if rotated.endswith(".gz") else text)
    world.resolve()
    assert world.texts() == (MAIN, SITE)


def test_an_installation_that_no_log_tells_of_stays(world: World) -> None:
    world.cut_off("IN_PROGRESS", log=False)
    world.site.write_text(installed := SITE + "# certbot's or the owner's\n")
    world.resolve()
    assert world.site.read_text() == installed


def test_what_certbot_wrote_before_the_checkpoint_counts_as_somebodys(world: World) -> None:
    """The owner went back to what an earlier certbot had made: that is a choice."""
    world.cut_off()
    log = world.logs / "letsencrypt.log"
    earlier = "server { listen 443 ssl; } # managed by Certbot\n"
    log.write_text(
        f"2026-01-01 00:00:00,000:DEBUG:p:Writing nginx conf tree to {world.site}:\n{earlier}\n{log.read_text()}"
    )
    world.site.write_text(earlier)
    world.resolve()
    assert world.site.read_text() == earlier


def test_undo_commands_are_not_carried_out(world: World) -> None:
    world.cut_off()
    (world.work / "temp_checkpoint" / "COMMANDS").write_text("a2dismod,ssl\n")
    with pytest.raises(EdgeError, match=r"holds commands.*then move the folder away"):
        world.resolve()
    assert world.texts() == (world.main_edited, SITE_EDITED)
    assert pending(world.certbot)


@pytest.mark.parametrize("folder", ["root", "work"])
def test_nothing_is_done_while_a_certbot_runs(world: World, folder: str) -> None:
    world.cut_off()
    with (
        kept_out(str(getattr(world, folder)), 0.0, ""),
        pytest.raises(EdgeError, match=r"certbot .* has been at work for more than 0\.2 s.*nothing was changed"),
    ):
        world.resolve()
    assert world.texts() == (world.main_edited, SITE_EDITED)
    world.resolve()
    assert world.texts() == (MAIN, SITE)


def test_check_mode_tells_of_a_certbot_at_work_and_does_not_wait(world: World) -> None:
    world.cut_off()
    with kept_out(str(world.root), 0.0, ""):
        (note,) = world.resolve(check_mode=True)
    assert note.startswith("certbot is at work now")


@pytest.mark.parametrize("plugin", [True, False])
def test_the_plugin_is_kept_out_where_it_was_ever_used(world: World, plugin: bool) -> None:
    if plugin:
        (world.config / "options-ssl-nginx.conf").touch()
    with beside_certbot(str(world.root), certbot=world.certbot, host=world.host) as notes:
        assert notes == []
        assert (world.root / LOCK).exists() is plugin
        assert not (world.work / LOCK).exists()
    assert not (world.root / LOCK).exists()


def test_a_full_disk_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.cut_off()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", str(world.work))

    monkeypatch.setattr(certbot_checkpoint.os, "rename", refuse)
    with pytest.raises(EdgeError, match=r"cannot be resolved: .* is full"):
        world.resolve()
