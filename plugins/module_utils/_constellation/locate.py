# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the configuration file of a Constellation program is on this host."""

from __future__ import annotations

import os

from .._dotnet.errors import DotnetError
from .._dotnet.settings import read_setting
from .files import at, read_config
from .supervisor import config_path, find_program

SERVER_FILE = "Constellation.Server.exe.config"
SENTINEL_FILE = "Constellation.Sentinel.exe.config"
DEFAULT_SERVER_PATH = f"/opt/constellation-server/{SERVER_FILE}"
# From 1.8.3.17190 on the server looks for its configuration in the folder that this setting beside its .exe names.
BASE_DIRECTORY = "Constellation.BaseDirectory"


def find_config(path: str | None, program: str, kind: str) -> str:
    """Return the path of the configuration of a ``server`` or ``sentinel``; "" when the program is not on this host.

    ``path``, when given, is taken as it is. Otherwise supervisor's own section of the program says where it is. Raises
    DotnetError when that section names no place, and for a server at its documented place that supervisor does not
    know by this name: nobody could restart it afterwards.
    """
    if path:
        return path
    default_name = SERVER_FILE if kind == "server" else SENTINEL_FILE
    section = find_program(program)
    if section is not None:
        found = config_path(section, default_name)
        if not found:
            raise DotnetError(
                f"supervisor's section [program:{program}] names neither an .exe nor a directory: give the path of the "
                f"{default_name}"
            )
        return _in_base_directory(found) if kind == "server" else found
    if kind == "server" and os.path.exists(DEFAULT_SERVER_PATH):
        raise DotnetError(
            f"{DEFAULT_SERVER_PATH} is there, but supervisor has no [program:{program}] that could be restarted after "
            "the edit, so nothing was changed: give the server's name in supervisor as program (in the roles "
            "constellation_config_program), have supervisor start it under this name, or, to edit the file alone, give "
            "it as path to the module constellation_listen_uris and restart the server by hand"
        )
    return ""


def _in_base_directory(path: str) -> str:
    """Return the file in the base directory that the file beside the ``.exe`` names, or that file itself.

    A relative folder counts from the ``.exe``. One without a configuration is an error: the server would not start.
    """
    if not os.path.isfile(path):
        return path
    try:
        base = read_setting(read_config(path), BASE_DIRECTORY).strip()
    except DotnetError as error:
        raise at(path, error) from error
    live = os.path.normpath(os.path.join(os.path.dirname(path), base, SERVER_FILE)) if base else path
    if not os.path.isfile(live):
        raise DotnetError(f"{path}: {BASE_DIRECTORY} names {base}, where there is no {SERVER_FILE}: correct it")
    return live


def not_found(program: str) -> str:
    """Return what to tell when ``find_config`` finds nothing."""
    return f"no program {program} in supervisor's configuration"
