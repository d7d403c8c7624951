# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a program's file never belongs into a message."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.program import WantedProgram, config_of

FILE = """<?xml version="1.0" encoding="{encoding}"?>
<configuration>
  <appSettings><add key="constellationAccessKEY" value="of the settings" /></appSettings>
  <constellation><credentials><credential name="x" {key} /></credentials></constellation>
</configuration>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize(
    ("key", "secrets"),
    [
        ('accessKey="0123456789"', {"0123456789"}),
        ("accesskey = '0123456789'", {"0123456789"}),
        ('accessKey="it\'s-secret"', {"it's-secret"}),
        ('accessKey="p&amp;ss&lt;wörd"', {"p&amp;ss&lt;wörd", "p&ss<wörd"}),
    ],
)
def test_access_keys_are_known_as_written_and_as_read(encoding: str, key: str, secrets: set[str]) -> None:
    data = FILE.format(encoding=encoding, key=key).encode(encoding)
    found = config_of(WantedProgram("constellation-sentinel", "a.config", "sentinel"), data).secrets
    assert set(found) == {*secrets, "of the settings"}
