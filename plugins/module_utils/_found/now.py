# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is when its owner is about to leave, held against what it was before the first run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .._host.command import Run, run
from .._host.packages import installed
from .look import PACKAGES, constellation

_BACK = "`edge_restore_constellation: true` has remove.yml put it back; a run without it leaves that to you"


@dataclass
class Here:
    """`installed` are packages, `notes` what to say of server and sentinel, `undecided` what the owner has to say."""

    installed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    undecided: str = ""


def here_now(record: Mapping[str, Any], places: Mapping[str, Any], call: Run = run) -> Here:
    """Look at the host, without changing it."""
    before, now = record.get("constellation", {}), constellation(places)
    here = Here(installed(PACKAGES, call))
    if server := now.get("server"):
        _compare(here, "the Constellation server listens on", server["uris"], before.get("server", {}).get("uris"))
    if sentinel := now.get("sentinel"):
        old = before.get("sentinel", {}).get("uri")
        _compare(here, "the sentinel calls", [sentinel["uri"]], [old] if old else None)
        if urlsplit(sentinel["uri"]).scheme == "https":
            here.undecided = (
                f"the sentinel calls {sentinel['uri']}, which the proxy serves and nobody will afterwards. Say "
                f"`edge_restore_constellation: true`, by which it calls {old or 'the address of before the first run'} "
                "again, or `false` where another proxy takes over. Nothing was changed"
            )
    return here


def _compare(here: Here, told: str, now: list[str], before: list[str] | None) -> None:
    if before is None:
        here.notes.append(f"{told} {', '.join(now)}; what it was before the first run is not known")
    elif sorted(before) != sorted(now):
        here.notes.append(f"{told} {', '.join(now)}, and before the first run {', '.join(before)}; {_BACK}")
