# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a sentinel moves, when it stays, and when it goes back, with supervisor and the network played."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import _retry_guard, sentinel_step
from ansible_collections.constellation.edge.plugins.module_utils._constellation.mono.reach import Trouble
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.server_uri import ServerUri
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from dotnet_world import World

OLD, NEW = "http://home:8088/", "https://demo.example.org/constellation"
WALL = Trouble("a wall", "a door")
LATE = Trouble("not there yet", "wait", curable=True)


class Killed(BaseException):
    """Ends the move with no chance to tidy up, as SIGKILL does."""


class Network:
    """Which addresses a sentinel gets a connection to, and what each question about one answers."""

    def __init__(self, world: World) -> None:
        """Let the old and the new address through."""
        self.world = world
        self.open = {OLD, NEW}
        self.trouble: Trouble | None = None
        self.gone: Trouble | None = None
        self.asked = 0
        self.named = ""

    def ask(self, uri: ServerUri, _pid: int) -> Trouble | None:
        self.asked += 1
        return self.gone if str(uri).rstrip("/") == OLD.rstrip("/") else self.trouble

    def connected(self, uri: ServerUri, *_rest: object) -> bool:
        """Tell whether the process, which read its file when it started, calls this address and gets through."""
        return self.named in self.open and str(uri).rstrip("/") == self.named.rstrip("/")

    def started(self, world: World) -> None:
        self.named = named(world)


def named(world: World) -> str:
    return world.path.read_text().split('value="')[1].split('"')[0]


