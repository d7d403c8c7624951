# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's files and services, kept under a name, put back, and compared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import host

ROOTS = ("/etc", "/usr/local/lib", "/var/lib/constellation-edge", "/var/www")
KEPT = Path("/var/tmp/chaos-snapshots")
UNITS = ("nginx.service", "fail2ban.service", "constellation-edge-*")
# Certbot leaves its lock, too, when it is killed; it is free at once, and the next run that needs it takes it away.
LOCK = "/etc/letsencrypt/.certbot.lock"


@dataclass
class Look:
    """What a host is like: its files, and what the firewall and systemd say."""

    tree: host.Tree
    said: dict[str, str]


def keep(name: str) -> None:
    """Keep files and services under a name; what was kept under it before is replaced."""
    for root in ROOTS:
        _copy(root, f"{KEPT}/{name}{root}")
    Path(KEPT, name, "active").write_text("\n".join(_active()))


def restore(name: str) -> None:
    """Put files and services back."""
    wanted = Path(KEPT, name, "active").read_text().split()
    if others := [unit for unit in _active() if unit not in wanted]:
        host.run("systemctl", "stop", *others)
    for root in ROOTS:
        _copy(f"{KEPT}/{name}{root}", root)
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "reset-failed")
    done = host.run("systemctl", "restart", *wanted)
    if done.returncode:
        raise SystemExit(f"snapshot {name}: the services do not start: {done.stderr}")
    enabled = "ENABLED=yes" in Path("/etc/ufw/ufw.conf").read_text()
    host.run("ufw", *(("reload",) if enabled and _ufw_runs() else ("--force", "enable" if enabled else "disable")))


def look() -> Look:
    """Return what the host is like now."""
    said = {
        command: host.run(*command.split()).stdout
        for command in ("ufw status verbose", "ufw show added", "systemctl is-enabled nginx fail2ban ufw")
    }
    said["active"] = " ".join(_active())
    said["limit"] = str(host.run("nft", "list", "table", "inet", "constellation_edge").returncode)
    tree = host.tree(*ROOTS, times=False)
    return Look({path: whole for path, whole in tree.items() if path != LOCK}, said)


def different(one: Look, other: Look) -> list[str]:
    """Return the files and the answers that are not the same."""
    answers = [f"`{name}`" for name, text in one.said.items() if other.said[name] != text]
    return host.differences(one.tree, other.tree) + answers


def _active() -> list[str]:
    listed = host.run("systemctl", "list-units", "--state=active", "--plain", "--no-legend", *UNITS).stdout
    return sorted(line.split()[0] for line in listed.splitlines())


def _ufw_runs() -> bool:
    return "Status: active" in host.run("ufw", "status").stdout


def _copy(source: str, target: str) -> None:
    """Make a folder equal to another one; without that, take it away."""
    if not os.path.isdir(source):
        host.run("rm", "-rf", target)
        return
    os.makedirs(target, exist_ok=True)
    done = host.run("rsync", "-aAX", "--delete", f"{source}/", f"{target}/")
    if done.returncode:
        raise SystemExit(f"rsync {source} {target}: {done.stderr}")
