# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands on the host between two kills: site files of a known version, and what else is in those folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import host, sites

ROOTS = (host.NGINX, host.STATE, "/etc/constellation-edge")
MAIN = """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
    access_log off;
    include /etc/nginx/sites-enabled/*;
}
"""
# A file whose mode, owner and attributes are to stay, whatever happens.
MARKED = f"{host.NGINX}/sites-available/s1.test"


@dataclass
class Stand:
    """The host at one version of a variant; `marks` are what is to stay of the marked file."""

    variant: str
    version: int
    files: dict[str, bytes]
    paths: set[str]
    marks: tuple[Any, ...]


def make_lean() -> None:
    """Leave in nginx's folder the sites and what includes them: each test of a candidate copies it call by call."""
    Path(host.NGINX, "nginx.conf").write_text(MAIN)
    for entry in os.listdir(host.NGINX):
        if entry not in ("nginx.conf", "sites-available", "sites-enabled"):
            host.run("rm", "-rf", f"{host.NGINX}/{entry}")


def prepare(variant: str) -> Stand:
    """Bring the host to version 0 of a variant; one that a failed trial left behind is cleared first."""
    make_lean()
    for folder in ("sites-available", "sites-enabled"):
        for path in Path(host.NGINX, folder).iterdir():
            path.unlink()
    host.run("rm", "-rf", host.STATE)
    restart()
    _converge(variant, 0)
    os.chmod(MARKED, 0o640)
    os.chown(MARKED, 0, 33)
    os.setxattr(MARKED, "user.chaos", b"stays")
    return look(variant, 0)


def look(variant: str, version: int) -> Stand:
    """Return what stands on the host now."""
    return Stand(variant, version, site_files(), host.paths(*ROOTS), _marks())


def restart() -> None:
    """Start nginx anew; systemd counts how often that happens."""
    host.run("systemctl", "reset-failed", "nginx")
    host.run("systemctl", "restart", "nginx")


def _converge(variant: str, version: int) -> None:
    problem = host.failure(host.run_module("nginx_site", sites.arguments(variant, version)))
    if problem:
        raise SystemExit(f"{variant}: the host cannot be prepared: {problem}")


def site_files() -> dict[str, bytes]:
    """Return the site files, without what has a leading dot."""
    folder = Path(host.NGINX, "sites-available")
    return {str(path): path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def _marks() -> tuple[Any, ...]:
    if not os.path.exists(MARKED):
        return ()
    status = os.stat(MARKED)
    return status.st_mode, status.st_uid, status.st_gid, os.getxattr(MARKED, "user.chaos")
