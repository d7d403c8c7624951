# SPDX-License-Identifier: GPL-3.0-or-later

"""The running nginx: does it serve what is on disk, and bring it there by a reload that is proven.

nginx cannot be asked what it loaded. So the configuration dump (`nginx -T`) and every certificate and key file that it
names are reduced to a fingerprint, which is recorded after a proven reload together with the master process and its
newest worker. The record counts only while those two are still the same processes: a reload by anybody else makes newer
workers, and is settled by one more reload.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass

from .._host import process as host_process
from .._host import records
from .._host.command import Answer, find, run
from .._host.errors import EdgeError
from .._host.files import explain, host_lock, read_bytes
from .._transaction.recovery import HOST, Places
from .._transaction.staging import Verdict

POLL_INTERVAL = 0.05
COMMAND_TIMEOUT = 60.0
DEFAULT_PID_FILE = "/run/nginx.pid"
_RECORD = "loaded"

_LOADED_FILES = re.compile(
    r"(?:^|[\s;{}])((?:proxy_|grpc_|uwsgi_)?ssl_(?:certificate|certificate_key|trusted_certificate|client_certificate|crl|dhparam"
    r"|password_file|session_ticket_key|stapling_file))\s+(\"[^\"]*\"|'[^']*'|[^\s;]+)\s*;",
    re.MULTILINE,
)
_PID_FILE = re.compile(r"^\s*pid\s+([^\s;]+)\s*;", re.MULTILINE)
_ERROR_LOG = re.compile(r"^\s*error_log\s+([^\s;]+)[^;]*;", re.MULTILINE)


class NginxError(EdgeError):
    """Nginx refused its configuration, a start or a reload; the message carries nginx's own words."""


@dataclass
class Loaded:
    """Whether the running nginx serves what is on disk, and why it does not.

    `refused`: nginx rejects what is on disk. `unknown`: somebody else's reload is not recorded, so it may be current.
    """

    current: bool
    running: bool
    reason: str
    refused: bool = False
    unknown: bool = False


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


def master(pid_file: str = DEFAULT_PID_FILE) -> int | None:
    """Return the number of the process that is the running nginx's master, None where none runs."""
    running = _running(pid_file)
    return running.master.pid if running else None


def loaded(*, host: Places = HOST) -> Loaded:
    """Tell whether the running nginx serves what is on disk. Writes nothing."""
    if find(host.nginx) is None:
        return Loaded(False, False, "nginx is not installed")
    try:
        dump = read_dump(host)
    except NginxError as error:
        return Loaded(False, _running(DEFAULT_PID_FILE) is not None, str(error), refused=True)
    return _compare(dump, _running(dump.pid_file), host)


def _compare(dump: Dump, running: Running | None, host: Places) -> Loaded:
    if running is None:
        return Loaded(False, False, "nginx is not running")
    record = records.read(_RECORD, host.state)
    if record.get("processes") != running.identity:
        reason = "nginx was started or reloaded by somebody else, or not yet by this collection"
        return Loaded(False, True, reason, unknown=True)
    if record.get("digest") != dump.digest:
        return Loaded(False, True, "the configuration or a certificate on disk changed since the last reload")
    return Loaded(True, True, "the running nginx serves what is on disk")


def bring_up_to_date(timeout: float = 30.0, *, force: bool = False, host: Places = HOST) -> bool:
    """Reload nginx when it does not serve what is on disk; True when it reloaded.

    `timeout` in seconds is for the new workers to take over; `force` reloads in any case. Returns False when nginx does
    not run (`loaded().running` tells). Never restarts. Raises NginxError when nginx refuses, with its log lines.
    """
    return _reloaded(timeout, force, host) is not None


def renew_workers(timeout: float = 30.0, *, host: Places = HOST) -> Running | None:
    """Reload nginx in any case, as `bring_up_to_date` does; return its processes, None when it does not run.

    All workers that were there before are among those that are `leaving`, or have ended.
    """
    return _reloaded(timeout, True, host)


def _reloaded(timeout: float, force: bool, host: Places) -> Running | None:
    if find(host.nginx) is None:
        return None
    with host_lock(path=host.lock):
        dump = read_dump(host)
        before = _running(dump.pid_file)
        if before is None or (not force and _compare(dump, before, host).current):
            return None
        log = _Log(dump.error_log, before.master.pid)
        _ask_for_reload(before.master.pid, host)
        after = _wait_for_new_workers(dump.pid_file, before, log, timeout)
        _record(dump, after, host)
        return after


