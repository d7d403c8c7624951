# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of server and sentinel to an owner who is about to leave."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._found import now
from ansible_collections.constellation.edge.plugins.module_utils._found.now import Here, here_now
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer

OLD, NEW = "http://127.0.0.1:8088/", "https://a.example.org/constellation/"


def here(monkeypatch: pytest.MonkeyPatch, before: dict[str, Any], today: dict[str, Any]) -> Here:
    """Return what is told of a host with nginx, that was so and is so."""
    monkeypatch.setattr(now, "constellation", lambda _places: today)
    record = {"constellation": before}
    return here_now(record, {}, lambda _command: Answer(1, "nginx installed\nufw not-installed\n", ""))


def test_what_is_as_it_was_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    same = {"server": {"uris": ["a", "b"]}, "sentinel": {"uri": OLD}}
    other_order = {"server": {"uris": ["b", "a"]}, "sentinel": {"uri": OLD}}
    assert here(monkeypatch, same, other_order) == Here(["nginx"], [], "")
    assert here(monkeypatch, {}, {}) == Here(["nginx"], [], "")


def test_what_is_otherwise_is_told_with_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    found = here(monkeypatch, {"server": {"uris": ["http://+:8088/"]}}, {"server": {"uris": ["http://+:8088/c"]}})
    [note] = found.notes
    assert note.startswith(
        "the Constellation server listens on http://+:8088/c, and before the first run http://+:8088/;"
    )
    assert "`edge_restore_constellation: true` has remove.yml put it back" in note


def test_what_nobody_knows_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = here(monkeypatch, {}, {"server": {"uris": ["http://+:8088/c"]}, "sentinel": {"uri": "http://home:8088/"}})
    assert found.notes == [
        "the Constellation server listens on http://+:8088/c; what it was before the first run is not known",
        "the sentinel calls http://home:8088/; what it was before the first run is not known",
    ]
    assert found.undecided == ""


@pytest.mark.parametrize(
    ("before", "by_which"), [({"sentinel": {"uri": OLD}}, OLD), ({}, "the address of before the first run")]
)
def test_a_sentinel_that_calls_the_proxy_is_its_owners_to_decide(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, Any], by_which: str
) -> None:
    found = here(monkeypatch, before, {"sentinel": {"uri": NEW}})
    assert found.undecided.startswith(f"the sentinel calls {NEW}, which the proxy serves and nobody will afterwards.")
    assert f"by which it calls {by_which} again" in found.undecided
