# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of edge.pyz: what a host does without Ansible."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._client_names import refresh
from ansible_collections.constellation.edge.plugins.module_utils._client_names.refresh import Refreshed
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._host.files import LockError
from ansible_collections.constellation.edge.plugins.module_utils._standalone import commands
from ansible_collections.constellation.edge.plugins.module_utils._standalone.commands import main
from ansible_collections.constellation.edge.plugins.module_utils._transaction.journal import (
    Entry,
    Journal,
    content_fingerprint,
    journal_path,
    settled_path,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places


@pytest.fixture
def host(tmp_path: Path) -> Places:
    return Places(str(tmp_path / "state"), str(tmp_path / "lock"))


@pytest.fixture
def site(tmp_path: Path, host: Places) -> Path:
    """Return a file whose change was cut off after its rename."""
    path, kept = tmp_path / "site", tmp_path / ".site.old"
    kept.write_text("old")
    path.write_text("new")
    before, after = content_fingerprint(b"old"), content_fingerprint(b"new")
    Journal(host.state, [Entry(str(path), str(kept), str(tmp_path / ".site.new"), before, after)], []).open()
    return path


def test_nothing_to_recover_touches_nothing(host: Places, tmp_path: Path) -> None:
    assert main(["recover"], host=host) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_put_back(host: Places, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover"], host=host) == 0
    assert site.read_text() == "old"
    assert capsys.readouterr().out == f"put back as it was before a change that was cut off: {site}\n"


def test_what_a_change_that_holds_has_left_goes(
    host: Places, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`names` may not remove it: its unit lets it write in folders of its own alone."""
    Path(journal_path(host.state)).rename(settled_path(host.state))
    assert main(["recover"], host=host) == 0
    assert site.read_text() == "new"
    assert not (tmp_path / ".site.old").exists()
    assert [*Path(host.state).iterdir()] == []
    assert capsys.readouterr().out == ""


def test_it_does_not_wait_for_ever_for_a_change_under_way(
    host: Places, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "LOCK_SECONDS", 0.1)
    program = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print('held', flush=True); input()"
    command = [sys.executable, "-c", program, host.lock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert main(["recover"], host=host) == 0
        holder.communicate("\n")
    assert "left alone, as another process is changing files now" in capsys.readouterr().err
    assert site.read_text() == "new"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Refreshed(), 0, ""),
        (
            Refreshed(["a.test: 203.0.113.9 instead of 203.0.113.7"]),
            0,
            "<5>a.test: 203.0.113.9 instead of 203.0.113.7\n",
        ),
        (Refreshed([], ["a.test: none", "b.test: none"]), 0, "<4>a.test: none. b.test: none\n"),
        (
            LockError("held by process 7"),
            0,
            "<4>left alone, as another process is changing files now: held by process 7\n",
        ),
        (EdgeError("nginx refuses\n  it"), 1, "<3>nginx refuses it\n"),
    ],
)
def test_the_names_are_looked_up_and_the_journal_gets_a_line(
    host: Places,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: Refreshed | EdgeError,
    code: int,
    said: str,
) -> None:
    def look_up(**given: Places) -> Refreshed:
        assert given == {"host": host}
        if isinstance(answer, EdgeError):
            raise answer
        return answer

    monkeypatch.setattr(refresh, "refresh", look_up)
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    assert main(["names"], host=host) == code
    assert capsys.readouterr().out == said
    monkeypatch.delenv("JOURNAL_STREAM")
    main(["names"], host=host)
    assert capsys.readouterr().out == said[3:]


def test_what_cannot_be_put_back_is_a_failure(
    host: Places, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_path: str, _other: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.rename", refuse)
    assert main(["recover"], host=host) == 1
    assert "mounted read-only" in capsys.readouterr().err


def test_a_journal_that_is_not_ours_is_kept(host: Places, site: Path) -> None:
    Path(journal_path(host.state)).write_text("{}")
    assert main(["recover"], host=host) == 0
    assert Path(host.state, "journal.unreadable").read_text() == "{}"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["recover", "more"]])
def test_what_is_not_understood(host: Places, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments, host=host) == 2
    assert capsys.readouterr().err.startswith("usage: python3 edge.pyz recover")


def test_a_socket_that_nobody_listens_on_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left, packets, file, held = (tmp_path / name for name in ("left", "packets", "file", "held"))
    file.write_text("")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(held))
        server.listen()
        for path, kind in ((left, socket.SOCK_STREAM), (packets, socket.SOCK_DGRAM)):
            with socket.socket(socket.AF_UNIX, kind) as gone:
                gone.bind(str(path))
        assert main(["free", *(str(path) for path in (left, packets, file, held, tmp_path / "none"))]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "held"]
    assert capsys.readouterr().out.count("removed, as nobody listens on it") == 2
    assert main(["free"]) == 2


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_it_says_what_it_can_do(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert "recover  put back a change of nginx's files" in capsys.readouterr().out


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
def test_a_socket_of_another_kind_that_is_open_stays(
    tmp_path: Path, kind: socket.SocketKind, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "packets"
    with socket.socket(socket.AF_UNIX, kind) as server:
        server.bind(str(path))
        if kind == socket.SOCK_SEQPACKET:
            server.listen()
        assert main(["free", str(path)]) == 0
        assert path.is_socket()
    assert capsys.readouterr().out == ""


def test_a_socket_whose_server_is_too_busy_to_answer_stays(tmp_path: Path) -> None:
    path = tmp_path / "busy"
    with socket.socket(socket.AF_UNIX) as server, contextlib.ExitStack() as waiting:
        server.bind(str(path))
        server.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                client = waiting.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(str(path))
        assert main(["free", str(path)]) == 0
        assert path.is_socket()