def start(timeout: float = 30.0, *, host: Places = HOST) -> None:
    """Start nginx, which must not be running; wait at most `timeout` seconds for its workers. Raises NginxError."""
    with host_lock(path=host.lock):
        dump = read_dump(host)
        command = ["systemctl", "start", "nginx"] if _systemd() else [_program(host)]
        began = time.time()
        result = _run(command)
        if result.rc != 0:
            raise NginxError(f"nginx does not start: {_start_errors(began) or _words(result)}")
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            running = _running(dump.pid_file)
            if running is not None and running.workers:
                _record(dump, running, host)
                return
            time.sleep(POLL_INTERVAL)
        raise NginxError(f"nginx was started but has no worker after {timeout:g} s; see {dump.error_log}")


def starts_with_host() -> bool:
    """Whether nginx starts with the host; true where systemd does not run, as there is nothing to be done."""
    return not _systemd() or _run(["systemctl", "is-enabled", "nginx"]).rc == 0


def enable() -> None:
    """Have nginx start with the host. Raises NginxError with systemd's words."""
    result = _run(["systemctl", "enable", "nginx"])
    if result.rc != 0:
        raise NginxError(f"nginx is not made to start with the host: {_words(result)}; look at `systemctl cat nginx`")


def _start_errors(began: float) -> str:
    """Return what nginx told the journal since `began`, each line once."""
    lines = _journal_lines(began) if _systemd() else []
    return "; ".join(dict.fromkeys(line.removeprefix("nginx: ") for line in lines if "[emerg]" in line))


def read_dump(host: Places = HOST) -> Dump:
    """Read the configuration on disk through nginx itself. Raises NginxError with its message when it refuses."""
    result = _run([_program(host), "-T"])
    if result.rc != 0:
        problem = Verdict(False, result.err).problem
        raise NginxError(f"nginx refuses the configuration on disk: {problem}; correct the file that it names")
    digest = hashlib.sha256(result.out.encode("utf-8", "surrogateescape"))
    for path in sorted(_named_files(result.out)):
        try:
            content = hashlib.sha256(read_bytes(path)).hexdigest()
        except OSError as error:
            content = f"unreadable {error.errno}"
        digest.update(f"\0{path}\0{content}".encode("utf-8", "surrogateescape"))
    return Dump(result.out, digest.hexdigest())


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


def _program(host: Places) -> str:
    program = find(host.nginx)
    if program is None:
        raise NginxError("nginx is not installed; install the package nginx")
    return program


def _run(command: list[str]) -> Answer:
    # The dump names files by their bytes, whatever these are.
    answer = run(command, COMMAND_TIMEOUT, errors="surrogateescape")
    if answer.unanswered:
        raise NginxError(f"{' '.join(command)}: {answer.err.strip()}")
    return answer


def _words(answer: Answer) -> str:
    return " ".join((answer.err or answer.out).encode("utf-8", "replace").decode().split())


def _systemd() -> bool:
    return os.path.isdir("/run/systemd/system")


def _running(pid_file: str) -> Running | None:
    """Return the processes of the nginx whose master `pid_file` names, or None when it does not run."""
    try:
        master = host_process.stat(int(read_bytes(pid_file)))
    except (OSError, ValueError):
        return None
    if master is None or master.ended or not host_process.title(master.pid).startswith("nginx: master process"):
        return None
    workers: set[Process] = set()
    leaving: set[Process] = set()
    for child in host_process.children(master.pid):
        title = host_process.title(child.pid)
        if title.startswith("nginx: worker process is shutting down"):
            leaving.add(Process(child.started, child.pid))
        elif title.startswith("nginx: worker process"):
            workers.add(Process(child.started, child.pid))
    return Running(Process(master.started, master.pid), frozenset(workers), frozenset(leaving))


def _ask_for_reload(master: int, host: Places) -> None:
    """Signal through systemd when the unit owns the master, otherwise through nginx itself."""
    command = [_program(host), "-s", "reload"]
    if _systemd():
        shown = _run(["systemctl", "show", "nginx.service", "--property", "MainPID", "--value"])
        if shown.out.strip() == str(master):
            command = ["systemctl", "reload", "nginx.service"]
    result = _run(command)
    if result.rc != 0:
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
            # A zone keeps what it counts while nginx runs, which `nginx -t` does not see.
            said += ": give the zone another name" if "while previously it used" in said else ""
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
    return result.out.splitlines()


def _record(dump: Dump, running: Running, host: Places) -> None:
    """Record what was loaded, unless the files changed while nginx read them."""
    if read_dump(host).digest != dump.digest:
        return
    try:
        records.write(_RECORD, {"digest": dump.digest, "processes": running.identity}, host.state)
    except OSError as error:
        path = records.path(_RECORD, host.state)
        raise NginxError(f"nginx was reloaded, which cannot be noted: {explain(error, path)}") from error
