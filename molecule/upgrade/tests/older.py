# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as version 0.1.0 was, out of this repository's history, and its own runs."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
import runs

COMMIT = "433205947687842c75f3972770b5ec64e30752c1"
COLLECTIONS = runs.ROOT / ".cache" / "upgrade" / COMMIT[:7]
_FOLDER = COLLECTIONS / "ansible_collections" / "constellation" / "edge"


def checkout() -> Path:
    """Return the folder of the older version, as a collection that Ansible finds."""
    if not (_FOLDER / "galaxy.yml").exists():
        archive = ["git", "-C", str(runs.ROOT), "archive", "--format=tar", COMMIT]
        done = subprocess.run(archive, capture_output=True, check=False)
        if done.returncode:
            pytest.fail(
                f"version 0.1.0 is commit {COMMIT[:7]} of this repository, whose history is not here "
                f"({done.stderr.decode().strip()}): run `git fetch --unshallow` in a clone of it, and again",
                pytrace=False,
            )
        _FOLDER.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            tar.extractall(_FOLDER, filter="data")
    return _FOLDER


def site() -> runs.Run:
    """Run the older version's own `site.yml`, with its settings and what it finds by them."""
    folder = checkout()
    found = {
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONNECTION_PLUGINS": str(runs.ROOT / "molecule" / "plugins" / "connection"),
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in found.items():
            environment.setenv(name, value)
        return runs.playbook(folder / "playbooks" / "site.yml")
