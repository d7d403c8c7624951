# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `edge_connection_limit` does to a host: state is compared, foreign tables stay, failures leave nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit import host as limit_host
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit import step
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit.table import (
    DELETION,
    drop_in_text,
    nft_text,
    parse_limit,
    unit_text,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.command import MISSING, Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import (
    Pausing,
    Planned,
    RunOptions,
    Step,
    carry_out,
)

LIMIT = parse_limit(256, [80, 443], [])


@dataclass
class World:
    """A host: its files, its systemd, and the text that its kernel holds of our table ("" for no table)."""

    folder: Path
    host: Places
    kernel: str = ""
    active: bool = False
    enabled: bool = False
    stale: bool = False
    refusal: Answer | None = None
    broken: str = ""
    loses: bool = False
    stubborn: bool = False
    commands: list[str] = field(default_factory=list)

    @property
    def nft(self) -> Path:
        return self.folder / "etc" / "limit.nft"

    @property
    def unit(self) -> Path:
        return self.folder / "limit.service"

    @property
    def drop_in(self) -> Path:
        return self.folder / "nftables.service.d" / "ours.conf"

    def call(self, command: Sequence[str]) -> Answer:
        words = list(command)
        if words[:2] == ["systemctl", "show"]:
            active, stale = "active" if self.active else "inactive", "yes" if self.stale else "no"
            enabled = "enabled" if self.enabled else ""
            return Answer(0, f"ActiveState={active}\nUnitFileState={enabled}\nNeedDaemonReload={stale}\n", "")
        if words[0] == "nft" and self.refusal:
            return self.refusal
        if words[:2] == ["nft", "--check"]:
            assert "add table" in Path(words[-1]).read_text()
            return Answer(0, "", "")
        if words[:3] == ["nft", "--terse", "list"]:
            return Answer(0, self.kernel, "") if self.kernel else Answer(1, "", "No such file or directory")
        self.commands.append(" ".join(words))
        if self.broken and words[1] == self.broken:
            return Answer(1, "", "it went wrong")
        return self.carry_out(words)

    def carry_out(self, words: list[str]) -> Answer:
        if words[1] in ("reload-or-restart", "start") and not self.loses:
            self.kernel, self.active = self.nft.read_text(), True
        elif words[1] == "stop" or "--now" in words:
            self.kernel, self.active = self.kernel if self.stubborn else "", False
        if words[1] in ("enable", "disable"):
            self.enabled = words[1] == "enable"
        elif words[1] == "daemon-reload":
            self.stale = False
        elif words[1] == DELETION:
            self.kernel = ""
        return Answer(0, "", "")

    def bring(self, *, absent: bool = False, check_mode: bool = False, **wanted: Any) -> dict[str, Any]:
        limit = parse_limit(wanted.get("limit", 256), [80, 443], wanted.get("exempt", []))
        self.commands.clear()
        return step.bring(None if absent else limit, check_mode=check_mode, host=self.host, call=self.call)

    @property
    def is_bare(self) -> bool:
        files = self.nft.exists() or self.drop_in.parent.exists()
        return not (files or self.unit.exists() or self.kernel or self.active or self.enabled)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    host = Places(str(tmp_path / "state"), str(tmp_path / "lock"), str(tmp_path / "nginx"))
    made = World(tmp_path, host)
    for module in (limit_host, step):
        monkeypatch.setattr(module, "LIMIT_PATH", str(made.nft))
    monkeypatch.setattr(step, "LIMIT_UNIT_PATH", str(made.unit))
    monkeypatch.setattr(step, "LIMIT_DROP_IN_PATH", str(made.drop_in))
    monkeypatch.setattr(limit_host, "_systemd_runs", lambda: True)
    return made


def test_a_bare_host_and_the_next_run(world: World) -> None:
    first = world.bring()
    assert (first["changed"], first["limit"], first["notes"]) == (True, 256, [])
    assert (world.nft.read_text(), world.unit.read_text()) == (nft_text(LIMIT), unit_text())
    assert world.drop_in.read_text() == drop_in_text()
    assert [word.split()[1] for word in world.commands] == ["daemon-reload", "reload-or-restart", "enable"]
    second = world.bring()
    assert (second["changed"], second["diff"], world.commands) == (False, [], [])


def test_check_mode_says_the_same_and_does_nothing(world: World) -> None:
    foreseen = world.bring(check_mode=True)
    assert (foreseen["changed"], foreseen["limit"]) == (True, 256)
    assert world.is_bare
    assert not os.path.exists(world.host.lock)
    assert world.bring()["diff"] == foreseen["diff"]
    assert world.bring(check_mode=True)["changed"] is False


def test_another_limit_is_loaded_without_a_start_of_the_unit(world: World) -> None:
    world.bring()
    again = world.bring(limit=300, exempt=["198.51.100.7"])
    assert (again["changed"], again["limit"]) == (True, 300)
    assert [word.split()[1] for word in world.commands] == ["reload-or-restart"]
    assert "over 300" in world.kernel


@pytest.mark.parametrize("loss", ["deleted", "one rule", "other text"])
def test_what_the_kernel_lost_comes_back(world: World, loss: str) -> None:
    world.bring()
    whole = world.kernel
    lines = whole.splitlines()
    other = nft_text(parse_limit(64, [80], []))
    world.kernel = {"deleted": "", "one rule": "\n".join(lines[:-4]), "other text": other}[loss]
    mended = world.bring()
    assert (mended["changed"], world.kernel) == (True, whole)
    assert [word.split()[1] for word in world.commands] == ["reload-or-restart"]
    assert "as in the file" in mended["diff"][0]["after"]


def test_a_unit_that_somebody_switched_off_comes_back(world: World) -> None:
    world.bring()
    world.enabled = False
    assert world.bring()["changed"]
    assert world.commands == [f"systemctl enable {limit_host.LIMIT_UNIT}"]
    world.active = False
    assert world.bring()["changed"]
    assert world.active
    world.stale = True
    assert world.bring()["changed"]
    assert world.commands == ["systemctl daemon-reload"]


def test_the_counter_is_told_and_left(world: World) -> None:
    world.bring()
    world.kernel = world.kernel.replace("counter refused {\n", "counter refused {\n\t\tpackets 7 bytes 420\n")
    again = world.bring()
    assert (again["changed"], again["refused"], world.commands) == (False, 7, [])


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Answer(MISSING, "", "nft: not installed"), "install the package nftables"),
        (Answer(1, "", "Error: Could not process rule: No such file or directory"), "nft_connlimit"),
        (Answer(1, "", "Operation not permitted (you must be root)"), "NET_ADMIN"),
    ],
)
def test_a_host_that_cannot_count_is_told_of_and_left(world: World, refusal: Answer, said: str) -> None:
    world.refusal = refusal
    answer = world.bring()
    assert (answer["changed"], answer["limit"], world.is_bare) == (False, 0, True)
    assert said in answer["notes"][0]
    assert len(answer["notes"]) == 1


