# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Constellation server and sentinel of the lab, as files of a home server."""

from __future__ import annotations

import codecs

from lab.containers import File
from lab.paths import STANDINS

SOURCES = STANDINS / "constellation"
# What is compiled from which files; the assembly's name is part of the configuration file's section type.
ASSEMBLIES: dict[str, tuple[str, ...]] = {
    "Constellation.Server.exe": ("Server.cs", "Configuration.cs"),
    "Constellation.Sentinel.exe": ("Sentinel.cs",),
}


def as_shipped(text: str) -> bytes:
    """Return a configuration text as Windows tools leave it: with BOM and CRLF, without a newline at the end."""
    return codecs.BOM_UTF8 + text.rstrip("\n").replace("\n", "\r\n").encode()


def program_files(part: str, executable: bytes) -> dict[str, File]:
    """Return the files that make up an installed program.

    Args:
        part: ``server`` or ``sentinel``.
        executable: the compiled assembly.

    """
    name = f"Constellation.{part.capitalize()}.exe"
    folder = f"/opt/constellation-{part}"
    text = (SOURCES / f"{name}.config").read_text(encoding="utf-8")
    return {
        f"{folder}/{name}": File(executable, 0o755),
        f"{folder}/{name}.config": File(as_shipped(text), 0o640),
        f"/etc/supervisor/conf.d/constellation-{part}.conf": File(
            (SOURCES / f"constellation-{part}.conf").read_bytes()
        ),
    }
