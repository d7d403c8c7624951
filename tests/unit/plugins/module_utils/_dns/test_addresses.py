# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server is believed, for each kind of address."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns import addresses as subject
from ansible_collections.constellation.edge.plugins.module_utils._dns._message import AAAA, A, Reply
from ansible_collections.constellation.edge.plugins.module_utils._dns.addresses import Told, addresses
from ansible_collections.constellation.edge.plugins.module_utils._dns.resolver import ResolverSettings

ONE, OTHER = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def _two_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "read_settings", lambda: ResolverSettings([ONE, OTHER], ["home.test"]))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({(ONE, A): ("203.0.113.7",), (ONE, AAAA): ()}, Told(("203.0.113.7",), ())),
        ({(OTHER, A): ("203.0.113.7",), (OTHER, AAAA): ("2001:db8::7",)}, Told(("203.0.113.7",), ("2001:db8::7",))),
        # The first server says that there is none: as the C library, nobody else is asked.
        ({(ONE, A): (), (OTHER, A): ("203.0.113.7",)}, Told((), None)),
        ({}, Told()),
    ],
)
def test_the_first_server_that_answers_counts(said: dict[tuple[str, int], tuple[str, ...]], wanted: Told) -> None:
    def question(server: str, name: str, kind: int) -> Reply | None:
        assert name == "anna.example.org"
        return Reply(said[server, kind]) if (server, kind) in said else None

    assert addresses(["anna.example.org"], question) == {"anna.example.org": wanted}


def test_without_names_nobody_is_asked() -> None:
    assert addresses([]) == {}