def test_a_package_that_is_on_its_way_is_foreseen(world: World) -> None:
    world.refusal = Answer(MISSING, "", "nft: not installed")
    foreseen = world.bring(check_mode=True)
    assert (foreseen["changed"], foreseen["notes"]) == (True, [])


def test_without_systemd_nothing_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_host, "_systemd_runs", lambda: False)
    answer = world.bring()
    assert (answer["changed"], world.is_bare) == (False, True)
    assert "systemd does not run" in answer["notes"][0]


@pytest.mark.parametrize("step", ["daemon-reload", "reload-or-restart", "enable"])
def test_a_first_run_that_fails_leaves_nothing(world: World, step: str) -> None:
    world.broken = step
    with pytest.raises(EdgeError, match=r"it went wrong.*journalctl.*put back as it was"):
        world.bring()
    assert world.is_bare


def test_a_table_that_goes_at_once_is_a_failure(world: World) -> None:
    world.loses = True
    with pytest.raises(EdgeError, match="kernel does not hold the table"):
        world.bring()
    assert world.is_bare


def test_a_later_run_that_fails_leaves_the_former_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.bring()
    before = world.kernel
    holds = iter([True])
    loaded = world.carry_out

    def once(words: list[str]) -> Answer:
        if words[1] == "reload-or-restart" and next(holds, False):
            return Answer(1, "", "it went wrong")
        return loaded(words)

    monkeypatch.setattr(world, "carry_out", once)
    with pytest.raises(EdgeError, match="it went wrong"):
        world.bring(limit=300)
    assert (world.nft.read_text(), world.kernel) == (nft_text(LIMIT), before)
    assert (world.active, world.enabled) == (True, True)


