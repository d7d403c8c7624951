# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is put into a controller's image: a system's own Python with ansible-core and the tools of the checks.

The environments of ansible-test are made here too, at the place where a run looks for them: a run needs no package
index.
"""

from __future__ import annotations

from docker.models.containers import Container

from lab import pip_settings, recipes
from lab.containers import File, execute, put
from lab.progress import say

# Where the checkout's files go; the image has ansible-test's environments below it.
_HOME = "/opt"
CHECKOUT = f"{_HOME}/edge"
VENV = f"{_HOME}/venv"
PYTHON = f"{VENV}/bin/python"


def make(container: Container, system: str) -> None:
    """Make a container, whose system has the packages already, a controller."""
    settings = pip_settings.files()
    sources = {f"{CHECKOUT}/tests/{name}": path for name, path in recipes.controller_files(system).items()}
    put(container, {**settings, **{name: File(path.read_bytes()) for name, path in sources.items()}})
    execute(container, ["python3", "-m", "venv", VENV])
    requirements = f"{CHECKOUT}/tests/{recipes.CONTROLLERS[system]}"
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "install", "--quiet"]
    execute(container, [*pip, "--requirement", requirements])
    say(f"preparing ansible-test on {system}")
    execute(container, [PYTHON, "-m", "tools.sanity"], environment={"PYTHONPATH": f"{CHECKOUT}/tests"})
    # They may name a mirror, or carry its password; a layer that never held them is kept.
    execute(container, ["rm", "-f", *settings])
