# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running nginx serves what is on disk: the record, and what makes it void."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._nginx import process
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import (
    NginxError,
    Process,
    Running,
    bring_up_to_date,
    enable,
    loaded,
    start,
    starts_with_host,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places


@dataclass
class Fake:
    """An nginx in memory: its configuration on disk, its processes, and what it does when asked to reload."""

    folder: Path
    master: Process | None = field(default_factory=lambda: Process(100, 10))
    workers: tuple[Process, ...] = field(default_factory=lambda: (Process(101, 11),))
    config: str = "pid /run/nginx.pid;\n"
    broken: str = ""
    refusal: str = ""
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    clock: int = 200

    def running(self, _pid_file: str) -> Running | None:
        """Return its processes."""
        if self.master is None:
            return None
        return Running(self.master, frozenset(self.workers), frozenset())

    def reload(self) -> None:
        """Do what was set up: refuse, ignore, or make a new worker."""
        if self.refusal:
            (self.folder / "error.log").open("a").write(self.refusal)
        elif not self.silent:
            self.clock += 1
            self.workers = (Process(self.clock, self.clock),)

    def run(self, command: list[str]) -> Answer:
        """Answer a command."""
        words = " ".join([os.path.basename(command[0]), *command[1:]])
        if words == "nginx -T":
            head = f"# configuration file {self.folder}/nginx.conf:\nerror_log {self.folder}/error.log;\n"
            return Answer(int(bool(self.broken)), head + self.config, self.broken)
        self.asked.append(words)
        if words == "nginx -s reload":
            self.reload()
        elif words == "nginx":
            self.master = Process(300, 30)
        return Answer(0, "", "")


@pytest.fixture
def nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake(tmp_path)
    monkeypatch.setattr(process, "_run", fake.run)
    monkeypatch.setattr(process, "_running", fake.running)
    monkeypatch.setattr(process, "_systemd", lambda: False)
    return fake


@pytest.fixture
def host(tmp_path: Path) -> Places:
    program = tmp_path / "nginx"
    program.write_text("")
    program.chmod(0o755)
    return Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"), nginx=str(program))


def test_unknown_state_is_settled_by_one_reload(nginx: Fake, host: Places) -> None:
    assert not loaded(host=host).current
    assert bring_up_to_date(host=host) is True
    assert loaded(host=host).current
    assert bring_up_to_date(host=host) is False
    assert nginx.asked == ["nginx -s reload"]
    assert bring_up_to_date(host=host, force=True) is True


def test_changed_configuration_is_loaded(nginx: Fake, host: Places) -> None:
    bring_up_to_date(host=host)
    nginx.config += "# changed\n"
    assert "changed since the last reload" in loaded(host=host).reason
    assert bring_up_to_date(host=host) is True
    assert loaded(host=host).current


@pytest.mark.parametrize("name", ["cert.pem", '"cert.pem"', "'cert.pem'"])
@pytest.mark.parametrize("directive", ["ssl_certificate", "ssl_certificate_key", "proxy_ssl_trusted_certificate"])
def test_renewed_certificate_is_loaded(nginx: Fake, host: Places, tmp_path: Path, directive: str, name: str) -> None:
    (tmp_path / "cert.pem").write_text("one")
    nginx.config += f"server{{listen 443 ssl;{directive} {name};}}\n"
    bring_up_to_date(host=host)
    assert loaded(host=host).current
    (tmp_path / "cert.pem").write_text("two")
    assert not loaded(host=host).current
    (tmp_path / "cert.pem").unlink()
    assert not loaded(host=host).current


def test_record_of_other_processes_does_not_count(nginx: Fake, host: Places) -> None:
    bring_up_to_date(host=host)
    workers = nginx.workers
    nginx.reload()
    assert "somebody else" in loaded(host=host).reason
    nginx.workers = workers
    assert loaded(host=host).current
    nginx.master = Process(999, 10)
    assert not loaded(host=host).current


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{}", b'{"digest": 1'])
def test_damaged_record_is_no_record(nginx: Fake, host: Places, content: bytes) -> None:
    os.mkdir(host.state)
    Path(host.state, "loaded.json").write_bytes(content)
    assert not loaded(host=host).current
    assert bring_up_to_date(host=host) is True
    assert loaded(host=host).current


def test_reading_writes_nothing(nginx: Fake, host: Places) -> None:
    loaded(host=host)
    assert not os.path.exists(host.state)
    assert not os.path.exists(host.lock)


def test_nginx_that_does_not_run_is_left_alone(nginx: Fake, host: Places) -> None:
    nginx.master = None
    assert bring_up_to_date(host=host) is False
    assert loaded(host=host).running is False
    assert nginx.asked == []


def test_nginx_that_is_not_installed(host: Places, tmp_path: Path) -> None:
    absent = Places(state=host.state, lock=host.lock, nginx=str(tmp_path / "absent"))
    assert loaded(host=absent).running is False
    assert bring_up_to_date(host=absent) is False


def test_start_records_what_it_loaded(nginx: Fake, host: Places) -> None:
    nginx.master = None
    start(host=host)
    assert nginx.asked == ["nginx"]
    assert loaded(host=host).current


def test_configuration_that_nginx_refuses(nginx: Fake, host: Places) -> None:
    nginx.broken = 'nginx: [emerg] unknown directive "x" in /etc/nginx/a:1\n'
    assert 'unknown directive "x" in /etc/nginx/a:1' in loaded(host=host).reason
    assert loaded(host=host).refused
    with pytest.raises(NginxError, match='unknown directive "x" in /etc/nginx/a:1'):
        bring_up_to_date(host=host)
    assert nginx.asked == []


def test_refused_reload_tells_the_new_lines_of_the_log(nginx: Fake, host: Places, tmp_path: Path) -> None:
    (tmp_path / "error.log").write_text("2026/11/23 10:00:00 [emerg] 10#10: an old line\n")
    nginx.refusal = (
        "2026/11/23 11:00:00 [emerg] 10#10: bind() to 0.0.0.0:80 failed (98: Address already in use)\n"
        "2026/11/23 11:00:00 [emerg] 77#77: another process\n"
        "2026/11/23 11:00:01 [emerg] 10#10: still could not bind()\n"
    )
    with pytest.raises(NginxError, match="still could not bind") as caught:
        bring_up_to_date(host=host)
    assert "Address already in use" in str(caught.value)
    assert "old line" not in str(caught.value)
    assert "another process" not in str(caught.value)
    assert not loaded(host=host).current


def test_no_new_worker_in_time(nginx: Fake, host: Places) -> None:
    nginx.silent = True
    with pytest.raises(NginxError, match=r"no new worker within 0\.1 s"):
        bring_up_to_date(0.1, host=host)


def test_file_changed_during_the_reload_is_not_recorded(nginx: Fake, host: Places) -> None:
    real = nginx.reload

    def reload() -> None:
        real()
        nginx.config += "# edited\n"

    nginx.reload = reload  # type: ignore[method-assign]
    assert bring_up_to_date(host=host) is True
    assert not loaded(host=host).current


def test_it_is_made_to_start_with_the_host(nginx: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert starts_with_host()  # without systemd there is nothing to be done
    monkeypatch.setattr(process, "_systemd", lambda: True)
    answers = {"systemctl is-enabled nginx": Answer(1, "disabled", ""), "systemctl enable nginx": Answer(0, "", "")}
    monkeypatch.setattr(process, "_run", lambda command: answers[" ".join(command)])
    assert not starts_with_host()
    enable()
    answers["systemctl enable nginx"] = Answer(1, "", "Unit is masked.")
    with pytest.raises(NginxError, match=r"not made to start with the host: Unit is masked.; look at"):
        enable()
    answers["systemctl is-enabled nginx"] = Answer(0, "enabled", "")
    assert starts_with_host()


class Systemd:
    """A host with systemd: what it answers, and what it was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nginx: Fake) -> None:
        """Own the nginx, and answer in its place."""
        self.nginx, self.main_pid = nginx, "100"
        self.answers: dict[str, Answer] = {}
        self.told: list[str] = []
        monkeypatch.setattr(process, "_systemd", lambda: True)
        monkeypatch.setattr(process, "_run", self.run)

    def run(self, command: list[str]) -> Answer:
        """Answer a command; what is not set up is nginx's own."""
        if command[0] not in ("systemctl", "journalctl"):
            return self.nginx.run(command)
        words = " ".join(command[:2])
        self.told.append(words)
        if words in self.answers:
            return self.answers[words]
        if words == "systemctl reload":
            self.nginx.reload()
        elif words == "systemctl start":
            self.nginx.master = Process(300, 30)
        return Answer(0, f"{self.main_pid}\n" if words == "systemctl show" else "", "")


@pytest.fixture
def systemd(nginx: Fake, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    return Systemd(monkeypatch, nginx)


def test_systemd_reloads_the_nginx_that_it_owns(nginx: Fake, systemd: Systemd, host: Places) -> None:
    nginx.master = Process(10, 100)
    assert bring_up_to_date(host=host) is True
    assert systemd.told == ["systemctl show", "systemctl reload"]
    assert nginx.asked == []


def test_an_nginx_that_systemd_does_not_own_is_signalled_by_nginx(nginx: Fake, systemd: Systemd, host: Places) -> None:
    systemd.main_pid = "0"
    assert bring_up_to_date(host=host) is True
    assert systemd.told == ["systemctl show"]
    assert nginx.asked == ["nginx -s reload"]


def test_a_reload_that_systemd_refuses_is_told(nginx: Fake, systemd: Systemd, host: Places) -> None:
    nginx.master = Process(10, 100)
    systemd.answers["systemctl reload"] = Answer(1, "", "Access\ndenied")
    with pytest.raises(NginxError, match="was not reloaded: Access denied; the previous configuration"):
        bring_up_to_date(host=host)


def test_systemd_starts_nginx(nginx: Fake, systemd: Systemd, host: Places) -> None:
    nginx.master = None
    start(host=host)
    assert systemd.told == ["systemctl start"]
    assert loaded(host=host).current


def test_a_start_that_fails_tells_what_nginx_said_each_line_once(nginx: Fake, systemd: Systemd, host: Places) -> None:
    nginx.master = None
    systemd.answers["systemctl start"] = Answer(1, "", "Job for nginx.service failed.")
    line = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n"
    systemd.answers["journalctl --unit"] = Answer(0, f"Starting nginx\n{line}{line}", "")
    with pytest.raises(NginxError) as caught:
        start(host=host)
    said = "[emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"
    assert str(caught.value) == f"nginx does not start: {said}"
    systemd.answers["journalctl --unit"] = Answer(0, "", "")
    with pytest.raises(NginxError, match=r"does not start: Job for nginx\.service failed\."):
        start(host=host)


def test_a_start_without_a_worker_is_told(nginx: Fake, host: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    nginx.master = None
    monkeypatch.setattr(process, "_running", lambda _pid_file: None)
    with pytest.raises(NginxError, match=r"has no worker after 0\.1 s; see .*error\.log"):
        start(0.1, host=host)


def test_a_log_that_is_no_file_is_read_from_the_journal(systemd: Systemd) -> None:
    log = process._Log("stderr", 100)
    lines = ("[emerg] 100#100: no space", "[emerg] 7#7: another process", "[notice] 100#100: signal")
    systemd.answers["journalctl --unit"] = Answer(0, "".join(f"2026/11/23 11:00:00 {line}\n" for line in lines), "")
    assert log.errors() == ["no space"]


def test_a_journal_that_cannot_be_read_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", lambda *_words, **_how: Answer(127, "", "journalctl: not installed"))
    assert process._journal_lines(0) == []


def test_a_log_that_was_rotated_or_taken_away_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    path.write_text(
        "an old line that is long enough to be longer than what follows, as logs are when they rotate\n" * 2
    )
    log = process._Log(str(path), 7)
    path.write_text("2026/11/23 11:00:00 [emerg] 7#7: new\n")
    assert log.errors() == ["new"]
    path.unlink()
    assert log.errors() == []


def test_a_master_that_ends_during_the_reload_is_told(nginx: Fake, host: Places) -> None:
    def reload() -> None:
        nginx.master = None

    nginx.reload = reload  # type: ignore[method-assign]
    with pytest.raises(NginxError, match="master process ended during the reload: no log line"):
        bring_up_to_date(host=host)


def test_what_cannot_be_noted_is_told_after_the_reload(
    nginx: Fake, host: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", host.state)

    monkeypatch.setattr(process.records, "write", full)
    with pytest.raises(NginxError, match=r"nginx was reloaded, which cannot be noted: .* is full"):
        bring_up_to_date(host=host)
    assert nginx.asked == ["nginx -s reload"]


def test_a_program_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", lambda *_words, **_how: Answer(124, "", "nginx: no end within 60 seconds\n"))
    with pytest.raises(NginxError, match="nginx -T: nginx: no end within 60 seconds"):
        process._run(["nginx", "-T"])


def test_an_nginx_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(NginxError, match="nginx is not installed; install the package nginx"):
        process.read_dump(Places(nginx=str(tmp_path / "absent")))


class TestRunning:
    """The processes of nginx, by the file with the number of its master."""

    TITLES = {  # noqa: RUF012 - not changed
        100: "nginx: master process /usr/sbin/nginx",
        101: "nginx: worker process",
        102: "nginx: worker process is shutting down",
        103: "nginx: cache manager process",
        200: "nginx: master process that has ended",
    }

    @pytest.fixture
    def pid_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        stats = {pid: process.host_process.Stat(pid, 1, pid * 10, False) for pid in self.TITLES}
        stats[200] = process.host_process.Stat(200, 1, 2000, True)
        monkeypatch.setattr(process.host_process, "stat", stats.get)
        monkeypatch.setattr(process.host_process, "title", lambda pid: self.TITLES.get(pid, ""))
        monkeypatch.setattr(process.host_process, "children", lambda _pid: [stats[101], stats[102], stats[103]])
        path = tmp_path / "nginx.pid"
        path.write_text("100\n")
        return path

    def test_workers_that_leave_are_told_from_those_that_serve(self, pid_file: Path) -> None:
        found = process._running(str(pid_file))
        assert found == Running(Process(1000, 100), frozenset({Process(1010, 101)}), frozenset({Process(1020, 102)}))
        assert found.identity == [[100, 1000], [101, 1010]]

    @pytest.mark.parametrize("content", ["", "no number", "999", "101", "200"])
    def test_a_number_of_no_master_is_no_nginx(self, pid_file: Path, content: str) -> None:
        pid_file.write_text(content)
        assert process._running(str(pid_file)) is None

    def test_no_file_is_no_nginx(self, tmp_path: Path) -> None:
        assert process._running(str(tmp_path / "none")) is None
