# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents say is what the code knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def said_of(word: str, written: str, playbook: str, folder: Path) -> str:
    """Return what a playbook says of the README's inventory with one word written otherwise; no host is asked."""
    inventory = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]
    assert inventory.count(word) == 1
    (folder / "inventory.yml").write_text(inventory.replace(word, written), encoding="utf-8")
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    done = subprocess.run(
        [program, "-i", "inventory.yml", str(ROOT / "playbooks" / playbook)],
        cwd=folder,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_the_sample_of_a_mistake_is_what_is_said(tmp_path: Path) -> None:
    sample = re.findall(r"```text\n(inventory.yml:.*?)```", README, re.DOTALL)[0]
    assert sample in said_of("upstream:", "upstrem:", "site.yml", tmp_path)


@pytest.mark.parametrize("playbook", ["site.yml", "verify.yml"])
def test_a_misspelt_group_does_not_end_well(playbook: str, tmp_path: Path) -> None:
    assert "group 'edge', whose hosts are the proxies; did you mean 'edges'?" in said_of(
        "edge:\n", "edges:\n", playbook, tmp_path
    )


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["edge"]) == sorted(
        path.stem for path in (ROOT / "plugins/modules").glob("[a-z]*.py")
    )
