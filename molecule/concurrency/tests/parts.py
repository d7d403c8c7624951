# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's private parts on a host without Ansible: what a module does, called by a small program and watched."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from lab.containers import File, folder_files

FOLDER = "/opt/under-test"
UTILS = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
HEAD = "import json, os, sys\n"


def bring(lab: Any, home: Any) -> None:
    """Put the product's parts on a host."""
    lab.put(home.name, folder_files(UTILS, f"{FOLDER}/module_utils"))


def program(lab: Any, home: Any, name: str, text: str) -> str:
    """Put a program on a host and return the command that runs it."""
    path = f"{FOLDER}/{name}.py"
    lab.put(home.name, {path: File((HEAD + textwrap.dedent(text)).encode())})
    return f"env PYTHONPATH={FOLDER} PYTHONDONTWRITEBYTECODE=1 python3 {path}"


def told(lab: Any, home: Any, name: str, text: str) -> Any:
    """Run a program that prints JSON."""
    return json.loads(home.host.check_output(program(lab, home, name, text)))
