# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request is found again in the log of who got it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._access_table import bans
from ansible_collections.constellation.edge.plugins.module_utils._access_table import greet as greeting
from ansible_collections.constellation.edge.plugins.module_utils._access_table.door import Door, Greeting
from ansible_collections.constellation.edge.plugins.module_utils._access_table.greet import greet, whom
from ansible_collections.constellation.edge.plugins.module_utils._hostile.asking import Answer
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from hostile_site import make_certificate, site


def test_each_site_has_a_marker_through_each_address(tmp_path: Path) -> None:
    with site(make_certificate(tmp_path)) as subject:
        doors = [Door(subject.url), Door(f"{subject.url}kept/"), Door(subject.url.replace("home", "other"))]
        found = greet(doors, ["127.0.0.1"])
    assert [(each["host"], each["address"]) for each in found] == [
        ("home.example.org", "127.0.0.1"),
        ("other.example.org", "127.0.0.1"),
    ]
    assert (found[0]["here"], found[0]["there"], found[0]["why"]) == ("127.0.0.1", "127.0.0.1", "")
    assert found[1]["why"].startswith("no answer: ")
    assert len({each["marker"] for each in found}) == 2


def test_several_places_of_a_site_have_its_marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    ends = {"/0/": "closed", "/1/": "200, closed"}

    def by_http1(_subject: Subject, path: str, _headers: object, agent: str) -> Answer:
        asked.append((path, agent))
        end = ends.get(path, "refused (Connection refused)")
        return Answer(200 if end.startswith("200") else 0, end)

    monkeypatch.setattr(greeting, "by_http1", by_http1)
    with site(make_certificate(tmp_path)) as subject:
        several = [Door(f"{subject.url}{number}/") for number in range(6)]
        (found,) = greet(several, ["127.0.0.1"])
        # What is refused once is not asked again.
        assert asked == [(f"/{number}/", f"constellation.edge-access {found['marker']}") for number in range(3)]
        assert found["why"] == ""
        ends.clear()
        (found,) = greet(several, ["127.0.0.1"])
    assert found["why"] == "no answer: refused (Connection refused)"
    assert len(asked) == 4


def test_where_nobody_listens_nothing_is_found() -> None:
    (found,) = greet([Door("https://a.example.org:1/")], ["127.0.0.1"])
    assert (found["here"], found["why"]) == ("", "no connection: Connection refused")
    (client,) = whom([found])
    assert (client["seen"], client["tries"], client["why"]) == ("", 0, found["why"])


def test_whom_the_log_names_may_try_what_is_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bans, "tries_left", lambda _address, logs: 2)
    (tmp_path / "access.log").write_text('192.0.2.7 - - "known"\n')
    several = [
        Greeting(host=host, address="192.0.2.1", marker=host, here="192.0.2.7", there="192.0.2.1", why="")
        for host in ("known", "unknown")
    ]
    one, two = whom(several, tmp_path)
    assert (one["seen"], one["tries"], one["why"]) == ("192.0.2.7", 2, "")
    assert (two["seen"], two["tries"]) == ("", 0)
    assert two["why"] == "nginx's logs below /var/log/nginx do not tell which address it saw"
