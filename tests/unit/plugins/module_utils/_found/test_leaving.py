# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps our folders from going: an nginx that still names them, and a disk that refuses."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._found import leaving
from ansible_collections.constellation.edge.plugins.module_utils._found.leaving import Folders, LeavingError, finish
from ansible_collections.constellation.edge.plugins.module_utils._host import records
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.found import FORMAT, RECORD
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Dump, NginxError

RECORDED = {"format": FORMAT, "made": 1, "packages": ["nginx"]}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Return the folder of records, with one in it, and the folder of settings; nginx is installed."""
    state, settings = tmp_path / "state", tmp_path / "settings"
    settings.mkdir()
    records.write(RECORD, RECORDED, str(state))
    monkeypatch.setattr(leaving, "LOCK_PATH", str(tmp_path / "lock"))
    monkeypatch.setattr(leaving, "traces", lambda _folder: [])
    monkeypatch.setattr(leaving, "find", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(leaving, "read_dump", lambda: Dump("events {}\n", "digest"))
    return Folders(str(state), str(settings), str(tmp_path / "files"))


def installed(command: Sequence[str]) -> Answer:
    """Have every package."""
    return Answer(0, "".join(f"{name} installed\n" for name in command[4:]), "")


def test_a_folder_that_nginx_names_stays_and_is_told(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    state, settings = folders.records, folders.settings
    line = f"ssl_certificate {state}/placeholder/a/fullchain.pem;"
    monkeypatch.setattr(leaving, "read_dump", lambda: Dump(f"    {line}\n# {settings}/no\n", "digest"))
    left = finish(False, folders, installed)
    assert left.removed == [settings]
    assert f"{state} stays, because nginx's configuration names it ({line})" in left.notes
    assert Path(state).is_dir()
    assert not Path(settings).exists()


def test_a_dry_run_does_not_ask_nginx_which_still_has_everything(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> Dump:
        raise AssertionError("nginx is asked")

    monkeypatch.setattr(leaving, "read_dump", never)
    state, settings = folders.records, folders.settings
    assert finish(True, folders, installed).removed == [settings, state]
    assert Path(settings).is_dir()


def test_an_nginx_that_refuses_its_configuration_is_to_be_corrected_first(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses() -> Dump:
        raise NginxError("unknown directive")

    monkeypatch.setattr(leaving, "read_dump", refuses)
    with pytest.raises(LeavingError, match=r"unknown directive; correct nginx's configuration and run remove\.yml"):
        finish(False, folders, installed)
    assert all(Path(folder).is_dir() for folder in (folders.records, folders.settings))


def test_packages_that_came_since_are_told_with_the_command(folders: Folders) -> None:
    [note] = [note for note in finish(False, folders, installed).notes if "packages" in note]
    assert "certbot, ufw, fail2ban, nftables, python3-systemd; `apt-get purge certbot ufw" in note


def test_what_the_disk_refuses_is_told_and_the_record_stays(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", path)

    state, settings = folders.records, folders.settings
    monkeypatch.setattr(leaving.shutil, "rmtree", refused)
    with pytest.raises(LeavingError, match=rf"{settings}: Operation not permitted; remove it by hand and run again"):
        finish(False, folders, installed)
    assert records.read(RECORD, state) == RECORDED


def test_folders_in_the_folder_of_records_go_with_it(folders: Folders) -> None:
    state, settings = folders.records, folders.settings
    (Path(state) / "acme" / "deep").mkdir(parents=True)
    (Path(state) / "link").symlink_to(settings)
    finish(False, folders, installed)
    assert not Path(state).exists()


def test_what_sites_named_goes_unless_nginx_names_it_still(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(folders.files).mkdir()
    line = f"proxy_ssl_trusted_certificate {folders.files}/a.pem;"
    monkeypatch.setattr(leaving, "read_dump", lambda: Dump(line, "digest"))
    left = finish(False, folders, installed)
    assert folders.files not in left.removed
    assert f"{folders.files} stays, because nginx's configuration names it ({line})" in left.notes
    monkeypatch.setattr(leaving, "read_dump", lambda: Dump("", "digest"))
    records.write(RECORD, RECORDED, folders.records)
    assert folders.files in finish(False, folders, installed).removed
    assert not Path(folders.files).exists()


@pytest.mark.parametrize("path", ["/", "/etc", "/etc/.."])
def test_a_folder_at_the_root_is_never_removed(folders: Folders, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving.shutil, "rmtree", lambda path: pytest.fail(f"{path} would go"))
    with pytest.raises(LeavingError, match=r"is no folder of constellation\.edge, so it is not removed"):
        finish(False, replace(folders, settings=path), installed)
