# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection's archive, look at what is in it, and install it without a network.

``python -m tools.build`` works on the copy that ``tools.lint`` has just made: exit code 1 and one line for each
thing that is wrong.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from . import sanity
from .checkout import BIN, CACHE, source_files

_WORK = CACHE / "build"
_SHIPPED = ("meta", "playbooks", "plugins", "presets", "roles")
_KNOWN_AT_TOP = frozenset(
    {
        "CHANGELOG.md",
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "README.md",
        "REUSE.toml",
        "ansible.cfg",
        "changelogs",
        "docs",
        "inventory.example.yml",
        "mypy.ini",
        "pytest.ini",
        "ruff.toml",
        *_SHIPPED,
    }
)


def main() -> int:
    """Build, inspect and install; return the exit code."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    _galaxy("build", "--output-path", str(_WORK))
    archive = next(_WORK.glob("*.tar.gz"))
    problems = contents_problems(archive)
    for problem in problems:
        print(problem)
    _galaxy(
        "install", "--offline", "--force", "--no-cache", "--collections-path", str(_WORK / "installed"), str(archive)
    )
    print(f"{archive.name}: {archive.stat().st_size // 1024} KiB")
    return 1 if problems else 0


def contents_problems(archive: Path) -> list[str]:
    """Return what the archive holds that it should not, and what it lacks."""
    with tarfile.open(archive) as tar:
        names = {member.name for member in tar.getmembers() if member.isfile()}
    problems = [
        f"{name}: does not belong in the archive; add it to build_ignore in galaxy.yml"
        for name in sorted(names)
        if name.split("/")[0] not in _KNOWN_AT_TOP or "__pycache__" in name
    ]
    shipped = {str(name) for name in source_files() if name.parts[0] in _SHIPPED}
    problems += [f"{name}: missing from the archive" for name in sorted(shipped - names)]
    return problems


def _galaxy(*arguments: str) -> None:
    argv = [str(BIN / "ansible-galaxy"), "collection", *arguments]
    env = sanity.environment()
    env["ANSIBLE_COLLECTIONS_PATH"] = str(_WORK / "installed")
    done = subprocess.run(argv, cwd=sanity.COLLECTION, env=env, capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(f"ansible-galaxy collection {arguments[0]} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
