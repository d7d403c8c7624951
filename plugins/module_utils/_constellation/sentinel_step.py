# SPDX-License-Identifier: GPL-3.0-or-later

"""A sentinel moves to its server's new address: asked for first, proven afterwards, or put back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from .._dotnet.errors import DotnetError
from .._dotnet.settings import Setting, SettingsResult, change_settings, read_setting
from .._transaction.changes import Change, TransactionError, Write
from .._transaction.recovery import HOST, Places
from .._transaction.steps import Pausing, Planned, RunOptions, Step, carry_out
from ._retry_guard import failed_before, remember_failure
from ._server_process import Record, read_record, start_ticks
from .facts import SERVER_URI
from .files import at, read_config, write_in_place
from .mono.connected import connections, own_address, stays_connected
from .mono.reach import Trouble
from .program import Config, WantedProgram, config_of, doubt, reason_to_restart, remember, started_status
from .restart import RestartError, log_end, restarted, restarted_on_previous
from .uris.server_uri import ServerUri, is_same, parse_server_uri

_UP_SECONDS = 1.0
Ask = Callable[[ServerUri, int], "Trouble | None"]


@dataclass(frozen=True)
class MoveOutcome:
    """What was found and done. ``uri`` is the address that the file names in the end."""

    uri: str
    moved: bool = False
    connected: bool = False
    changed: bool = False
    restarted: bool = False
    reason: str = ""
    problem: str = ""
    remedy: str = ""
    source: str = ""
    before: str = ""
    after: str = ""
    backup: str = ""


class NotConnectedError(Exception):
    """The restarted sentinel did not connect to the new address."""


def move(
    wanted: WantedProgram, uri: str, *, ask: Ask | None, check: bool = False, backup: bool = False, host: Places = HOST
) -> MoveOutcome:
    """Move a sentinel, or tell what is in the way; ``check`` changes nothing and predicts.

    ``ask`` says what is wrong with an address for the sentinel's process; without it, the move is tried at once.
    Raises DotnetError and SupervisorError when no sentinel could be moved here at all.
    """
    step = SentinelStep(wanted, uri, ask or (lambda _uri, _pid: None), check=check)
    try:
        run = carry_out([step], RunOptions(validate=False, backup=backup, check_mode=check), host=host)
    except TransactionError as error:
        outcome = step.taken_back()
        if outcome is None:
            raise DotnetError(str(error)) from error
        return outcome
    return step.outcome(run.backup_files)


class SentinelStep(Step):
    """One move: the file, the restart, and the proof that the sentinel is connected."""

    _config: Config

    def __init__(self, wanted: WantedProgram, uri: str, ask: Ask, *, check: bool = False) -> None:
        """Name the sentinel, its new address, and who says what is wrong with an address."""
        # It is the connection that must stay; the process only has to be up for that to begin.
        self._wanted = replace(wanted, settle=min(_UP_SECONDS, wanted.settle))
        self._settle = wanted.settle
        self._target = parse_server_uri(uri)
        self._uri = uri
        self._ask = ask
        self._check = check
        self._original = b""
        self._result = SettingsResult(b"", "", "")
        self._planned = MoveOutcome("")
        self._proved = False
        self._begun = 0.0
        self._pid = 0
        self._restored = False
        self._failure: Trouble | None = None

    def plan(self, held: ExitStack) -> Planned:
        """Look at the file and the process, and ask what is in the way."""
        data = self._original = read_config(self._wanted.config)
        named = self._named(data)
        if is_same(named, self._uri) and self._proven(data):
            self._planned, self._proved = MoveOutcome(named, moved=True, connected=True), True
            return Planned()
        status = started_status(self._wanted.process)
        self._pid = status.pid
        obstacle = None if is_same(named, self._uri) else self._obstacle(data)
        stays = is_same(named, self._uri) or (obstacle is not None and not (self._check and obstacle.curable))
        self._result = SettingsResult(data, "", "") if stays else self._change(data, self._uri)
        self._config = config_of(self._wanted, self._result.content)
        modified = os.stat(self._wanted.config).st_mtime
        reason = reason_to_restart(self._wanted, self._config, status, modified, changes=self._changes)
        outcome = MoveOutcome(
            self._named(self._result.content),
            moved=obstacle is None or not stays,
            connected=self._check and not reason and bool(connections(self._target, status.pid)),
            changed=bool(reason),
            restarted=bool(reason),
            reason=reason,
            before=self._result.before,
            after=self._result.after,
        )
        self._planned = self._with(outcome, obstacle) if obstacle else outcome
        changes: list[Change] = []
        if self._changes:
            changes = [Write(os.path.abspath(self._wanted.config), self._result.content, original=data)]
        return Planned(changes, due=bool(reason))

    def outcome(self, backup_files: list[str]) -> MoveOutcome:
        """Return what was done, or would be."""
        if self._proved or self._check:
            return self._planned
        if self._failure:
            return self._with(self._planned, self._failure)
        return replace(self._planned, connected=self._planned.moved, backup="".join(backup_files))

    def taken_back(self) -> MoveOutcome | None:
        """Return what a failed move has left; None where it is not known to be as before."""
        if self._failure is None or (self._changes and not self._restored):
            return None
        named = self._named(self._original)
        return self._with(MoveOutcome(named, moved=is_same(named, self._uri)), self._failure)

    @property
    def _changes(self) -> bool:
        return self._result.content != self._original

    def _obstacle(self, data: bytes) -> Trouble | None:
        """Return what keeps the sentinel from moving, as far as that is known before it is tried."""
        running = Record(self._pid, start_ticks(self._pid), config_of(self._wanted, data).print)
        return self._ask(self._target, self._pid) or failed_before(self._wanted, self._uri, running)

    def _named(self, data: bytes) -> str:
        """Return the server that a file names."""
        try:
            return read_setting(data, SERVER_URI)
        except DotnetError as error:
            raise at(self._wanted.config, error) from error

    def _change(self, data: bytes, uri: str) -> SettingsResult:
        try:
            return change_settings(data, [Setting(SERVER_URI, uri)])
        except DotnetError as error:
            raise at(self._wanted.config, error) from error

    def _proven(self, data: bytes) -> bool:
        """Tell whether the process that was proven last still runs by this file and is connected: known at once."""
        record = read_record(self._wanted.program, self._wanted.state_folder)
        return (
            record is not None
            and record.pid > 0
            and record.start == start_ticks(record.pid)
            and record.fingerprint == config_of(self._wanted, data).print
            and bool(connections(self._target, record.pid))
        )

    def _with(self, outcome: MoveOutcome, trouble: Trouble) -> MoveOutcome:
        """Return the outcome with what is in the way, and from where this host calls the server of before."""
        try:
            previous = parse_server_uri(self._named(self._original))
            source = own_address(previous, started_status(self._wanted.process).pid)
        except DotnetError:
            source = ""
        return replace(outcome, problem=trouble.problem, remedy=trouble.remedy, source=source)

    def follow(self) -> Pausing:
        """Restart the sentinel when it has to be, and see it connected; what is not proven goes back."""
        if self._proved:
            return
        self._begun = time.monotonic()
        if self._planned.reason:
            if self._changes:
                doubt(self._wanted)
            try:
                self._pid = yield from restarted(self._wanted, self._config, self._pid, can_go_back=self._changes)
            except RestartError as error:
                self._failure = Trouble(str(error), f"correct what the end of its log names: {_joined(error.log)}")
                raise
        if self._planned.moved:
            self._see_connected()
        remember(self._wanted, self._config, self._pid)

    def undo(self) -> Pausing:
        """Restart the sentinel on its previous file, when it was restarted on the new one."""
        if not (self._begun and self._changes):
            return
        data = self._put_back()
        pid = yield from restarted_on_previous(self._wanted, data)
        if self._failure:
            running = Record(pid, start_ticks(pid), config_of(self._wanted, data).print)
            remember_failure(self._wanted, self._uri, running, self._failure)
        self._restored = True

    def _see_connected(self) -> None:
        """Wait for the connection. Raises NotConnectedError where there is a previous file to go back to."""
        wanted = self._wanted
        left = max(0.0, self._begun + wanted.timeout - time.monotonic())
        if stays_connected(self._target, self._pid, left, self._settle):
            return
        goes_back = self._changes and self._can_go_back()
        trouble = None if goes_back else self._ask(self._target, self._pid)
        log = _joined(log_end(wanted.process, self._config.secrets))
        self._failure = trouble or Trouble(
            f"{self._uri} answers this host, but {wanted.program} was not seen connected to it within "
            f"{wanted.timeout:g} s",
            f"see what the end of its log says: {log}",
        )
        if goes_back:
            raise NotConnectedError(self._failure.problem)

    def _can_go_back(self) -> bool:
        """Tell whether the server may still be found at the previous address: a move that fails must not end nowhere.

        One beside its server follows it to a path that is the only one by then.
        """
        try:
            previous = parse_server_uri(self._named(self._original))
        except DotnetError:
            return True
        return self._ask(previous, self._pid) is None

    def _put_back(self) -> bytes:
        """Return what is in the file now.

        Somebody who saved it meanwhile has kept it from being put back as a whole: then the address alone is.
        """
        path = self._wanted.config
        data = read_config(path)
        named = self._named(data)
        if data == self._original or not is_same(named, self._uri):
            return data
        content = self._change(data, self._named(self._original)).content
        write_in_place(path, content)
        return content


def _joined(log: str) -> str:
    """Return the last lines of a log as one."""
    return " | ".join(line.strip() for line in log.splitlines()[-3:])
