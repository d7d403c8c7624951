# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services behind the proxy: a Constellation server that has moved to its public path already."""

from __future__ import annotations

from chaos.stage import SYSTEM, Stage

CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
PORT = 8088


def constellation_at(bench: Stage, name: str, path: str) -> str:
    """Start a machine whose Constellation server answers below a path; return its address."""
    address = bench.lab.home(name, SYSTEM)
    bench.sh(name, f"sed -i 's,http://+:{PORT}/,http://+:{PORT}{path},' {CONFIG}")
    bench.sh(name, "supervisorctl restart constellation-server")
    bench.lab.wait_port(name, PORT)
    return address
