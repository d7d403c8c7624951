# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are in this checkout, and a clean copy of its files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CACHE = ROOT / ".cache"
LOGS = CACHE / "logs"

# What an archive without .git must not carry over; with git the ignore file decides.
_LOCAL_FOLDERS = frozenset(
    {".ansible", ".cache", ".git", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "__pycache__"}
)

# The fixtures are what hosts really hold (CRLF, byte order marks, Latin-1): rules for source text do not apply.
_RAW_BYTES = ("tests", "fixtures")


def source_files() -> list[Path]:
    """Return the files that belong to the project, tracked or new, relative to the root and sorted."""
    if (ROOT / ".git").exists():
        argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(argv, capture_output=True, check=True, text=True).stdout.split("\0")
        names = {Path(name) for name in listed if name}
    else:
        names = set()
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in _LOCAL_FOLDERS]
            names.update((Path(folder) / name).relative_to(ROOT) for name in files)
    return sorted(name for name in names if (ROOT / name).is_file() and not _is_output(name))


def _is_output(name: Path) -> bool:
    return name.parts[:2] == ("tests", "output") or name.suffixes[-2:] == [".tar", ".gz"]


def copy_sources(target: Path) -> None:
    """Make ``target`` hold exactly the project's files, less the fixtures.

    Only what differs is written, so that tools which cache by time of change stay quick. A source that another
    process removes meanwhile is left out.
    """
    wanted = [name for name in source_files() if name.parts[:2] != _RAW_BYTES]
    _remove_others(target, {target / name for name in wanted})
    for name in wanted:
        _copy_changed(ROOT / name, target / name)


def _remove_others(target: Path, keep: set[Path]) -> None:
    """Remove what is not to be kept, but not git's folder nor the output of the tools themselves."""
    for folder, folders, files in os.walk(target):
        here = Path(folder)
        if here == target:
            folders[:] = [name for name in folders if name != ".git"]
        if here == target / "tests":
            folders[:] = [name for name in folders if name != "output"]
        for name in files:
            if here / name not in keep:
                (here / name).unlink()
    parents = {parent for path in keep for parent in path.parents}
    for top in target.iterdir():
        if top.is_dir() and top.name not in (".git", "tests") and top not in parents:
            shutil.rmtree(top)


def _copy_changed(source: Path, target: Path) -> None:
    try:
        state = source.stat()
        if target.exists():
            old = target.stat()
            if (old.st_mtime_ns, old.st_size, old.st_mode) == (state.st_mtime_ns, state.st_size, state.st_mode):
                return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    except FileNotFoundError:
        return


def tool_environment(**extra: str) -> dict[str, str]:
    """Return an environment in which the tools of .venv come first and find this checkout as the only collection."""
    # Without bytecode every process would compile everything again.
    foreign = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    env["PATH"] = os.pathsep.join([str(BIN), *without_shims(env.get("PATH", os.defpath))])
    env["LC_ALL"] = "C.UTF-8"
    env["PYTHONUNBUFFERED"] = "1"
    env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".ansible" / "collections")
    env["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")
    env.update(extra)
    return env


def without_shims(path: str) -> list[str]:
    """Return the folders of a search path less pyenv's shims, which exist for versions that are not installed."""
    return [folder for folder in path.split(os.pathsep) if folder and Path(folder).name != "shims"]
