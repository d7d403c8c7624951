# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks themselves say of a converged host; comes first, before other tests reload nginx or renew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import runs
from conftest import SCENARIO

# For a run that changes nothing, per host, whatever the number of routes.
TASK_LIMIT = 25


@pytest.fixture(scope="session")
def long_poll(homes, client) -> Iterator[Future[str]]:
    """Begin Jeedom's own long poll, of 59 seconds, on one system; return its status. The runs below go on beside it."""
    url = f"https://{homes[0].domain}/jeedom/core/ajax/event.ajax.php?action=changes"
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(client.status, homes[0], url, "--max-time", "90")


@pytest.fixture(scope="session")
def dry_run(long_poll) -> runs.Run:
    """Return a dry run after the real one."""
    run = runs.site(runs.INVENTORY, "--check", "--diff")
    assert run.rc == 0, run.tail
    return run


def test_a_dry_run_afterwards_changes_nothing(home, dry_run):
    assert dry_run.count(home.name, "changed") == 0, dry_run.tail


def test_the_number_of_tasks_is_bounded(home, dry_run):
    assert dry_run.count(home.name, "ok") + dry_run.count(home.name, "skipped") <= TASK_LIMIT


def test_verify_yml_proves_it_all(dry_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    file = "{{ '" + str(folder) + "/' ~ inventory_hostname ~ '.json' }}"
    run = runs.playbook(runs.VERIFY, runs.INVENTORY, "--extra-vars", json.dumps({"edge_report_file": file}))
    assert run.rc == 0, run.tail
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()]
    assert len(reports) == sum(name.startswith("home-") for name in SCENARIO["machines"])
    assert all(content["ok"] and len(content["routes"]) == 4 for content in reports)


def test_a_long_poll_of_59_seconds_is_not_cut(long_poll):
    assert long_poll.result() == "200"
