# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection of the benchmark alone: answers for a host that is not there, so that only the controller is measured."""

from __future__ import annotations

DOCUMENTATION = r"""
name: canned
short_description: Answer every module at once with the same result
description:
  - What C(edge_preflight) and C(constellation_info) return for a home server with Constellation on it.
author:
  - constellation.edge contributors (@myconstellation)
options: {}
"""

import json

from ansible.plugins.connection import ConnectionBase

ANSWER = {
    "changed": False,
    "host": {
        "nginx_version": "1.26.3",
        "openssl_version": "3.5.4",
        "ipv6": True,
        "upstreams": {},
        "servers": [],
        "nginx_installed": False,
        "record_due": False,
    },
    "server": {"path": "/opt/server.config", "listen_uris": ["http://+:8088/constellation/"]},
    "sentinel": {"path": "/opt/sentinel.config", "uri": "http://127.0.0.1:8088/constellation/"},
    "own_hosts": ["127.0.0.1"],
    "answers": {},
    "ping": "pong",
}


class Connection(ConnectionBase):
    """A host that knows one answer."""

    transport = "canned"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Return the answer to a module, nothing to any other command."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return 0, json.dumps(ANSWER).encode() if in_data else b"", b""

    def put_file(self, in_path, out_path):
        """Nothing is kept."""

    def fetch_file(self, in_path, out_path):
        """Nothing is there."""

    def close(self):
        """Nothing is open."""
        self._connected = False
