# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_service` does: nginx comes back when it dies, recovers before it starts, and is confined."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from ..._host import records
from ..._host.command import Run, find, run
from ..._host.errors import EdgeError
from ..._host.files import explain, read_bytes
from ..._host.names import ARCHIVE_PATH, NGINX_DROP_IN_PATH, RECOVERY_PATH
from ..._host.older import keep_older_off, let_older_in
from ..._standalone.archive import build, listing
from ..._transaction.changes import Change, Remove, Write, diffs, pending
from ..._transaction.recovery import HOST, Places
from ..._transaction.steps import Pausing, Planned, RunOptions, Step, carry_out
from ..process import NginxError, read_dump
from ..text.tokens import ConfigError
from ..text.tree import parse
from ._needs import Needs, needs
from ._trial import Plain, TrialError, broken, trial
from .client_names import ClientNamesStep, WantedNames
from .unit import RECOVERY_TEXT, RESTRICTIONS, drop_in

_RECORD = "nginx-service"
_UNIT = "nginx.service"
_ASKED = "asked for"
# What a record has by which a sandbox can be kept; those of older versions lack it.
_KEPT = {"omitted", "writable", "sockets"}


class ServiceError(EdgeError):
    """Nothing could be brought in line; the message names the place and the remedy."""


@dataclass(frozen=True)
class WantedService:
    """What the caller asks for; `omit` are restrictions that are left out whatever the host needs."""

    present: bool = True
    sandbox: bool = True
    omit: Collection[str] = ()


@dataclass(frozen=True)
class Unit:
    """What systemd says of nginx.service; `start` tells one start of it from the next, "" while it does not run."""

    start: str = ""
    stale: bool = False


@dataclass
class Choice:
    """The sandbox for this host: what is left out and why; `trial` is what came of it."""

    omitted: dict[str, str] = field(default_factory=dict)
    writable: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    trial: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def restrictions(self) -> list[str]:
        """The restrictions that hold."""
        return [name for name in RESTRICTIONS if name not in self.omitted]


def bring(wanted: WantedService, *, check_mode: bool = False, host: Places = HOST, call: Run = run) -> dict[str, Any]:
    """Bring archive, unit and drop-in in line, and return the module's answer. nginx is neither started nor stopped.

    Raises EdgeError; then nothing is changed.
    """
    if not _systemd_runs():
        raise ServiceError("systemd does not run here, so there is no nginx.service to care for; nothing was changed")
    step = ServiceStep(wanted, host, call)
    # The timer for names of clients belongs to the sites. It goes with the archive, which it starts.
    steps = [step] if wanted.present else [ClientNamesStep(WantedNames(), call), step]
    done = carry_out(steps, RunOptions(validate=False, check_mode=check_mode), host=host)
    return {"changed": done.changed, "diff": done.diff, **step.report()}


