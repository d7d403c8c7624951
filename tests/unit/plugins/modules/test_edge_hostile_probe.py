# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sites are asked in a hostile way, and when an answer is an error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import CLAIMS, Subject
from module_runs import done, module, refused

URL = "https://home.example.org/"


class Network:
    """Keeps what was asked; answers with these proofs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the network."""
        self.proofs: list[dict[str, Any]] = []
        self.subjects: list[Subject] = []
        self.kinds: list[str] = []
        monkeypatch.setattr(module("edge_hostile_probe"), "report", self.report)

    def report(self, subjects: list[Subject], kinds: list[str]) -> dict[str, Any]:
        self.subjects, self.kinds = subjects, kinds
        ok = not any(proof["ok"] is False for proof in self.proofs)
        return {"results": [], "proofs": self.proofs, "lines": [], "ok": ok}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def test_one_url_is_one_site_in_check_mode_too(network: Network) -> None:
    answer = done("edge_hostile_probe", check=True, url=URL, kept="/c/", address="[2001:db8::1]", kinds=["headers"])
    [subject] = network.subjects
    assert (subject.url, subject.kept, subject.echo, subject.address) == (URL, "/c/", "", "2001:db8::1")
    assert (subject.claims, subject.slow, network.kinds) == (CLAIMS, 60, ["headers"])
    assert (answer["ok"], answer["changed"]) == (True, False)


def test_several_sites_have_addresses_of_their_own(network: Network) -> None:
    targets = [{"url": URL, "without": ["hsts"]}, {"url": "https://b.example.org/", "address": "192.0.2.2"}]
    done("edge_hostile_probe", targets=targets, address="192.0.2.1", claims=["X-Mine"])
    assert [subject.address for subject in network.subjects] == ["192.0.2.1", "192.0.2.2"]
    assert [subject.without for subject in network.subjects] == [("hsts",), ()]
    assert network.subjects[0].claims == ("X-Mine",)


def test_what_a_client_may_do_is_an_error_unless_it_is_not_wished(network: Network) -> None:
    network.proofs = [
        {"subject": "headers", "ok": False, "detail": "no HSTS"},
        {"subject": "tls", "ok": True, "detail": "fine"},
        {"subject": "slow", "ok": None, "detail": "not asked"},
    ]
    assert refused("edge_hostile_probe", url=URL)["msg"] == "not as expected: headers: no HSTS"
    assert done("edge_hostile_probe", url=URL, fail=False)["ok"] is False


def test_both_ways_to_name_sites_are_refused() -> None:
    assert "mutually exclusive" in refused("edge_hostile_probe", url=URL, targets=[{"url": URL}])["msg"]


def test_a_url_that_is_none_is_refused() -> None:
    assert "ftp://a" in refused("edge_hostile_probe", url="ftp://a/")["msg"]
