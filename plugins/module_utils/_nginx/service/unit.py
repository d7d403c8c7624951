# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of systemd's units: recovery before nginx starts, and how nginx itself is started, restarted, confined."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..._host.names import ARCHIVE_PATH, RECOVERY_UNIT, STATE_FOLDER
from ..._transaction.journal import journal_path, settled_path

# How systemd starts the program.
PROGRAM = f"/usr/bin/python3 -I {ARCHIVE_PATH}"

# What nginx may write, under ProtectSystem: its log files, caches and temporary files, and below /run its sockets and
# the file with its process number.
WRITABLE = ("/run", "/var/log", "/var/cache", "/var/lib/nginx")

# The parts of the sandbox, each of which can be left out by its name.
RESTRICTIONS: dict[str, tuple[str, ...]] = {
    "NoNewPrivileges": ("NoNewPrivileges=yes",),
    "PrivateTmp": ("PrivateTmp=yes",),
    "PrivateDevices": ("PrivateDevices=yes",),
    "ProtectSystem": ("ProtectSystem=strict",),
    "ProtectHome": ("ProtectHome=yes",),
    "ProtectKernelTunables": ("ProtectKernelTunables=yes",),
    "ProtectKernelModules": ("ProtectKernelModules=yes",),
    "ProtectKernelLogs": ("ProtectKernelLogs=yes",),
    "ProtectControlGroups": ("ProtectControlGroups=yes",),
    "ProtectClock": ("ProtectClock=yes",),
    "ProtectHostname": ("ProtectHostname=yes",),
    "ProtectProc": ("ProtectProc=invisible",),
    "LockPersonality": ("LockPersonality=yes",),
    "RestrictRealtime": ("RestrictRealtime=yes",),
    "RestrictSUIDSGID": ("RestrictSUIDSGID=yes",),
    "RestrictNamespaces": ("RestrictNamespaces=yes",),
    "MemoryDenyWriteExecute": ("MemoryDenyWriteExecute=yes",),
    "SystemCallArchitectures": ("SystemCallArchitectures=native",),
    # An error in place of a signal: a worker that is killed comes back, and is killed again, for ever.
    "SystemCallFilter": ("SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM"),
    "RestrictAddressFamilies": ("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",),
    # Ports below 1024, workers of another user, who own their folders; keys that root may not read as their owner.
    "CapabilityBoundingSet": (
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL",
    ),
    "UMask": ("UMask=0027",),
}

# A path with one of these cannot be named in a unit as it is: systemd would read two, or a sign of its own.
AWKWARD = re.compile(r"[\s\"'\\%:$;]")

NOTE = (
    "# Written by constellation.edge; changes are lost. What is to hold instead goes into a file that sorts after it.\n"
)

RECOVERY_TEXT = f"""{NOTE}[Unit]
Description=Put back a change of nginx's files that was cut off
Before=nginx.service
RequiresMountsFor={STATE_FOLDER} {ARCHIVE_PATH}
ConditionPathExists=|{journal_path(STATE_FOLDER)}
ConditionPathExists=|{settled_path(STATE_FOLDER)}
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={PROGRAM} recover
TimeoutStartSec=30s
"""

# No limit of starts: nginx tries again every second until it is up, however often it was killed before.
_SERVICE = f"""{NOTE}[Unit]
Wants={RECOVERY_UNIT}
StartLimitIntervalSec=0

[Service]
Restart=on-failure
RestartSec=1s
"""


def drop_in(restrictions: Collection[str], writable: Collection[str] = (), sockets: Collection[str] = ()) -> str:
    """Return the drop-in for nginx.service.

    `writable` are folders beside the usual ones that nginx writes to, `sockets` the files on which it listens: where it
    was killed they are left behind, and it could never start again.
    """
    lines = properties(restrictions, writable)
    if sockets:
        lines.insert(0, f"ExecStartPre=-{PROGRAM} free {' '.join(sorted(sockets))}")
    return _SERVICE + "".join(f"{line}\n" for line in lines)


def properties(restrictions: Collection[str], writable: Collection[str] = ()) -> list[str]:
    """Return the settings of the sandbox, as they stand in a unit and as `systemd-run --property` takes them."""
    lines = [line for name, lines in RESTRICTIONS.items() if name in restrictions for line in lines]
    if "ProtectSystem" in restrictions:
        # One that is not there at the start is no error.
        lines.append("ReadWritePaths=" + " ".join(f"-{folder}" for folder in (*WRITABLE, *sorted(writable))))
    return lines
