# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a program is restarted and when not, with supervisor and the listener played by a small world."""

from __future__ import annotations

import os
import pathlib
import socket
import time
from collections.abc import Callable

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import _server_process
from ansible_collections.constellation.edge.plugins.module_utils._constellation.restart import (
    RestartError,
    mask,
    remedy,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from dotnet_world import SERVER, World


def test_in_line_is_left_alone(world: World) -> None:
    world.write("http://+:8088/")
    world.start("http://+:8088/")
    outcome = world.run()
    assert (outcome.restarted, outcome.reason, outcome.uris, outcome.pid) == (False, "", ["http://+:8088/"], 101)
    assert world.run().restarted is False


def test_uri_that_does_not_answer_restarts_once(world: World) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:8088/", "http://+:8090/x")
    assert "8090" in world.run(check=True).reason
    assert world.restarts == 0
    assert "8090" in world.run().reason
    assert world.run().restarted is False
    assert world.restarts == 1


def test_move_below_a_path_is_seen_without_a_record(world: World) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:8088/constellation")
    assert "still serves /" in world.run().reason
    assert world.run().restarted is False


def test_older_file_touched_by_the_server_itself_is_no_reason(world: World) -> None:
    world.start("http://+:8088/constellation", age=100)
    world.write("http://+:8088/constellation/")
    assert world.run().restarted is False


def test_root_beside_a_path_is_no_reason(world: World) -> None:
    world.start("http://+:8088/", "http://+:8088/x", age=100)
    world.write("http://+:8088/x", "http://+:8088/")
    assert world.run().restarted is False


def test_other_setting_than_recorded_restarts(world: World) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:8088/")
    world.run()
    world.write("http://+:8088/", setting="2")
    assert "other settings" in world.run().reason
    assert world.run().restarted is False


def test_uri_taken_away_restarts_when_recorded(world: World) -> None:
    world.start("http://+:8088/", "http://+:8090/", age=100)
    world.write("http://+:8088/", "http://+:8090/")
    world.run()
    world.write("http://+:8088/")
    assert world.run().restarted is True


def test_record_of_another_process_counts_for_nothing(world: World) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:8088/")
    world.run()
    world.write("http://+:8088/", setting="2", age=50)
    world.start("http://+:8088/", age=10)
    assert world.run().restarted is False


def test_sentinel_older_than_its_file_restarts_once(world: World) -> None:
    world.start(age=100)
    world.write(setting="http://new/")
    assert "older" in world.run("sentinel", check=True).reason
    assert world.run("sentinel").restarted is True
    assert world.run("sentinel").restarted is False


def test_sentinel_younger_than_its_file_is_left_alone(world: World) -> None:
    world.write(age=100)
    world.start(age=10)
    assert world.run("sentinel").restarted is False


def test_port_of_another_program_is_an_error_before_any_restart(world: World) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:9000/")
    world.foreign = {9000: "python3 (process 7)"}
    with pytest.raises(DotnetError, match=r"port 9000, which python3 \(process 7\) holds.*not restarted"):
        world.run()
    assert world.restarts == 0


def test_stopped_program_is_started(world: World) -> None:
    world.write("http://+:8088/", age=100)
    world.state = "STOPPED"
    assert "not running (STOPPED)" in world.run().reason
    assert world.state == "RUNNING"


def fatal(world: World) -> None:
    world.state = "FATAL"


def exited(world: World) -> None:
    world.state = "EXITED"


def failing(world: World) -> None:
    world.state = "BACKOFF"


def deaf(world: World) -> None:
    world.served = []


@pytest.mark.parametrize(
    ("fails", "why"),
    [(fatal, "FATAL"), (exited, "EXITED"), (failing, "after 2 s.*refused"), (deaf, "after 2 s.*refused")],
)
def test_failure_shows_the_log_without_keys(world: World, fails: Callable[[World], None], why: str) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:9000/")
    world.fails = fails
    with pytest.raises(RestartError, match=why) as caught:
        world.run()
    said = f"{caught.value}. {remedy(caught.value)}"
    assert "fatal: port taken" in said
    assert "SECRET-OF-FILE" not in said
    assert "abc" not in said
    assert not list(world.folder.glob("state/*"))


@pytest.mark.parametrize("uris", [("http://+:8088//",), ("8088",), ()])
def test_impossible_file_never_stops_the_running_server(world: World, uris: tuple[str, ...]) -> None:
    world.write(*uris)
    if not uris:
        world.path.write_text(SERVER.format(uris="", setting="1"))
    with pytest.raises(DotnetError, match="listenUri"):
        world.run()
    assert world.restarts == 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('accessKey="k1" next', 'accessKey="***" next'),
        ("GET /x?AccessKey=k1&a=1", "GET /x?AccessKey=***&a=1"),
        ("Access key: k1", "Access key: ***"),
        ("key 0123456789abcdef", "key ***"),
        ("nothing", "nothing"),
    ],
)
def test_mask(text: str, masked: str) -> None:
    assert mask(text, ["0123456789abcdef"]) == masked


def test_record_is_private_and_survives_nonsense(tmp_path: pathlib.Path) -> None:
    record = _server_process.Record(1, "boot/2", "f")
    _server_process.write_record("a:b/c", record, str(tmp_path))
    path = tmp_path / "service-a:b_c.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert _server_process.read_record("a:b/c", str(tmp_path)) == record
    for text in ("", "[]", "{}", '{"pid": "x", "start": 1, "fingerprint": 2}', "\x00"):
        path.write_text(text)
        assert _server_process.read_record("a:b/c", str(tmp_path)) is None


def test_start_of_this_process() -> None:
    assert _server_process.start_ticks(os.getpid()).rpartition("/")[2].isdigit()
    assert 0 <= time.time() - _server_process.started_at(os.getpid()) < 3600
    assert (_server_process.start_ticks(0), _server_process.started_at(0)) == ("", 0.0)


def test_holder_of_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert _server_process.foreign_holders({port}, os.getpid()) == {}
        assert _server_process.foreign_holders({port}, os.getppid()) == {}
        assert str(os.getpid()) in _server_process.foreign_holders({port}, 0)[port]
        assert _server_process.foreign_holders({port + 1 if port < 65535 else 1}, 0).get(port) is None


def test_fingerprint_does_not_depend_on_the_order() -> None:
    assert _server_process.fingerprint(["a", "b"], {"x": "1", "y": "2"}) == _server_process.fingerprint(
        ["b", "a"], {"y": "2", "x": "1"}
    )
    assert _server_process.fingerprint(["a"], {"x": "1"}) != _server_process.fingerprint(["a"], {"x": "2"})
