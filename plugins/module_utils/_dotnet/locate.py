# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the configuration file of a Constellation program is on this host."""

from __future__ import annotations

import os

from .._supervisor import SupervisorError, config_path, find_program
from .errors import DotnetError

SERVER_FILE = "Constellation.Server.exe.config"
SENTINEL_FILE = "Constellation.Sentinel.exe.config"
DEFAULT_SERVER_PATH = f"/opt/constellation-server/{SERVER_FILE}"


def find_config(path: str | None, program: str, kind: str) -> str:
    """Return the path of the configuration of a ``server`` or ``sentinel``; "" when the program is not on this host.

    ``path``, when given, is taken as it is. Otherwise supervisor's own section of the program says where it is; a
    server that supervisor does not know is looked for at its documented place.
    """
    if path:
        return path
    default_name = SERVER_FILE if kind == "server" else SENTINEL_FILE
    try:
        section = find_program(program)
    except SupervisorError as error:
        raise DotnetError(str(error)) from error
    if section is not None:
        found = config_path(section, default_name)
        if not found:
            raise DotnetError(
                f"supervisor's section [program:{program}] names neither an .exe nor a directory: give the path of the "
                f"{default_name}"
            )
        return found
    return DEFAULT_SERVER_PATH if kind == "server" and os.path.exists(DEFAULT_SERVER_PATH) else ""


def not_found(program: str) -> str:
    """Return what to tell when ``find_config`` finds nothing."""
    return f"no program {program} in supervisor's configuration, and no configuration file at the documented place"
