# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which IPv6 addresses of the host a name leads to."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns import own_ipv6 as module
from ansible_collections.constellation.edge.plugins.module_utils._dns._message import Reply
from ansible_collections.constellation.edge.plugins.module_utils._dns.own_ipv6 import led_here, own_ipv6
from ansible_collections.constellation.edge.plugins.module_utils._dns.resolver import ResolverSettings

CARDS = """00000000000000000000000000000001 01 80 10 80       lo
fe800000000000000042c6fffe336445 187d 40 20 80     eth0
20010db8000100010000000000000005 187d 40 00 82     eth0
"""
OWN = frozenset({"2001:db8:1:1::5"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return the questions to two DNS servers, of which the first one says nothing."""
    questions: list[tuple[str, str]] = []

    def ask(server: str, name: str, ipv6: bool) -> Reply | None:
        assert ipv6
        questions.append((server, name))
        own = ("198.51.100.5", "2001:0db8:0001:0001:0:0:0:5")
        return None if server == "192.0.2.1" else Reply(own if name == "a.example.org" else ("2001:db8:9::1",))

    monkeypatch.setattr(module._message, "ask", ask)
    monkeypatch.setattr(module, "read_settings", lambda: ResolverSettings(["192.0.2.1", "192.0.2.2"]))
    monkeypatch.setattr(module, "_SILENT", set())
    module._in_dns.cache_clear()
    return questions


def test_addresses_that_others_can_reach(tmp_path: Path) -> None:
    (tmp_path / "if_inet6").write_text(CARDS)
    assert own_ipv6(str(tmp_path / "if_inet6")) == OWN
    assert own_ipv6(str(tmp_path / "none")) == frozenset()


def test_a_name_that_leads_here_and_one_that_does_not(asked: list[tuple[str, str]]) -> None:
    assert led_here("a.example.org", OWN) == ["2001:db8:1:1::5"]
    assert led_here("b.example.org", OWN) == []
    assert led_here("a.example.org", OWN) == ["2001:db8:1:1::5"]
    assert asked == [("192.0.2.1", "a.example.org"), ("192.0.2.2", "a.example.org"), ("192.0.2.2", "b.example.org")]


def test_a_host_without_ipv6_asks_nobody(asked: list[tuple[str, str]]) -> None:
    assert led_here("a.example.org", frozenset()) == []
    assert asked == []