def test_all_of_it_goes(world: World) -> None:
    world.bring()
    foreseen = world.bring(absent=True, check_mode=True)
    assert foreseen["changed"]
    assert not world.is_bare
    gone = world.bring(absent=True)
    assert (gone["changed"], gone["limit"], gone["diff"]) == (True, 0, foreseen["diff"])
    assert world.is_bare
    assert not world.nft.parent.exists()
    assert world.bring(absent=True)["changed"] is False


def test_the_folders_that_a_killed_run_left_empty_go_too(world: World) -> None:
    world.nft.parent.mkdir(parents=True)
    assert world.bring(absent=True, check_mode=True)["changed"]
    assert world.nft.parent.exists()
    assert world.bring(absent=True)["changed"]
    assert not world.nft.parent.exists()
    assert world.bring(absent=True)["changed"] is False


def test_a_table_without_its_unit_goes_too(world: World) -> None:
    world.kernel = nft_text(LIMIT)
    assert world.bring(absent=True)["changed"]
    assert world.commands == [f"nft {DELETION}"]
    assert world.is_bare


def test_a_host_without_nft_has_nothing_to_remove(world: World) -> None:
    world.refusal = Answer(MISSING, "", "nft: not installed")
    assert world.bring(absent=True)["changed"] is False


def test_the_proof_tells_the_limit_and_the_refused(world: World) -> None:
    world.bring()
    world.kernel = world.kernel.replace("counter refused {\n", "counter refused {\n\t\tpackets 7 bytes 420\n")
    assert limit_host.prove(world.call) == (True, "256 for each client on ports 80 and 443, 7 refused so far")


@pytest.mark.parametrize("missing", ["kernel", "active", "enabled", "file"])
def test_the_proof_fails_where_a_part_is_missing(world: World, missing: str) -> None:
    world.bring()
    if missing == "file":
        world.nft.unlink()
    else:
        setattr(world, missing, "" if missing == "kernel" else False)
    holds, said = limit_host.prove(world.call)
    assert holds is False
    assert "site.yml" in said


def test_the_proof_is_open_where_the_kernel_cannot_count(world: World) -> None:
    world.refusal = Answer(1, "", "Error: Could not process rule")
    holds, said = limit_host.prove(world.call)
    assert holds is None
    assert "nft_connlimit" in said


def test_a_table_that_cannot_be_removed_leaves_the_limit_as_it_was(world: World) -> None:
    world.bring()
    before = (world.nft.read_text(), world.kernel)
    world.stubborn, world.broken = True, DELETION
    with pytest.raises(EdgeError, match=f"nft '{DELETION}': it went wrong; remove the table by hand and run again"):
        world.bring(absent=True)
    assert (world.nft.read_text(), world.kernel, world.active, world.enabled) == (*before, True, True)


class Failing(Step):
    """A step whose part fails when all files are in place."""

    def plan(self, held: ExitStack) -> Planned:
        return Planned(due=True)

    def follow(self) -> Pausing:
        yield
        raise EdgeError("the next step fails")


def test_a_limit_that_is_gone_comes_back_with_the_files_when_another_step_fails(world: World) -> None:
    world.bring()
    before = (world.nft.read_text(), world.kernel)
    run = [step.RemovalStep(world.call), Failing()]
    with pytest.raises(EdgeError, match="the next step fails"):
        carry_out(run, RunOptions(validate=False), host=world.host)
    assert (world.nft.read_text(), world.kernel, world.active, world.enabled) == (*before, True, True)


def test_nothing_comes_back_where_nothing_was(world: World) -> None:
    with pytest.raises(EdgeError, match="the next step fails"):
        carry_out([step.RemovalStep(world.call), Failing()], RunOptions(validate=False), host=world.host)
    assert world.is_bare
    assert world.commands == []
