# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: `remove.yml`, where sentinels on other machines call the public name.

The tests build on each other.
"""

from __future__ import annotations

import json

import pytest
import runs
from lab.progress import poll
from machines import SENTINELS_RECORD, Sentinel, listens, ports, sentinels

SENTINELS = sentinels()
RESTORE = json.dumps({"edge_restore_constellation": True})


@pytest.fixture(scope="module")
def server(homes):
    """Return the home whose server the sentinels call, after a run from the outside."""
    run = runs.site()
    assert run.rc == 0, run.tail
    for sentinel in SENTINELS:
        assert sentinel.uri == f"https://{homes[0].domain}/constellation/"
    return homes[0]


def leave(*options: str) -> runs.Run:
    """Leave all hosts."""
    return runs.playbook(runs.REMOVE, runs.INVENTORY, *options)


def wait_connected(sentinel: Sentinel, port: int) -> None:
    """Wait until a sentinel is connected with a port."""
    poll(f"{sentinel.name}: a connection with port {port}", lambda: sentinel.peers(port), 30)


def test_without_a_decision_nothing_is_changed(server):
    run = leave()
    assert run.rc != 0
    assert "edge_restore_constellation" in run.text
    assert f"https://{server.domain}/constellation/" in run.text


def test_a_sentinel_that_cannot_go_back_keeps_the_proxy(server):
    for sentinel in SENTINELS:
        sentinel.host.check_output(f"sed -i.was s#{server.name}:8088#{server.name}:8099# {SENTINELS_RECORD}")
    run = leave("--extra-vars", RESTORE)
    assert run.rc != 0
    assert f"http://{server.name}:8099/" in run.text
    assert "Take our lines out" not in run.text
    for sentinel in SENTINELS:
        sentinel.host.check_output(f"mv {SENTINELS_RECORD}.was {SENTINELS_RECORD}")
        assert sentinel.uri == f"https://{server.domain}/constellation/"
        wait_connected(sentinel, 443)


def test_sentinels_go_back_before_the_proxy_goes(server):
    run = leave("--extra-vars", RESTORE)
    assert run.rc == 0, run.tail
    assert listens(server.host) == ["http://+:8088/"]
    assert ports(server.host) == []
    for sentinel in SENTINELS:
        assert sentinel.uri == f"http://{server.name}:8088/"
        wait_connected(sentinel, 8088)


def test_a_second_run_has_nothing_to_do(server):
    run = leave("--extra-vars", RESTORE)
    assert run.rc == 0, run.tail
    for name in (server.name, *(sentinel.name for sentinel in SENTINELS)):
        assert run.count(name, "changed") == 0, run.changed(name)
