# SPDX-License-Identifier: GPL-3.0-or-later

"""The running program is in line with its file: what is loaded decides, not whether the file has just changed."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field

from .. import _supervisor as supervisor
from .._files import STATE_FOLDER
from .answers import LISTENING, ask
from .app_settings import read_settings
from .errors import DotnetError
from .files import read_config
from .listen_uri import ListenUri, parse_listen_uri
from .listen_uris import read_uris
from .process import Record, fingerprint, foreign_holders, read_record, start_ticks, started_at, write_record

_PAUSE = 0.25
_STARTING_SECONDS = 15.0
_ENDED = ("EXITED", "STOPPED")
_SECRET_VALUE = re.compile(r"""(access[-_ ]?key\s*["']?\s*[=:]\s*["']?)([^\s"'&;,<>]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """The program, its file, and how long to wait: ``timeout`` for its answers, ``settle`` without a new start (s)."""

    program: str
    config: str
    kind: str
    timeout: float = 60.0
    settle: float = 3.0
    state_folder: str = STATE_FOLDER


@dataclass(frozen=True)
class Outcome:
    """What was found and done; ``reason`` is "" when the running program was in line already."""

    restarted: bool
    reason: str
    uris: list[str]
    pid: int


@dataclass
class _Config:
    """What the program reads from its file when it starts."""

    uris: list[str]
    parsed: list[ListenUri]
    print: str
    modified: float
    secrets: list[str] = field(default_factory=list)


def bring_in_line(wanted: Wanted, check: bool = False) -> Outcome:
    """Restart the program when it does not run as its file says, and wait until it does.

    A restart that does not lead to a program which answers on every URI and stays up is an error with the last lines of
    its log, access keys masked. ``check`` only tells what would be done.
    """
    section = supervisor.find_program(wanted.program)
    process = section.process if section else wanted.program
    config = _read(wanted)
    status = _started_status(process)
    _refuse_foreign(wanted, config, status.pid)
    reason = _reason(wanted, config, status)
    if check or not reason:
        if not check:
            _remember(wanted, config, status.pid)
        return Outcome(bool(reason), reason, config.uris, status.pid)
    said = supervisor.restart(process)
    pid = _wait(wanted, config, process, said)
    _remember(wanted, config, pid)
    return Outcome(True, reason, config.uris, pid)


def _read(wanted: Wanted) -> _Config:
    """Read the file; a listenUri that the listener would refuse stops here, while the old process still runs."""
    data = read_config(wanted.config)
    try:
        uris = read_uris(data) if wanted.kind == "server" else []
        settings = read_settings(data)
        parsed = [parse_listen_uri(uri) for uri in uris]
    except DotnetError as error:
        error.path = error.path or wanted.config
        raise
    if wanted.kind == "server" and not uris:
        raise DotnetError(
            f"{wanted.config}: no listenUri: the server would not listen; name one with constellation_listen_uris"
        )
    keys = re.findall(rb"""[aA]ccess[kK]ey\s*=\s*["']([^"']{4,})["']""", data)
    secrets = [key.decode("utf-8", "replace") for key in keys]
    secrets += [value for key, value in settings.items() if "key" in key.lower() and len(value) > 3]
    return _Config(uris, parsed, fingerprint(uris, settings), os.stat(wanted.config).st_mtime, secrets)


def _started_status(process: str) -> supervisor.Status:
    """Return the state of a process; one that is just starting is given the time to get there."""
    deadline = time.monotonic() + _STARTING_SECONDS
    status = supervisor.status(process)
    while status.state == "STARTING" and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        status = supervisor.status(process)
    return status


def _refuse_foreign(wanted: Wanted, config: _Config, pid: int) -> None:
    """Stop while the old process still runs when another program has a wanted port: a restart could only fail."""
    for port, holder in sorted(foreign_holders({uri.port for uri in config.parsed}, pid).items()):
        raise DotnetError(
            f"{wanted.config} wants {wanted.program} to listen on port {port}, which {holder} holds: stop that program "
            f"or choose another port. {wanted.program} was not restarted"
        )


def _reason(wanted: Wanted, config: _Config, status: supervisor.Status) -> str:
    """Return why a restart is needed, "" when it is not."""
    if status.state != "RUNNING":
        return f"{wanted.program} is not running ({status.state})"
    for uri in config.parsed:
        problem = ask(uri)
        if problem != LISTENING:
            return f"{uri} does not answer: {problem}"
    record = read_record(wanted.program, wanted.state_folder)
    if record and (record.pid, record.start) == (status.pid, start_ticks(status.pid)):
        return "" if record.fingerprint == config.print else "the running process was started with other settings"
    # A file changed within the second of the start may or may not have been read: started again, it surely is.
    if started_at(status.pid) > config.modified + 1:
        return ""
    if wanted.kind == "sentinel":
        return "the running process is older than its configuration file"
    return _too_wide(config.parsed)


def _too_wide(uris: list[ListenUri]) -> str:
    """Return why a process that is older than its file does not run by it: it serves a port's root, the file does not.

    A prefix such as ``/`` answers for every longer one, so that a move below a path cannot be seen by asking the new
    URI.
    """
    for uri in uris:
        rooted = any(other.port == uri.port and other.path == "/" for other in uris)
        if not rooted and uri.scheme == "http" and ask(uri, "/") == LISTENING:
            return f"port {uri.port} still serves / and not only {uri.path}"
    return ""


def _wait(wanted: Wanted, config: _Config, process: str, said: str) -> int:
    """Return the process id once every URI answers and the process has stayed the same for the settling time."""
    deadline = time.monotonic() + wanted.timeout
    steady_pid, steady_since, down_since, problem = 0, 0.0, 0.0, said
    while True:
        status = supervisor.status(process)
        problems = [f"{uri}: {why}" for uri in config.parsed if (why := ask(uri)) != LISTENING]
        now = time.monotonic()
        # With autorestart a process is EXITED for a moment between two attempts: only one that stays so has ended.
        down_since = (down_since or now) if status.state in _ENDED else 0.0
        if status.state == "FATAL" or (down_since and now - down_since > wanted.settle):
            raise _failure(wanted, config, process, f"it is {status.state} ({status.text})")
        if status.state != "RUNNING" or problems:
            steady_pid, problem = 0, "; ".join(problems) or status.text
        elif status.pid != steady_pid:
            steady_pid, steady_since = status.pid, now
        if steady_pid and now - steady_since >= wanted.settle:
            return steady_pid
        if now >= deadline and not steady_pid:
            raise _failure(wanted, config, process, f"after {wanted.timeout:g} s: {problem}")
        time.sleep(_PAUSE)


def _failure(wanted: Wanted, config: _Config, process: str, problem: str) -> DotnetError:
    """Return the error of a restart that did not succeed, with what the program said last."""
    tail = mask(supervisor.log_tail(process), config.secrets)
    lines = "\n".join(tail.splitlines()[-15:]) or "(supervisor has no log of it)"
    return DotnetError(
        f"{wanted.program} was restarted but does not run as {wanted.config} says: {mask(problem, config.secrets)}. "
        f"Correct what its log names and run again. The end of its log:\n{lines}"
    )


def mask(text: str, secrets: list[str]) -> str:
    """Return the text without access keys: those of the file, and whatever stands behind the words access key."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _SECRET_VALUE.sub(r"\1***", text)


def _remember(wanted: Wanted, config: _Config, pid: int) -> None:
    """Record the proven process; an unchanged record is not written again."""
    record = Record(pid, start_ticks(pid), config.print)
    if read_record(wanted.program, wanted.state_folder) != record:
        write_record(wanted.program, record, wanted.state_folder)
