# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of the collection as Ansible ships them, to be run on a host without Ansible's transport."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from lab.containers import File, folder_files
from tools.checkout import ROOT, tool_environment

HOME = "/opt/chaos"
INSIDE = Path(__file__).with_name("inside")


def shipped(modules: Iterable[str]) -> dict[str, bytes]:
    """Return the zip that Ansible would send for each module."""
    names = [f"constellation.edge.{name}" for name in modules]
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "bench.shipped", folder, *names]
        environment = tool_environment(PYTHONPATH=str(ROOT / "tests"))
        done = subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildProcessError(f"bench.shipped: {done.stderr.strip()[-800:]}")
        return {path.stem: path.read_bytes() for path in Path(folder).glob("*.zip")}


def unpacked(zips: dict[str, bytes]) -> dict[str, File]:
    """Return the files of shipped modules and of what runs them, below `HOME` on a host."""
    files = folder_files(INSIDE, f"{HOME}/inside")
    for name, content in zips.items():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                files[f"{HOME}/modules/{name}/{member}"] = File(archive.read(member))
    return files
