# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running nginx: does it serve what is on disk, and bring it there by a reload that is proven.

nginx cannot be asked what it loaded. So the configuration dump (`nginx -T`) and every certificate and key file that it
names are reduced to a fingerprint, which is recorded after a proven reload together with the master process and its
newest worker. The record counts only while those two are still the same processes: a reload by anybody else makes newer
workers, and is settled by one more reload.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ._files import read_bytes, replace_file
from ._lock import LockError, host_lock
from ._staging import Verdict, environment, find_nginx
from ._transaction import HOST, Host

POLL_INTERVAL = 0.05
COMMAND_TIMEOUT = 60.0
DEFAULT_PID_FILE = "/run/nginx.pid"

_LOADED_FILES = re.compile(
    r"(?:^|[\s;{}])((?:proxy_|grpc_|uwsgi_)?ssl_(?:certificate|certificate_key|trusted_certificate|client_certificate|crl|dhparam"
    r"|password_file|session_ticket_key|stapling_file))\s+(\"[^\"]*\"|'[^']*'|[^\s;]+)\s*;",
    re.MULTILINE,
)
_PID_FILE = re.compile(r"^\s*pid\s+([^\s;]+)\s*;", re.MULTILINE)
_ERROR_LOG = re.compile(r"^\s*error_log\s+([^\s;]+)[^;]*;", re.MULTILINE)


class NginxError(Exception):
    """Nginx refused its configuration, a start or a reload; the message carries nginx's own words."""


@dataclass
class Loaded:
    """Whether the running nginx serves what is on disk, and why it does not; `refused`: nginx rejects it."""

    current: bool
    running: bool
    reason: str
    refused: bool = False


@dataclass(frozen=True, order=True)
class Process:
    """One process; the start time (clock ticks since boot) tells it from a later one with the same number."""

    started: int
    pid: int


@dataclass(frozen=True)
class Running:
    """The processes of a running nginx."""

    master: Process
    workers: frozenset[Process]
    leaving: frozenset[Process]

    @property
    def identity(self) -> list[list[int]]:
        """What the record holds: the master and its newest worker."""
        newest = max(self.workers, default=self.master)
        return [[process.pid, process.started] for process in (self.master, newest)]


@dataclass(frozen=True)
class Dump:
    """The configuration on disk as nginx reads it."""

    text: str
    digest: str

    @property
    def pid_file(self) -> str:
        """The file that holds the master's process number."""
        return _last(_PID_FILE, self.text, DEFAULT_PID_FILE)

    @property
    def error_log(self) -> str:
        """The first error log of the main level, or the packaged one."""
        return _last(_ERROR_LOG, self.text.split("{", 1)[0], "/var/log/nginx/error.log")


def loaded(*, host: Host = HOST) -> Loaded:
    """Tell whether the running nginx serves what is on disk. Writes nothing."""
    if find_nginx(host.nginx) is None:
        return Loaded(False, False, "nginx is not installed")
    try:
        dump = read_dump(host)
    except NginxError as error:
        return Loaded(False, _running(DEFAULT_PID_FILE) is not None, str(error), refused=True)
    return _compare(dump, _running(dump.pid_file), host)


def _compare(dump: Dump, running: Running | None, host: Host) -> Loaded:
    if running is None:
        return Loaded(False, False, "nginx is not running")
    record = _read_record(host)
    if record.get("processes") != running.identity:
        return Loaded(False, True, "nginx was started or reloaded by somebody else, or not yet by this collection")
    if record.get("digest") != dump.digest:
        return Loaded(False, True, "the configuration or a certificate on disk changed since the last reload")
    return Loaded(True, True, "the running nginx serves what is on disk")


