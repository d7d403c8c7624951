# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of supervisor's configuration and of what supervisorctl says."""

from __future__ import annotations

import pathlib
import stat

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import supervisor
from ansible_collections.constellation.edge.plugins.module_utils._constellation.supervisor import (
    Program,
    SupervisorError,
    config_path,
    find_program,
)

MAIN = """; supervisor config file
[unix_http_server]
file=/var/run/supervisor.sock   ; (the path to the socket file)
[include]
files = conf.d/*.conf %(here)s/more.ini
"""
SERVER = """[program:constellation-server]
command = /usr/bin/mono "Constellation.Server.exe" --x=%(program_name)s ; the server
directory = /opt/constellation-server
environment = LANG="fr_FR.UTF-8",MONO_ENV=1
stdout_logfile = %(here)s/%(program_name)s.log
"""


@pytest.fixture
def main_file(tmp_path: pathlib.Path) -> tuple[str, ...]:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "supervisord.conf").write_text(MAIN)
    (tmp_path / "conf.d" / "server.conf").write_text(SERVER)
    return (str(tmp_path / "missing.conf"), str(tmp_path / "supervisord.conf"))


def test_section_of_an_included_file(main_file: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    assert find_program("constellation-server", main_file) == Program(
        name="constellation-server",
        process="constellation-server",
        command='/usr/bin/mono "Constellation.Server.exe" --x=constellation-server',
        directory="/opt/constellation-server",
        stdout_logfile=f"{tmp_path}/conf.d/constellation-server.log",
        environment={"LANG": "fr_FR.UTF-8", "MONO_ENV": "1"},
    )


def test_member_of_a_group_and_later_files_win(main_file: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    (tmp_path / "more.ini").write_text(
        "[group:home]\nprograms = other, constellation-server\n[program:constellation-server]\ndirectory=/srv/100%%\n"
    )
    found = find_program("constellation-server", main_file)
    assert found is not None
    assert (found.process, found.directory) == ("home:constellation-server", "/srv/100%")


def test_no_such_program(main_file: tuple[str, ...]) -> None:
    assert find_program("constellation-sentinel", main_file) is None
    assert find_program("constellation-server", ("/nonexistent/supervisord.conf",)) is None


def test_unreadable_configuration_is_a_clear_error(main_file: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    (tmp_path / "conf.d" / "bad.conf").write_text("command=without a section\n")
    with pytest.raises(SupervisorError, match=r"bad\.conf"):
        find_program("constellation-server", main_file)


@pytest.mark.parametrize(
    ("command", "directory", "expected"),
    [
        ("mono Server.exe", "/opt/c", "/opt/c/Server.exe.config"),
        ("/usr/bin/mono --debug /srv/a/Server.EXE -x", "", "/srv/a/Server.EXE.config"),
        ("mono 'My Server.exe'", "/opt/c", "/opt/c/My Server.exe.config"),
        ("mono Server.exe", "", ""),
        ("/opt/c/run.sh", "/opt/c", "/opt/c/Default.exe.config"),
        ("/opt/c/run.sh", "", ""),
        ("", "", ""),
        ("mono 'unclosed Server.exe", "/opt/c", "/opt/c/Server.exe.config"),
    ],
)
def test_configuration_beside_the_program(command: str, directory: str, expected: str) -> None:
    assert config_path(Program("a", "a", command, directory), "Default.exe.config") == expected


@pytest.fixture
def control(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Give a supervisorctl that says what its file `said` holds, and writes down how it was called."""
    tool = tmp_path / "supervisorctl"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\ncat {tmp_path}/said\nexit 3\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


@pytest.mark.parametrize(
    ("said", "state", "pid"),
    [
        ("p                                RUNNING   pid 726, uptime 0:00:04\n", "RUNNING", 726),
        ("p                                FATAL     Exited too quickly (process log may have details)\n", "FATAL", 0),
        ("p                                STOPPED   Nov 23 10:00 PM\n", "STOPPED", 0),
        ("p                                STARTING  \n", "STARTING", 0),
    ],
)
def test_status(control: pathlib.Path, said: str, state: str, pid: int) -> None:
    (control / "said").write_text(said)
    found = supervisor.status("p")
    assert (found.state, found.pid) == (state, pid)


@pytest.mark.parametrize(
    "said", ["", "p: ERROR (no such process)\n", "unix:///run/s.sock no such file\n", "p ERROR x\n"]
)
def test_status_that_cannot_be_had(control: pathlib.Path, said: str) -> None:
    (control / "said").write_text(said)
    with pytest.raises(SupervisorError, match="supervisorctl update"):
        supervisor.status("p")


def test_restart_names_the_process_alone(control: pathlib.Path) -> None:
    (control / "said").write_text("p: stopped\np: started\n")
    assert supervisor.restart("p") == "p: stopped\np: started"
    assert (control / "called").read_text() == "restart p\n"


def test_log_leaves_out_the_errors_of_supervisorctl(control: pathlib.Path) -> None:
    (control / "said").write_text("p: ERROR (no log file)\n")
    assert supervisor.log_tail("p") == ""


def test_no_supervisorctl(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SupervisorError, match="not installed"):
        supervisor.status("p")
