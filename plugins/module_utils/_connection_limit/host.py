# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has of the limit: file, unit and the kernel's table; whether its kernel can count, and proof."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from .._host.command import Run, run
from .._host.files import explain, read_bytes
from .._host.names import LIMIT_PATH, LIMIT_TABLE, LIMIT_UNIT, TEMPORARY
from .table import (
    DEFAULT_LIMIT,
    Limit,
    LimitError,
    Listing,
    nft_text,
    read_limit,
    read_listing,
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
