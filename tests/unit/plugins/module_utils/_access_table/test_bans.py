# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many wrong passwords fail2ban lets pass."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._access_table import bans
from ansible_collections.constellation.edge.plugins.module_utils._access_table.bans import UNLIMITED, tries_left
from ansible_collections.constellation.edge.plugins.module_utils._host.command import MISSING, Answer

IGNORED = "These IP addresses/networks are ignored:\n|- 127.0.0.1/8\n|- home.example.org\n`- 2001:db8::/64\n"
ASKER = "198.51.100.7"


def says(**words: str) -> bans.Run:
    """Return a fail2ban that knows these figures of the jail."""
    known = {"ignoreip": IGNORED, **words}

    def call(command: Sequence[str]) -> Answer:
        assert [*command[:3]] == ["fail2ban-client", "get", "nginx-http-auth"]
        return Answer(0, known[command[3]], "") if command[3] in known else Answer(255, "", "no such thing")

    return call


def line(ago: int, text: str, client: str = ASKER) -> str:
    moment = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(time.time() - ago))
    return f'{moment} [error] 7#7: *1 user "anna"{text}, client: {client}, server: a.example.org, request: "GET /"\n'


def test_who_is_ignored_may_try_any_number(tmp_path: Path) -> None:
    for address in ("127.0.0.1", "2001:db8::7"):
        assert tries_left(address, says(), tmp_path) == UNLIMITED
    assert tries_left(ASKER, lambda _command: Answer(MISSING, "", "not installed"), tmp_path) == UNLIMITED


def test_the_hosts_own_addresses_are_ignored_where_fail2ban_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bans, "own_addresses", lambda: frozenset((ASKER,)))
    assert tries_left(ASKER, says(ignoreself="True"), tmp_path) == UNLIMITED
    assert tries_left(ASKER, says(ignoreself="False"), tmp_path) == 3


@pytest.mark.parametrize(("maxretry", "left"), [("5", 3), ("10", 3), ("3", 2), ("1", 0), ("", 3)])
def test_a_jail_is_left_a_try(tmp_path: Path, maxretry: str, left: int) -> None:
    assert tries_left(ASKER, says(maxretry=maxretry), tmp_path) == left


def test_those_that_failed_lately_count(tmp_path: Path) -> None:
    (tmp_path / "error.log").write_text(
        line(60, ": password mismatch")
        + line(50, ' was not found in "/etc/nginx/users"')
        + line(40, ": password mismatch", "198.51.100.8")
        + line(4000, ": password mismatch")
        + line(30, " did something else")
    )
    assert tries_left(ASKER, says(maxretry="5"), tmp_path) == 2
    assert tries_left(ASKER, says(maxretry="5", findtime="7200"), tmp_path) == 1
    assert tries_left(ASKER, says(maxretry="2"), tmp_path) == 0