@pytest.fixture
def network(world: World, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Return a network in which a proven sentinel calls the old address."""
    made = Network(world)
    monkeypatch.setattr(sentinel_step, "start_ticks", world.start_ticks)
    monkeypatch.setattr(sentinel_step, "connections", made.connected)
    monkeypatch.setattr(sentinel_step, "stays_connected", made.connected)
    monkeypatch.setattr(sentinel_step, "own_address", lambda _uri, _pid: "192.168.0.9")
    world.fails = made.started
    world.write(setting=OLD, age=100)
    world.start(age=50)
    made.started(world)
    assert move(made, OLD).connected
    return made


def move(network: Network, uri: str = NEW, check: bool = False) -> sentinel_step.MoveOutcome:
    """Do what the module does."""
    world = network.world
    host = Places(state=str(world.folder / "state"), lock=str(world.folder / "lock"))
    return sentinel_step.move(world.wanted("sentinel"), uri, ask=network.ask, check=check, host=host)


def test_a_move_is_asked_for_made_and_proven(network: Network) -> None:
    outcome = move(network)
    assert (outcome.uri, outcome.moved, outcome.connected, outcome.changed) == (NEW, True, True, True)
    assert outcome.reason == "its server's address changes"
    assert (outcome.before, outcome.after) == (
        f'<add key="ConstellationServerURI" value="{OLD}" />\n',
        f'<add key="ConstellationServerURI" value="{NEW}" />\n',
    )
    assert (network.asked, network.world.restarts) == (1, 1)


def test_one_that_has_moved_is_left_alone_and_nothing_is_asked(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(network)
    monkeypatch.setattr(sentinel_step, "started_status", None)  # supervisor is not even asked
    for uri in (NEW, f"{NEW}/"):
        outcome = move(network, uri)
        assert (outcome.moved, outcome.connected, outcome.changed) == (True, True, False)
    assert (network.asked, network.world.restarts) == (1, 1)


@pytest.mark.parametrize("trouble", [WALL, LATE])
def test_one_that_cannot_move_keeps_its_address(network: Network, trouble: Trouble) -> None:
    network.trouble = trouble
    before = network.world.path.read_bytes()
    outcome = move(network)
    assert (outcome.uri, outcome.moved, outcome.changed) == (OLD, False, False)
    assert (outcome.problem, outcome.remedy, outcome.source) == (trouble.problem, trouble.remedy, "192.168.0.9")
    assert network.world.path.read_bytes() == before
    assert network.world.restarts == 0


def test_one_that_does_not_connect_goes_back(network: Network) -> None:
    network.open = {OLD}
    before = network.world.path.read_bytes()
    outcome = move(network)
    assert (outcome.uri, outcome.moved, outcome.changed, outcome.source) == (OLD, False, False, "192.168.0.9")
    assert "was not seen connected to it within 2 s" in outcome.problem
    assert "fatal: port taken" in outcome.remedy
    assert "abc" not in outcome.remedy
    assert network.world.path.read_bytes() == before
    assert network.world.restarts == 2
    assert network.named == OLD
    assert move(network, OLD).connected
    assert network.world.restarts == 2


def test_one_whose_old_address_is_gone_does_not_go_back(network: Network) -> None:
    network.open = set()
    network.gone = Trouble("the server does not listen under / (400 Invalid host)", "-", curable=True)
    outcome = move(network)
    assert (outcome.uri, outcome.moved, outcome.connected, outcome.changed) == (NEW, True, False, True)
    assert "was not seen connected to it within 2 s" in outcome.problem
    assert (network.named, network.world.restarts) == (NEW, 1)
    network.open = {NEW}
    outcome = move(network)
    assert (outcome.connected, outcome.changed, network.world.restarts) == (True, False, 1)


def failed(network: Network) -> None:
    """Have tried a move that was put back, with everything in order since then."""
    network.open = {OLD}
    assert not move(network).moved
    network.open = {OLD, NEW}


@pytest.mark.parametrize("check", [False, True])
def test_one_that_went_back_is_not_restarted_again_for_the_same(network: Network, check: bool) -> None:
    failed(network)
    outcome = move(network, check=check)
    assert (outcome.uri, outcome.moved, outcome.changed, outcome.source) == (OLD, False, False, "192.168.0.9")
    assert "within 2 s, when that was tried less than a day ago" in outcome.problem
    assert outcome.remedy.endswith("; then restart a on this host")
    assert network.world.restarts == 2


def test_one_that_went_back_is_tried_again_after_a_restart(network: Network) -> None:
    failed(network)
    network.world.restart("a")
    assert move(network).moved


def test_one_that_went_back_is_tried_again_with_another_address(network: Network) -> None:
    failed(network)
    network.open.add(f"{NEW}/other")
    assert move(network, f"{NEW}/other").moved


def test_one_that_went_back_is_tried_again_with_another_file(network: Network) -> None:
    failed(network)
    network.world.path.write_text(network.world.path.read_text().replace("/>", '/><add key="k" value="v" />'))
    assert move(network).moved


def test_one_that_went_back_is_tried_again_after_a_day(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    failed(network)
    monkeypatch.setattr(_retry_guard, "RETRY_SECONDS", 0.0)
    assert move(network).moved


def test_one_that_went_back_is_tried_again_with_more_time(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    failed(network)
    wanted = network.world.wanted("sentinel")
    monkeypatch.setattr(network.world, "wanted", lambda _kind: replace(wanted, timeout=3.0))
    assert move(network).moved


def test_one_that_does_not_start_goes_back(network: Network) -> None:
    def fails(world: World) -> None:
        network.started(world)
        world.state = "FATAL" if named(world) == NEW else "RUNNING"

    network.world.fails = fails
    outcome = move(network)
    assert (outcome.uri, outcome.moved, network.named) == (OLD, False, OLD)
    assert "it is FATAL" in outcome.problem


def test_what_somebody_saved_meanwhile_stays_but_for_the_address(network: Network) -> None:
    network.open = {OLD}

    def fails(world: World) -> None:
        network.started(world)
        if named(world) == NEW:
            world.path.write_text(world.path.read_text().replace("<add", "<!-- mine --><add"))

    network.world.fails = fails
    outcome = move(network)
    assert (outcome.uri, outcome.moved) == (OLD, False)
    assert "<!-- mine -->" in network.world.path.read_text()
    assert (named(network.world), network.named) == (OLD, OLD)


@pytest.mark.parametrize("wall", [None, WALL])
def test_a_call_that_is_killed_is_finished_by_the_next(
    network: Network, wall: Trouble | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_rest: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sentinel_step, "stays_connected", killed)
        # A journal that a killed process leaves is not undone by itself.
        patched.setattr(
            "ansible_collections.constellation.edge.plugins.module_utils._transaction.journal.Journal.undo", killed
        )
        with pytest.raises(Killed):
            move(network)
    assert (named(network.world), network.named) == (NEW, NEW)
    network.trouble = wall
    outcome = move(network)
    wanted = OLD if wall else NEW
    assert (outcome.uri, outcome.moved) == (wanted, wall is None)
    assert (named(network.world), network.named) == (wanted, wanted)
    restarts = network.world.restarts
    assert move(network).changed is False
    assert network.world.restarts == restarts


def test_a_dry_run_changes_nothing_and_predicts(network: Network) -> None:
    outcome = move(network, check=True)
    assert (outcome.uri, outcome.moved, outcome.changed, outcome.connected) == (NEW, True, True, False)
    network.trouble = WALL
    outcome = move(network, check=True)
    assert (outcome.uri, outcome.moved, outcome.changed, outcome.problem) == (OLD, False, False, "a wall")
    network.trouble = LATE
    outcome = move(network, check=True)
    assert (outcome.uri, outcome.moved, outcome.changed, outcome.problem) == (NEW, True, True, "not there yet")
    assert (named(network.world), network.world.restarts) == (OLD, 0)


def test_one_that_lost_its_server_is_named_and_not_restarted(network: Network) -> None:
    move(network)
    network.open = set()
    network.trouble = WALL
    outcome = move(network)
    assert (outcome.moved, outcome.connected, outcome.changed, outcome.problem) == (True, False, False, "a wall")
    assert network.world.restarts == 1


def test_one_that_was_edited_by_hand_is_restarted_on_it(network: Network) -> None:
    network.world.write(setting=NEW)
    outcome = move(network)
    assert (outcome.moved, outcome.connected, outcome.restarted) == (True, True, True)
    assert network.world.restarts == 1


def test_a_file_without_the_setting_gets_it(network: Network) -> None:
    network.world.path.write_text("<configuration></configuration>")
    assert move(network).uri == NEW
    assert named(network.world) == NEW


@pytest.mark.parametrize(
    "uri", ["", "demo", "ftp://demo/", "https://", "https://demo:99999/", "http://a/?x", "http://a b/"]
)
def test_an_address_that_nobody_could_call_is_refused(network: Network, uri: str) -> None:
    with pytest.raises(DotnetError, match="is no address of a server"):
        move(network, uri)


def test_a_broken_file_is_an_error_with_its_place(network: Network) -> None:
    network.world.path.write_text("<configuration>")
    with pytest.raises(DotnetError, match=r"a\.exe\.config: line 1"):
        move(network)
