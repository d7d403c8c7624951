# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of the server on a proxy's own host."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import (
    LocalServer,
    local_server,
)


def test_a_server_is_read_from_what_the_host_says():
    folders = [
        {"path": "/WebConsole", "physical_path": "x", "localhost_only": True},
        {"path": "/open", "physical_path": "y", "localhost_only": False},
    ]
    uris = ["http://+:8088/", "http://+/c", "http://+:8090", "nonsense"]
    found = {"server": {"path": "/f", "listen_uris": uris, "file_servers": folders}, "own_hosts": ["10.0.0.2"]}
    assert local_server(found, ["http://+:8089/c/"], ["10.8.0.0/24"]) == LocalServer(
        frozenset({"10.0.0.2"}), frozenset({8088, 8089, 8090}), ("/WebConsole",), ("10.8.0.0/24",)
    )
    assert local_server({}, [], []) == LocalServer()