def bring_up_to_date(timeout: float = 30.0, *, force: bool = False, host: Host = HOST) -> bool:
    """Reload nginx when it does not serve what is on disk; True when it reloaded.

    `timeout` in seconds is for the new workers to take over; `force` reloads in any case. Returns False when nginx does
    not run (`loaded().running` tells). Never restarts. Raises NginxError when nginx refuses, with its log lines.
    """
    if find_nginx(host.nginx) is None:
        return False
    with _locked(host):
        dump = read_dump(host)
        before = _running(dump.pid_file)
        if before is None or (not force and _compare(dump, before, host).current):
            return False
        log = _Log(dump.error_log, before.master.pid)
        _ask_for_reload(before.master.pid, host)
        after = _wait_for_new_workers(dump.pid_file, before, log, timeout)
        _record(dump, after, host)
        return True


def start(timeout: float = 30.0, *, host: Host = HOST) -> None:
    """Start nginx, which must not be running; wait at most `timeout` seconds for its workers. Raises NginxError."""
    with _locked(host):
        dump = read_dump(host)
        command = ["systemctl", "start", "nginx"] if _systemd() else [_program(host)]
        began = time.time()
        result = _run(command)
        if result.returncode != 0:
            raise NginxError(f"nginx does not start: {_start_errors(began) or _words(result)}")
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            running = _running(dump.pid_file)
            if running is not None and running.workers:
                _record(dump, running, host)
                return
            time.sleep(POLL_INTERVAL)
        raise NginxError(f"nginx was started but has no worker after {timeout:g} s; see {dump.error_log}")


@contextlib.contextmanager
def _locked(host: Host) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(host_lock(path=host.lock))
        except LockError as error:
            raise NginxError(str(error)) from error
        yield


def _start_errors(began: float) -> str:
    """Return what nginx told the journal since `began`, each line once."""
    lines = _journal_lines(began) if _systemd() else []
    return "; ".join(dict.fromkeys(line.removeprefix("nginx: ") for line in lines if "[emerg]" in line))


def read_dump(host: Host = HOST) -> Dump:
    """Read the configuration on disk through nginx itself. Raises NginxError with its message when it refuses."""
    result = _run([_program(host), "-T"])
    if result.returncode != 0:
        problem = Verdict(False, result.stderr).problem
        raise NginxError(f"nginx refuses the configuration on disk: {problem}; correct the file that it names")
    digest = hashlib.sha256(result.stdout.encode("utf-8", "surrogateescape"))
    for path in sorted(_named_files(result.stdout)):
        try:
            content = hashlib.sha256(read_bytes(path)).hexdigest()
        except OSError as error:
            content = f"unreadable {error.errno}"
        digest.update(f"\0{path}\0{content}".encode("utf-8", "surrogateescape"))
    return Dump(result.stdout, digest.hexdigest())


def _named_files(dump: str) -> set[str]:
    """Return the certificate and key files that nginx reads when it loads; a name with a variable is read later."""
    found = re.search(r"^# configuration file (\S+):$", dump, re.MULTILINE)
    folder = os.path.dirname(found.group(1)) if found else "/etc/nginx"
    values = (match.group(2).strip("\"'") for match in _LOADED_FILES.finditer(dump))
    return {
        os.path.join(folder, value)
        for value in values
        if "$" not in value and not value.startswith(("data:", "engine:", "store:"))
    }


def _last(pattern: re.Pattern[str], text: str, default: str) -> str:
    found = pattern.search(text)
    return found.group(1).strip("\"'") if found else default


def _program(host: Host) -> str:
    program = find_nginx(host.nginx)
    if program is None:
        raise NginxError("nginx is not installed; install the package nginx")
    return program


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=COMMAND_TIMEOUT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NginxError(f"{' '.join(command)}: {error}") from error


def _words(result: subprocess.CompletedProcess[str]) -> str:
    return " ".join((result.stderr or result.stdout).encode("utf-8", "replace").decode().split())


def _systemd() -> bool:
    return os.path.isdir("/run/systemd/system")


