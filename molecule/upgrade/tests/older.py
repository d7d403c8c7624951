# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as version 0.1.0 was, and its own runs."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import runs

VERSION = "0.1.0"
ARCHIVE = runs.ROOT / "tests" / "fixtures" / "older" / f"{VERSION}.tar.xz"
COLLECTIONS = runs.ROOT / ".cache" / "older" / VERSION
_FOLDER = COLLECTIONS / "ansible_collections" / "constellation" / "edge"


def checkout() -> Path:
    """Return the folder of the older version, as a collection that Ansible finds."""
    if not (_FOLDER / "galaxy.yml").exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        with tarfile.open(ARCHIVE) as tar:
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
