# SPDX-License-Identifier: GPL-3.0-or-later

"""The look at a host before the first run, of all that a run changes. It is kept, and changes nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .._constellation.facts import sentinel_facts, server_facts
from .._dotnet.errors import DotnetError
from .._host import records
from .._host.command import Run, find, run
from .._host.found import ETC_RECORD, FORMAT, RECORD
from .._host.names import STATE_FOLDER
from .._host.packages import installed
from .._nginx.sites.leaving import standing_files
from .._ufw.host import read_state
from .._ufw.rule import UfwError
from ._etc import snapshot

# What the roles install, of which a host may have had some.
PACKAGES = ("nginx", "certbot", "ufw", "fail2ban", "nftables", "python3-systemd")


def keep(places: Mapping[str, Any], folder: str = STATE_FOLDER, call: Run = run) -> dict[str, Any]:
    """Look at the host and keep what is found; `places` as for `constellation_info`. Raises OSError."""
    record = look(places, call)
    # The one that says that there is a record comes last.
    records.write(ETC_RECORD, snapshot(), folder)
    records.write(RECORD, record, folder)
    return record


def look(places: Mapping[str, Any], call: Run = run) -> dict[str, Any]:
    """Return what this host has of all that a run changes."""
    return {
        "format": FORMAT,
        "made": int(time.time()),
        "packages": installed(PACKAGES, call),
        "services": {name: _service(name, call) for name in ("nginx", "fail2ban")},
        "ufw": _ufw(call),
        "nginx": asdict(standing_files()) if find("nginx") else {},
        "constellation": constellation(places),
    }


def _service(name: str, call: Run) -> dict[str, bool]:
    return {
        "active": call(["systemctl", "is-active", f"{name}.service"]).out.strip() == "active",
        "enabled": call(["systemctl", "is-enabled", f"{name}.service"]).out.strip() == "enabled",
    }


def _ufw(call: Run) -> dict[str, Any]:
    """Return ufw's state; what cannot be read is not known, as on a host without it."""
    try:
        state = read_state(call=call)
    except UfwError:
        return {}
    if not state.installed:
        return {"active": False, "boots": True, "incoming": "deny", "outgoing": "allow"}
    return {name: getattr(state, name) for name in ("active", "boots", "incoming", "outgoing")}


def constellation(places: Mapping[str, Any]) -> dict[str, Any]:
    """Return the addresses in the files of server and sentinel; one that cannot be read is told by the run itself."""
    found: dict[str, Any] = {}
    try:
        server = server_facts(places.get("server_path"), places.get("server_program") or "constellation-server")
        if server.path:
            found["server"] = {"path": server.path, "uris": server.listen_uris}
        sentinel = sentinel_facts(
            places.get("sentinel_path"), places.get("sentinel_program") or "constellation-sentinel"
        )
        if sentinel.path:
            found["sentinel"] = {"path": sentinel.path, "uri": sentinel.uri}
    except DotnetError:
        pass
    return found
