# SPDX-License-Identifier: GPL-3.0-or-later

"""What `edge_connection_limit` does on the host: file, unit and the kernel's table in line, or nothing touched."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._host.command import Run, run
from .._host.files import explain, host_lock, read_bytes
from .._host.names import LIMIT_DROP_IN_PATH, LIMIT_PATH, LIMIT_TABLE, LIMIT_UNIT, LIMIT_UNIT_PATH, TEMPORARY
from .._transaction.changes import Change, Remove, Write, diffs, pending
from .._transaction.transaction import HOST, Places, apply, recover
from .table import (
    DEFAULT_LIMIT,
    DELETION,
    Limit,
    LimitError,
    Listing,
    drop_in_text,
    nft_text,
    read_limit,
    read_listing,
    unit_text,
)

_INSTALL = "install the package nftables"


@dataclass(frozen=True)
class Unit:
    """What systemd says of our unit."""

    active: bool = False
    enabled: bool = False
    stale: bool = False


@dataclass(frozen=True)
class Found:
    """What a host has of the limit: the file's text ("" without one), the unit, the kernel's table (None without)."""

    text: str = ""
    unit: Unit = Unit()
    table: Listing | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the kernel holds what the file says."""
        return self.table is not None and self.table.holds(self.text)

    def state(self) -> str:
        """Return unit and table as text, for a diff."""
        table = "missing" if self.table is None else "as in the file" if self.is_whole else "other than the file"
        unit = f"{'enabled' if self.unit.enabled else 'not enabled'}, {'active' if self.unit.active else 'not active'}"
        return f"unit: {unit}\ntable: {table}\n"


def bring(limit: Limit | None, *, check_mode: bool = False, host: Places = HOST, call: Run = run) -> dict[str, Any]:
    """Bring the limit in line, or remove it (None), and return the module's answer.

    A host that cannot count connections gets nothing, and a note. Raises EdgeError; then all is as it was.
    """
    with contextlib.ExitStack() as stack:
        if not check_mode:
            stack.enter_context(host_lock(path=host.lock))
            recover(host=host)
        return _remove(check_mode, host, call) if limit is None else _bring(limit, check_mode, host, call)


def _bring(limit: Limit, check_mode: bool, host: Places, call: Run) -> dict[str, Any]:
    text = nft_text(limit)
    obstacle = obstruction(text, call, foreseen=check_mode)
    if obstacle:
        return _answer(False, [], 0, 0, [f"no limit of open connections for each client: {obstacle}"])
    found = look(call)
    wanted_files = {LIMIT_PATH: text, LIMIT_UNIT_PATH: unit_text(), LIMIT_DROP_IN_PATH: drop_in_text()}
    todo = pending(Write(path, content.encode()) for path, content in wanted_files.items())
    wanted = Found(text, Unit(active=True, enabled=True), read_listing(text))
    loads = found.table is None or not found.table.holds(text) or not found.unit.active
    changed = bool(todo) or loads or not found.unit.enabled or found.unit.stale
    shown = [*diffs(todo), *_state_diff(found, wanted)]
    if changed and not check_mode:
        step = _Step(found, text, loads, any(change.path != LIMIT_PATH for change in todo), call)
        apply(todo, test=False, after=step.follow, undone=step.undo, host=host)
    refused = 0 if loads or found.table is None else found.table.refused
    return _answer(changed, shown, limit.connections, refused, [])


@dataclass(frozen=True)
class _Step:
    """What follows the files, and what follows their being put back."""

    found: Found
    text: str
    loads: bool
    new_units: bool
    call: Run

    def follow(self) -> None:
        """Load the table, see that the kernel holds it, and have it loaded at each start of the host."""
        if self.new_units or self.found.unit.stale:
            self._do("daemon-reload")
        if self.loads:
            # A reload where the unit is active: the table is replaced in one step and missing at no moment.
            self._do("reload-or-restart", LIMIT_UNIT)
            table = read_table(self.call)
            if table is None or not table.holds(self.text):
                raise LimitError(
                    f"{LIMIT_UNIT} ran, and the kernel does not hold the table {LIMIT_TABLE}: see who removes it"
                    " (`nft monitor`), and run again"
                )
        if not self.found.unit.enabled or self.new_units:
            self._do("enable", LIMIT_UNIT)

    def undo(self) -> None:
        """Have the kernel hold again what the former file says, or nothing."""
        if not self.found.unit.active:
            self.call(["systemctl", "stop", LIMIT_UNIT])
            self.call(["nft", DELETION])
        if not self.found.unit.enabled:
            self.call(["systemctl", "disable", LIMIT_UNIT])
        self.call(["systemctl", "daemon-reload"])
        if self.found.unit.active:
            self.call(["systemctl", "reload-or-restart", LIMIT_UNIT])

    def _do(self, *words: str) -> None:
        answer = self.call(["systemctl", *words])
        if answer.rc != 0:
            raise LimitError(
                f"systemctl {' '.join(words)}: {answer.text}; see `journalctl -u {LIMIT_UNIT}` and run again"
            )


def _remove(check_mode: bool, host: Places, call: Run) -> dict[str, Any]:
    found = look(call)
    todo: list[Change] = pending([Remove(LIMIT_DROP_IN_PATH), Remove(LIMIT_UNIT_PATH), Remove(LIMIT_PATH)])
    changed = bool(todo) or found.table is not None or found.unit.active or found.unit.enabled
    shown = [*diffs(todo), *(_state_diff(found, Found()) if changed else [])]
    if changed and not check_mode:
        _carry_out_removal(found, todo, host, call)
    # A run that was killed behind the files has left them.
    changed = _remove_folders(check_mode) or changed
    return _answer(changed, shown, 0, 0, [])


