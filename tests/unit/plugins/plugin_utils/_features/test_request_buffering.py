# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uploads that go to the service as they come."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites

PRESETS = read_presets(OURS).found


def test_it_is_not_for_a_server_that_takes_no_body_without_a_length() -> None:
    given = [
        {"server_name": "a.example.org", "routes": [{"path": "/", "app": "constellation", "request_buffering": False}]}
    ]
    with pytest.raises(SchemaError, match="request_buffering: false is not for `app: constellation`"):
        read_sites(given, PRESETS)
    given[0]["routes"][0]["request_buffering"] = True  # type: ignore[index]
    assert read_sites(given, PRESETS)[0].routes[0].request_buffering