class ServiceStep(Step):
    """The archive, the recovery unit and the drop-in."""

    def __init__(self, wanted: WantedService, host: Places, call: Run) -> None:
        """Name what is wanted."""
        self._wanted = wanted
        self._host = host
        self._call = call
        self._unit = Unit()
        self._choice = Choice()
        self._record: dict[str, Any] = {}
        self._reloads = False

    def report(self) -> dict[str, Any]:
        """Return the values for the module's answer beside what the runner says."""
        choice, present, start = self._choice, self._wanted.present, self._unit.start
        return {
            "restrictions": choice.restrictions if present else [],
            "omitted": choice.omitted if present else {},
            "writable": choice.writable,
            "trial": choice.trial,
            "pending_restart": bool(start) and start == self._record["start"],
        }

    def plan(self, held: contextlib.ExitStack) -> Planned:
        """Decide on the sandbox, where needed by a trial."""
        known = records.read(_RECORD, self._host.state)
        self._unit = _look(self._call)
        self._choice = _choose(self._wanted, known, self._unit, self._host, self._call)
        todo = pending(_changes(self._wanted, self._choice))
        self._reloads = bool(todo) or self._unit.stale
        start = self._unit.start if _confines_anew(todo) else known.get("start", "")
        self._record = {**self._choice.record, "start": start}
        return Planned(todo, _shown(todo), due=self._reloads)

    def prepare(self) -> AbstractContextManager[None]:
        """Record the choice: one that says too much costs one more trial, a missing one hides a pending restart."""
        if self._wanted.present and self._record != records.read(_RECORD, self._host.state):
            try:
                records.write(_RECORD, self._record, self._host.state)
            except OSError as error:
                raise ServiceError(f"{explain(error, self._host.state)}. Nothing was changed") from error
        return contextlib.nullcontext()

    def follow(self) -> Pausing:
        """Have systemd read the files."""
        if self._reloads:
            answer = self._call(["systemctl", "daemon-reload"])
            if answer.rc != 0:
                raise ServiceError(f"systemctl daemon-reload: {answer.text}; look at journalctl -b and run again")
        yield from ()

    def undo(self) -> Pausing:
        """Have systemd read the former files."""
        self._call(["systemctl", "daemon-reload"])
        yield from ()

    def settle(self) -> None:
        """Leave or take away the mark for older versions, and what else was ours beside the files."""
        state = self._host.state
        try:
            # Not before: the archive that was there may be of a version that is to be kept off.
            (keep_older_off if self._wanted.present else let_older_in)(state)
        except OSError as error:
            raise ServiceError(explain(error, state)) from error
        if self._wanted.present:
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(records.path(_RECORD, state))
        for path in (NGINX_DROP_IN_PATH, ARCHIVE_PATH):
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))


def _systemd_runs() -> bool:
    return os.path.isdir("/run/systemd/system")


def _look(call: Run) -> Unit:
    names = ("ActiveState", "InvocationID", "NeedDaemonReload")
    words = [word for name in names for word in ("--property", name)]
    lines = call(["systemctl", "show", _UNIT, *words]).out.splitlines()
    shown = dict(line.split("=", 1) for line in lines if "=" in line)
    running = shown.get("ActiveState") in ("active", "reloading")
    return Unit(shown.get("InvocationID", "") if running else "", shown.get("NeedDaemonReload") == "yes")


def _choose(wanted: WantedService, record: dict[str, Any], unit: Unit, host: Places, call: Run) -> Choice:
    """Decide on the sandbox, by the record where it still holds, else by a trial where there is an nginx to try."""
    if not wanted.present or not wanted.sandbox:
        return Choice(dict.fromkeys(RESTRICTIONS, "not wanted"), trial="not needed: no sandbox is wanted")
    asked = {name: _ASKED for name in RESTRICTIONS if name in wanted.omit}
    nginx = find(host.nginx)
    if nginx is None:
        return _choose_before_nginx(asked, record, call)
    try:
        dump = read_dump(host)
        found = needs(parse(dump.text))
        choice = _remembered({**found.omit, **asked}, found, _identity(nginx), "")
        proven = record.get("identity") == choice.record["identity"]
        confined = bool(unit.start) and unit.start != record.get("start")
        if record.get("key") == choice.record["key"] and (proven or confined):
            broken_then = record.get("broken", {})
            choice.trial = "not needed: this configuration was tried, or runs confined"
        else:
            with trial(nginx, dump.text, call) as second:
                broken_then = broken(second, choice.restrictions, choice.writable)
            choice.trial = "made: a second nginx started, answered and reloaded with the host's own configuration"
    except (ConfigError, NginxError, TrialError, OSError) as error:
        if isinstance(error, NginxError) and record.keys() >= _KEPT:
            return _as_before(record, asked)
        reason = f"the trial cannot be made: {error}"
        return Choice({**dict.fromkeys(RESTRICTIONS, reason), **asked}, trial=reason)
    return _decided(choice, broken_then)


