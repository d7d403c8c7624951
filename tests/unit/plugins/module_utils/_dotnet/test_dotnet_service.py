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
from ansible_collections.constellation.edge.plugins.module_utils._dotnet import process, service
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.listen_uri import ListenUri, parse_listen_uri
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.service import Wanted, bring_in_line, mask
from ansible_collections.constellation.edge.plugins.module_utils._supervisor import Status

SERVER = """<configuration>
  <appSettings><add key="Counters" value="{setting}" /></appSettings>
  <constellation>
    <listenUris>{uris}</listenUris>
    <credentials><credential accessKey="SECRET-OF-FILE" /></credentials>
  </constellation>
</configuration>
"""
SENTINEL = (
    '<configuration><appSettings><add key="ConstellationServerURI" value="{setting}" /></appSettings></configuration>'
)


class World:
    """A program under supervisor: it reads its file when it starts, and serves the listenUris of that moment."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Run since now, in a folder of its own."""
        self.path = folder / "a.exe.config"
        self.folder = folder
        self.pid = 100
        self.state = "RUNNING"
        self.started = time.time()
        self.served: list[ListenUri] = []
        self.restarts = 0
        self.foreign: dict[int, str] = {}
        self.fails: Callable[[World], None] = lambda world: None

    def write(self, *uris: str, setting: str = "1", age: float = 0.0) -> None:
        """Write the file, `age` seconds ago."""
        entries = "".join(f'<uri listenUri="{uri}" />' for uri in uris)
        self.path.write_text((SERVER if uris else SENTINEL).format(uris=entries, setting=setting))
        os.utime(self.path, (time.time() - age,) * 2)

    def start(self, *uris: str, age: float = 0.0) -> None:
        """Run with these URIs since `age` seconds ago."""
        self.pid += 1
        self.started = time.time() - age
        self.served = [parse_listen_uri(uri) for uri in uris]

    def status(self, _process: str) -> Status:
        """Answer as supervisorctl does."""
        return Status(self.state, self.pid if self.state == "RUNNING" else 0, f"a {self.state}")

    def restart(self, _process: str) -> str:
        """Start anew with what the file says now."""
        self.restarts += 1
        self.state = "RUNNING"
        text = self.path.read_text()
        self.start(*(part.split('"')[0] for part in text.split('listenUri="')[1:]))
        self.fails(self)
        return "a: started"

    def ask(self, uri: ListenUri, path: str = "") -> str:
        """Answer as the listener of Mono does."""
        here = [one for one in self.served if one.port == uri.port]
        if not here or self.state != "RUNNING":
            return "connection refused"
        return "" if any((path or uri.path).startswith(one.path) for one in here) else "Invalid host"

    def run(self, kind: str = "server", check: bool = False) -> service.Outcome:
        """Do what the module does."""
        wanted = Wanted("a", str(self.path), kind, timeout=0.3, settle=0.02, state_folder=str(self.folder / "state"))
        return bring_in_line(wanted, check)


@pytest.fixture
def world(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(service.supervisor, "find_program", lambda _name: None)
    monkeypatch.setattr(service.supervisor, "status", made.status)
    monkeypatch.setattr(service.supervisor, "restart", made.restart)
    monkeypatch.setattr(
        service.supervisor, "log_tail", lambda _process: "accessKey=abc SECRET-OF-FILE\nfatal: port taken"
    )
    monkeypatch.setattr(service, "ask", made.ask)
    monkeypatch.setattr(service, "foreign_holders", lambda _ports, _pid: made.foreign)
    monkeypatch.setattr(service, "_PAUSE", 0.005)
    monkeypatch.setattr(service, "_STARTING_SECONDS", 0.05)
    monkeypatch.setattr(service, "started_at", lambda _pid: made.started)
    monkeypatch.setattr(service, "start_ticks", lambda pid: f"boot/{pid}")
    return made


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


def deaf(world: World) -> None:
    world.served = []


@pytest.mark.parametrize(("fails", "why"), [(fatal, "FATAL"), (exited, "EXITED"), (deaf, "after 0.3 s.*refused")])
def test_failure_shows_the_log_without_keys(world: World, fails: Callable[[World], None], why: str) -> None:
    world.start("http://+:8088/", age=100)
    world.write("http://+:9000/")
    world.fails = fails
    with pytest.raises(DotnetError, match=why) as caught:
        world.run()
    assert "fatal: port taken" in str(caught.value)
    assert "SECRET-OF-FILE" not in str(caught.value)
    assert "abc" not in str(caught.value)
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
    record = process.Record(1, "boot/2", "f")
    process.write_record("a:b/c", record, str(tmp_path))
    path = tmp_path / "service-a:b_c.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert process.read_record("a:b/c", str(tmp_path)) == record
    for text in ("", "[]", "{}", '{"pid": "x", "start": 1, "fingerprint": 2}', "\x00"):
        path.write_text(text)
        assert process.read_record("a:b/c", str(tmp_path)) is None


def test_start_of_this_process() -> None:
    assert process.start_ticks(os.getpid()).rpartition("/")[2].isdigit()
    assert 0 <= time.time() - process.started_at(os.getpid()) < 3600
    assert (process.start_ticks(0), process.started_at(0)) == ("", 0.0)


def test_holder_of_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert process.foreign_holders({port}, os.getpid()) == {}
        assert process.foreign_holders({port}, os.getppid()) == {}
        assert str(os.getpid()) in process.foreign_holders({port}, 0)[port]
        assert process.foreign_holders({port + 1 if port < 65535 else 1}, 0).get(port) is None


def test_fingerprint_does_not_depend_on_the_order() -> None:
    assert process.fingerprint(["a", "b"], {"x": "1", "y": "2"}) == process.fingerprint(
        ["b", "a"], {"y": "2", "x": "1"}
    )
    assert process.fingerprint(["a"], {"x": "1"}) != process.fingerprint(["a"], {"x": "2"})
