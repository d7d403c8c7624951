# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive for the host: what is in it, always the same bytes, and that it runs by itself."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._standalone import archive as standalone_archive
from ansible_collections.constellation.edge.plugins.module_utils._standalone.archive import (
    ArchiveError,
    build,
    listing,
    sources,
)
from places import ROOT


def run(archive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(archive), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "edge.pyz"
    path.write_bytes(build())
    return path


def test_it_holds_what_recovery_needs_and_nothing_of_ansible() -> None:
    found = sources()
    assert {
        "__main__.py",
        "constellation_edge/_transaction/recovery.py",
        "constellation_edge/_transaction/journal.py",
    } <= set(found)
    assert not any("ansible" in line for text in found.values() for line in text.splitlines() if "import " in line)
    assert "constellation_edge/_standalone/archive.py" not in found


def test_recovery_loads_nothing_that_changes_files(archive: Path) -> None:
    """Nginx waits for it at each of its starts."""
    answer = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", str(archive), "recover"], capture_output=True, text=True, check=True
    )
    assert "constellation_edge._transaction.recovery" in answer.stderr
    assert "constellation_edge._transaction.transaction" not in answer.stderr


def test_it_is_the_same_every_time() -> None:
    content = build()
    assert build() == content
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        names = [entry.filename for entry in zipped.infolist()]
        assert names == sorted(names)
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in zipped.infolist()} == {zipfile.ZIP_STORED}


def test_it_is_the_same_from_a_zip_as_ansible_ships_it(tmp_path: Path) -> None:
    """AnsiballZ puts the collection's files into a zip, which stands first on Python's path."""
    here = Path(standalone_archive.__file__).parents[1]
    package = "ansible_collections/constellation/edge/plugins/module_utils"
    shipped = tmp_path / "shipped.zip"
    with zipfile.ZipFile(shipped, "w", zipfile.ZIP_DEFLATED) as zipped:
        parts = package.split("/")
        for depth in range(1, len(parts)):
            zipped.writestr("/".join(parts[:depth]) + "/__init__.py", "")
        for file in here.glob("**/*.py"):
            zipped.write(file, f"{package}/{file.relative_to(here)}")
    program = (
        f"import sys; sys.path.insert(0, {str(shipped)!r})\n"
        f"from {package.replace('/', '.')}._standalone import archive\n"
        "sys.stdout.buffer.write(archive.build())"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout == build()


def test_the_module_that_builds_it_imports_it() -> None:
    """Ansible ships what a module imports, and nothing else."""
    module = (ROOT / "plugins" / "modules" / "nginx_service.py").read_text(encoding="utf-8")
    assert "from ..module_utils._standalone.commands import" in module


def test_it_runs_by_itself(archive: Path) -> None:
    assert run(archive, "--help").returncode == 0
    done = run(archive, "nonsense")
    assert done.returncode == 2
    assert "usage: python3 edge.pyz recover" in done.stderr
    assert run(archive).returncode == 2


def test_a_source_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="_no_such_module: its source cannot be read"):
        sources("_no_such_module")


def test_a_person_can_read_what_is_in_it() -> None:
    lines = listing(build()).splitlines()
    assert len(lines) == len(sources())
    assert all(len(line.split("  ")[0]) == 64 for line in lines)
    assert listing(os.urandom(8)) == "(no archive, 8 bytes)\n"
