# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the timer starts: when files and nginx change, and when nothing does."""

from __future__ import annotations

import json
import multiprocessing
import os
import textwrap
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._client_names.refresh import (
    Folders,
    Refreshed,
    refresh,
)
from ansible_collections.constellation.edge.plugins.module_utils._client_names.text import Wanted, settings_text
from ansible_collections.constellation.edge.plugins.module_utils._dns.addresses import Told
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._host.files import LockError, host_lock
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import apply

NAME = "anna.dyndns.example.org"
WANTED = Wanted(((NAME, "near"),))


@dataclass
class World:
    """A host whose nginx refuses every file that holds the word `bad`."""

    folder: Path
    told: Told = field(default_factory=lambda: Told(("203.0.113.7",), ()))
    reloads: list[str] = field(default_factory=list)
    reload_fails: bool = False

    @property
    def host(self) -> Places:
        return Places(str(self.folder / "state"), str(self.folder / "lock"), str(self.folder / "nginx"))

    @property
    def settings(self) -> Path:
        return self.folder / "client-names.json"

    @property
    def file(self) -> Path:
        return self.folder / "etc" / "files" / WANTED.file

    def look(self, names: Collection[str]) -> dict[str, Told]:
        assert [*names] == [NAME]
        return {NAME: self.told}

    def reload(self) -> None:
        self.reloads.append(self.file.read_text())
        if self.reload_fails:
            self.reload_fails = False
            raise EdgeError("nginx refused the reload")

    def refresh(self, lock_seconds: float = 5.0) -> Refreshed:
        folders = Folders(str(self.settings), str(self.file.parent), str(self.folder / "etc"))
        return refresh(lock_seconds=lock_seconds, folders=folders, host=self.host, look=self.look, reload=self.reload)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.file.parent.mkdir(parents=True)
    nginx = tmp_path / "nginx"
    nginx.write_text(
        textwrap.dedent(f"""\
        #!/bin/sh
        grep -rqs --exclude='.*' bad {tmp_path}/etc || exit 0
        echo 'nginx: [emerg] unknown directive "bad" in {tmp_path}/etc/nginx.conf:1' >&2
        exit 1
        """)
    )
    nginx.chmod(0o755)
    made.settings.write_text(settings_text({WANTED.file: WANTED.settings()}))
    made.file.write_text(WANTED.text({NAME: ("203.0.113.7",)}))
    return made


def test_the_same_addresses_change_nothing(world: World) -> None:
    before = world.file.stat()
    assert world.refresh() == Refreshed()
    assert world.reloads == []
    assert (world.file.stat().st_ino, world.file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_others_are_written_and_loaded(world: World) -> None:
    world.told = Told(("203.0.113.9",), ("2001:db8::9",))
    assert world.refresh() == Refreshed([f"{NAME}: 203.0.113.9, 2001:db8::9 instead of 203.0.113.7"])
    wanted = WANTED.text({NAME: ("203.0.113.9", "2001:db8::9")})
    assert world.reloads == [wanted]
    assert world.file.read_text() == wanted
    assert world.file.stat().st_mode & 0o777 == 0o644
    assert world.refresh() == Refreshed()


@pytest.mark.parametrize("told", [Told(), Told((), ()), Told(("0.0.0.0",), ()), Told(("10.1.2.3",), ("fd00::1",))])  # noqa: S104
def test_the_last_ones_stay_and_it_is_said(world: World, told: Told) -> None:
    world.told = told
    done = world.refresh()
    assert done.changes == []
    assert done.problems[0].endswith("; it counts as 203.0.113.7")
    assert world.reloads == []


def test_what_nginx_refuses_is_put_back(world: World) -> None:
    before = world.file.read_text()
    (world.folder / "etc" / "nginx.conf").write_text("bad")
    world.told = Told(("203.0.113.9",), ())
    with pytest.raises(EdgeError, match="unknown directive"):
        world.refresh()
    assert world.file.read_text() == before
    assert world.reloads == []


def test_a_reload_that_fails_is_undone(world: World) -> None:
    before = world.file.read_text()
    world.told = Told(("203.0.113.9",), ())
    world.reload_fails = True
    with pytest.raises(EdgeError, match="refused the reload"):
        world.refresh()
    assert world.file.read_text() == before
    assert world.reloads[-1] == before
    assert world.refresh().changes


def test_without_settings_nobody_is_asked(world: World) -> None:
    world.settings.unlink()
    world.told = Told(("203.0.113.9",), ())
    assert world.refresh() == Refreshed()
    world.settings.write_text("{}")
    assert world.refresh() == Refreshed()


def test_a_file_that_no_run_has_made_yet_is_not_made(world: World) -> None:
    world.file.unlink()
    assert world.refresh() == Refreshed()
    assert list(world.file.parent.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"a": 1}', "\xff", '{"clients-0123456789abcdef.conf": {"names": [["a"]], "fixed": []}}'),
        json.dumps({"../nginx.conf": WANTED.settings()}),
        json.dumps({WANTED.file: {**WANTED.settings(), "fixed": ["anna"]}}),
    ],
)
def test_settings_that_are_not_ours_are_refused(world: World, text: str) -> None:
    world.settings.write_text(text)
    with pytest.raises(EdgeError, match=r"run site\.yml again"):
        world.refresh()


def test_a_run_that_came_meanwhile_is_left_alone(world: World) -> None:
    """It has looked the names up itself."""
    world.told = Told(("203.0.113.9",), ())
    look = world.look

    def slow(names: Collection[str]) -> dict[str, Told]:
        world.settings.write_text(settings_text({}))
        return look(names)

    world.look = slow  # type: ignore[method-assign]
    assert world.refresh() == Refreshed()
    assert world.reloads == []


def test_it_waits_for_a_run(world: World) -> None:
    ready, end = multiprocessing.Event(), multiprocessing.Event()

    def hold() -> None:
        with host_lock(5.0, world.host.lock):
            ready.set()
            end.wait(20)

    holder = multiprocessing.get_context("fork").Process(target=hold)
    holder.start()
    assert ready.wait(20)
    world.told = Told(("203.0.113.9",), ())
    with pytest.raises(LockError):
        world.refresh(0.1)
    assert world.reloads == []
    end.set()
    holder.join()
    assert world.refresh().changes


def test_what_a_kill_left_is_put_back_first(world: World) -> None:
    """The file has the new bytes, and nginx was not told: once more from the beginning."""
    new = WANTED.text({NAME: ("203.0.113.9",)}).encode()
    context = multiprocessing.get_context("fork")

    def half() -> None:
        apply([Write(str(world.file), new)], root=str(world.folder / "etc"), after=lambda: os._exit(9), host=world.host)

    process = context.Process(target=half)
    process.start()
    process.join()
    assert process.exitcode == 9
    assert world.file.read_bytes() == new
    world.told = Told(("203.0.113.9",), ())
    assert world.refresh().changes == [f"{NAME}: 203.0.113.9 instead of 203.0.113.7"]
    assert world.reloads == [new.decode()]