def _process(pid: int) -> tuple[Process, int, str] | None:
    """Return the process, its parent's number and its title; None when it is gone or a zombie."""
    try:
        fields = read_bytes(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        title = read_bytes(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return Process(int(fields[19]), pid), int(fields[1]), title.strip()


def _running(pid_file: str) -> Running | None:
    """Return the processes of the nginx whose master `pid_file` names, or None when it does not run."""
    try:
        found = _process(int(read_bytes(pid_file)))
    except (OSError, ValueError):
        return None
    if found is None or not found[2].startswith("nginx: master process"):
        return None
    master = found[0]
    workers: set[Process] = set()
    leaving: set[Process] = set()
    for name in os.listdir("/proc"):
        child = _process(int(name)) if name.isdigit() else None
        if child is None or child[1] != master.pid:
            continue
        if child[2].startswith("nginx: worker process is shutting down"):
            leaving.add(child[0])
        elif child[2].startswith("nginx: worker process"):
            workers.add(child[0])
    return Running(master, frozenset(workers), frozenset(leaving))


def _ask_for_reload(master: int, host: Host) -> None:
    """Signal through systemd when the unit owns the master, otherwise through nginx itself."""
    command = [_program(host), "-s", "reload"]
    if _systemd():
        shown = _run(["systemctl", "show", "nginx.service", "--property", "MainPID", "--value"])
        if shown.stdout.strip() == str(master):
            command = ["systemctl", "reload", "nginx.service"]
    result = _run(command)
    if result.returncode != 0:
        raise NginxError(f"nginx was not reloaded: {_words(result)}; the previous configuration is still being served")


def _wait_for_new_workers(pid_file: str, before: Running, log: _Log, timeout: float) -> Running:
    deadline = time.monotonic() + timeout
    while True:
        now = _running(pid_file)
        if now is None or now.master != before.master:
            raise NginxError(
                f"nginx's master process ended during the reload: {' '.join(log.errors()) or 'no log line'}"
            )
        if now.workers and not now.workers & before.workers:
            return now
        errors = log.errors()
        # nginx tries to bind an address five times; every other error, and the last of those, is its final word.
        final = [line for line in errors if "bind() to" not in line or "still could not" in line]
        if final or time.monotonic() >= deadline:
            said = "; ".join(dict.fromkeys(errors)) or f"no new worker within {timeout:g} s; see {log.path}"
            raise NginxError(f"nginx refused the reload and still serves the previous configuration: {said}")
        time.sleep(POLL_INTERVAL)


class _Log:
    """The lines that nginx's master adds to its error log from now on."""

    def __init__(self, path: str, master: int) -> None:
        self.path = path
        self._mark = f" {master}#{master}: "
        self._since = time.time()
        self._offset = os.path.getsize(path) if os.path.isfile(path) else 0

    def errors(self) -> list[str]:
        """Return the errors of the master since the object was made."""
        if not self.path.startswith("/") or self.path.startswith("/dev/"):
            lines = _journal_lines(self._since)
        else:
            lines = self._file_lines()
        return [
            line.split(self._mark, 1)[1]
            for line in lines
            if self._mark in line and re.search(r"\[(?:emerg|alert|crit)\]", line)
        ]

    def _file_lines(self) -> list[str]:
        try:
            with open(self.path, "rb") as stream:
                if os.fstat(stream.fileno()).st_size >= self._offset:
                    stream.seek(self._offset)
                return stream.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []


def _journal_lines(since: float) -> list[str]:
    try:
        result = _run(["journalctl", "--unit", "nginx.service", "--since", f"@{since:.0f}", "--output", "cat"])
    except NginxError:
        return []
    return result.stdout.splitlines()


def _record_path(host: Host) -> str:
    return os.path.join(host.state, "loaded.json")


def _read_record(host: Host) -> dict[str, object]:
    try:
        record = json.loads(read_bytes(_record_path(host)))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _record(dump: Dump, running: Running, host: Host) -> None:
    """Record what was loaded, unless the files changed while nginx read them."""
    if read_dump(host).digest != dump.digest:
        return
    content = {"digest": dump.digest, "processes": running.identity}
    try:
        replace_file(_record_path(host), (json.dumps(content) + "\n").encode(), 0o600)
    except OSError as error:
        raise NginxError(
            f"{_record_path(host)}: {error.strerror}: nginx was reloaded but it cannot be noted"
        ) from error