def _decided(choice: Choice, refused: dict[str, str]) -> Choice:
    """Leave out what does not hold here, and have the record say all of it."""
    choice.omitted.update(refused)
    kept = {"omitted": choice.omitted, "writable": choice.writable, "sockets": choice.sockets}
    choice.record.update(kept, broken=refused)
    return choice


def _as_before(record: dict[str, Any], asked: dict[str, str]) -> Choice:
    """Keep what the last run decided: what an nginx needs that refuses its configuration, the next run can tell."""
    omitted = {name: reason for name, reason in record["omitted"].items() if reason != _ASKED}
    said = "not made: nginx refuses the configuration on disk, and the sandbox of the last run stays"
    return Choice({**omitted, **asked}, record["writable"], record["sockets"], said, record)


def _choose_before_nginx(asked: dict[str, str], record: dict[str, Any], call: Run) -> Choice:
    """Decide where there is no nginx to try: on what this host lets systemd do at all."""
    choice = _remembered(asked, Needs(), "", "not needed: nginx is not installed yet")
    if record.get("key") == choice.record["key"]:
        refused = record.get("broken", {})
    else:
        choice.trial = "made: nginx is not installed yet, so a program that does nothing was started"
        try:
            refused = broken(Plain(call), choice.restrictions)
        except EdgeError as error:
            reason = f"the trial cannot be made: {error}"
            return Choice({**dict.fromkeys(RESTRICTIONS, reason), **asked}, trial=reason)
    return _decided(choice, refused)


def _remembered(omitted: dict[str, str], found: Needs, identity: str, said: str) -> Choice:
    """Return a choice with the record by which the next run knows what was tried."""
    writable = sorted(found.writable)
    held = [lines for name, lines in RESTRICTIONS.items() if name not in omitted]
    key = hashlib.sha256(json.dumps([held, writable]).encode("utf-8", "surrogateescape")).hexdigest()
    record = {"key": key, "identity": identity, "broken": {}}
    return Choice(dict(omitted), writable, sorted(found.sockets), said, record)


def _identity(nginx: str) -> str:
    """Return what tells this nginx from another version of it."""
    status = os.stat(nginx)
    return f"{os.path.realpath(nginx)} {status.st_size} {status.st_mtime_ns}"


def _changes(wanted: WantedService, choice: Choice) -> list[Change]:
    if not wanted.present:
        return [Remove(NGINX_DROP_IN_PATH), Remove(RECOVERY_PATH), Remove(ARCHIVE_PATH)]
    text = drop_in(choice.restrictions, choice.writable, choice.sockets)
    return [
        Write(ARCHIVE_PATH, build()),
        Write(RECOVERY_PATH, RECOVERY_TEXT.encode()),
        Write(NGINX_DROP_IN_PATH, text.encode("utf-8", "surrogateescape")),
    ]


def _confines_anew(todo: list[Change]) -> bool:
    """Whether the sandbox changes: what else stands in the drop-in holds at once, without a start of nginx."""

    def sandbox(text: bytes) -> set[bytes]:
        lines = set(text.splitlines()) - set(drop_in([]).encode().splitlines())
        return {line for line in lines if not line.startswith(b"Exec")}

    before = read_bytes(NGINX_DROP_IN_PATH) if os.path.isfile(NGINX_DROP_IN_PATH) else b""
    after = [getattr(change, "content", b"") for change in todo if change.path == NGINX_DROP_IN_PATH]
    return any(sandbox(each) != sandbox(before) for each in after)


def _shown(todo: list[Change]) -> list[dict[str, str]]:
    """Return what is shown of the changes: of the archive, what is in it."""
    shown = diffs(change for change in todo if change.path != ARCHIVE_PATH)
    for change in todo:
        if change.path == ARCHIVE_PATH:
            before = listing(read_bytes(ARCHIVE_PATH)) if os.path.exists(ARCHIVE_PATH) else ""
            after = listing(change.content) if isinstance(change, Write) else ""
            head = {"before_header": ARCHIVE_PATH, "after_header": ARCHIVE_PATH}
            shown.insert(0, {**head, "before": before, "after": after})
    return shown
