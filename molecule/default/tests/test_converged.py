# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks themselves say of a converged host; comes first, before other tests reload nginx or renew."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest
from conftest import ROOT, SCENARIO

PLAIN = {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}


@pytest.fixture(scope="session")
def check_run() -> str:
    """Return the output of a dry run after the real one."""
    environment = os.environ | PLAIN
    command = ["ansible-playbook", "-i", str(ROOT / "molecule/inventory.py"), "--check", "--diff"]
    done = subprocess.run(
        [*command, str(ROOT / "playbooks/site.yml")], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def test_a_dry_run_afterwards_changes_nothing(home, check_run):
    (recap,) = re.findall(rf"^{home.name}\s+: .*$", check_run, re.MULTILINE)
    assert " changed=0 " in recap


def test_the_number_of_tasks_is_bounded(home, check_run):
    (recap,) = re.findall(rf"^{home.name}\s+: .*$", check_run, re.MULTILINE)
    counts = dict(re.findall(r"(\w+)=(\d+)", recap))
    assert int(counts["ok"]) + int(counts["skipped"]) <= 25


def test_verify_yml_proves_it_all(check_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    command = ["ansible-playbook", "-i", str(ROOT / "molecule/inventory.py"), str(ROOT / "playbooks/verify.yml")]
    report = "{{ '" + str(folder) + "/' ~ inventory_hostname ~ '.json' }}"
    done = subprocess.run(
        [*command, "-e", json.dumps({"edge_report_file": report})],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | PLAIN,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()]
    assert len(reports) == sum(name.startswith("home-") for name in SCENARIO["machines"])
    assert all(content["ok"] and len(content["routes"]) == 4 for content in reports)