def _carry_out_removal(found: Found, todo: list[Change], host: Places, call: Run) -> None:
    def reload_units() -> None:
        call(["systemctl", "daemon-reload"])

    def restore() -> None:
        reload_units()
        if found.unit.enabled:
            call(["systemctl", "enable", LIMIT_UNIT])
        if found.unit.active:
            call(["systemctl", "start", LIMIT_UNIT])

    # While the unit's file is there: without it, systemd knows neither what stops it nor which links are its own.
    if os.path.lexists(LIMIT_UNIT_PATH) or found.unit.active:
        call(["systemctl", "disable", "--now", LIMIT_UNIT])
    if read_table(call) is not None:
        answer = call(["nft", DELETION])
        if answer.rc != 0:
            restore()
            raise LimitError(f"nft '{DELETION}': {answer.text}; remove the table by hand and run again")
    apply(todo, test=False, after=reload_units if todo else None, undone=restore, host=host)


def _remove_folders(check_mode: bool) -> bool:
    """Remove the folders of our files that hold nothing more; return whether there were such folders."""
    folders = [os.path.dirname(path) for path in (LIMIT_DROP_IN_PATH, LIMIT_PATH)]
    empty = [folder for folder in folders if os.path.isdir(folder) and not os.listdir(folder)]
    for folder in empty if not check_mode else ():
        os.rmdir(folder)
    return bool(empty)


def look(call: Run = run) -> Found:
    """Return what the host has of the limit."""
    try:
        text = read_bytes(LIMIT_PATH).decode("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise LimitError(explain(error, LIMIT_PATH)) from error
    return Found(text, _look_at_unit(call), read_table(call))


def _look_at_unit(call: Run) -> Unit:
    names = ("ActiveState", "UnitFileState", "NeedDaemonReload")
    words = [word for name in names for word in ("--property", name)]
    lines = call(["systemctl", "show", LIMIT_UNIT, *words]).out.splitlines()
    shown = dict(line.split("=", 1) for line in lines if "=" in line)
    active = shown.get("ActiveState") in ("active", "reloading")
    return Unit(active, shown.get("UnitFileState") == "enabled", shown.get("NeedDaemonReload") == "yes")


def read_table(call: Run = run) -> Listing | None:
    """Return what the kernel holds of our table; None when it has none."""
    # Terse: a host that many clients call has thousands of elements in the sets.
    answer = call(["nft", "--terse", "list", "table", *LIMIT_TABLE.split()])
    return read_listing(answer.out) if answer.rc == 0 else None


def obstruction(text: str, call: Run = run, *, foreseen: bool = False) -> str:
    """Return why this host cannot count connections, with the remedy, "" where it can: the kernel itself is asked.

    `foreseen`: the package may be on its way (check mode), so that a program which is missing is none.
    """
    if not _systemd_runs():
        return "systemd does not run here, so nothing would load it; run this on a host with systemd"
    with _file(text) as path:
        answer = call(["nft", "--check", "--file", path])
    if answer.rc == 0:
        return ""
    if answer.unanswered:
        return "" if foreseen else f"nft does not run here ({answer.text}); {_INSTALL} and run again"
    words = " ".join(answer.text.replace(path, "the table").split())[:300]
    return (
        f"this kernel refuses to count them ({words}); have its module nft_connlimit (in a container: the host's)"
        " and the capability NET_ADMIN, or set hardening_connection_limit to 0"
    )


def _systemd_runs() -> bool:
    return os.path.isdir("/run/systemd/system")


@contextlib.contextmanager
def _file(text: str) -> Iterator[str]:
    """Hold a text in a temporary file, for root alone."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix=TEMPORARY, suffix=".nft", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            yield stream.name
    except OSError as error:
        raise LimitError(f"{explain(error, tempfile.gettempdir())}. Nothing was changed") from error


def _state_diff(before: Found, after: Found) -> list[dict[str, str]]:
    one, other = before.state(), after.state()
    if one == other:
        return []
    return [{"before_header": LIMIT_UNIT, "after_header": LIMIT_UNIT, "before": one, "after": other}]


def _answer(changed: bool, shown: list[dict[str, str]], limit: int, refused: int, notes: list[str]) -> dict[str, Any]:
    return {"changed": changed, "diff": shown, "limit": limit, "refused": refused, "notes": notes}


def prove(call: Run = run) -> tuple[bool | None, str]:
    """Return whether the limit holds (None: it cannot on this host), and what was seen, with the remedy."""
    found = look(call)
    limit, ports = read_limit(found.text)
    remedy = "run playbooks/site.yml, or the role hardening"
    if not limit:
        obstacle = obstruction(nft_text(Limit(DEFAULT_LIMIT)), call)
        return (None, obstacle) if obstacle else (False, f"{LIMIT_PATH} is missing or not ours: {remedy}")
    if not found.is_whole or found.table is None:
        lack = "has no" if found.table is None else "has another"
        return False, f"the kernel {lack} table {LIMIT_TABLE}, so one client can take every connection: {remedy}"
    if not (found.unit.active and found.unit.enabled):
        return False, f"{LIMIT_UNIT} is not active or not enabled, so the limit ends with the next start: {remedy}"
    where = " and ".join(str(port) for port in ports)
    return True, f"{limit} for each client on ports {where}, {found.table.refused} refused so far"
