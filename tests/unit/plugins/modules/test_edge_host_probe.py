# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proofs of a host: which are asked for, and when one that fails is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.files import LockError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Loaded, NginxError
from ansible_collections.constellation.edge.plugins.module_utils._proof.proof import Proof
from module_runs import done, module, refused


class Host:
    """A host of which every proof succeeds, and what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for every proof."""
        self.asked: list[tuple[Any, ...]] = []
        self.bad = ""
        self.loaded: Loaded | str = Loaded(True, True, "")
        self.locks = 0
        ours = module("edge_host_probe")
        monkeypatch.setattr(ours, "prove_firewall", self.several("firewall"))
        monkeypatch.setattr(ours, "prove_connection_limit", self.several("limit"))
        monkeypatch.setattr(ours, "prove_jails", self.several("jails"))
        monkeypatch.setattr(ours, "prove_renewal", self.several("renewal"))
        monkeypatch.setattr(ours, "prove_lineages", self.several("lineages"))
        monkeypatch.setattr(ours, "prove_certificate", self.one("certificate"))
        monkeypatch.setattr(ours, "loaded", self.nginx)
        monkeypatch.setattr(ours, "host_lock", self.lock)

    def one(self, subject: str) -> Callable[..., Proof]:
        def prove(*arguments: Any, **_named: Any) -> Proof:
            self.asked.append((subject, *arguments))
            return Proof(subject, subject != self.bad, "seen")

        return prove

    def several(self, subject: str) -> Callable[..., list[Proof]]:
        prove = self.one(subject)
        return lambda *arguments, **named: [prove(*arguments, **named)]

    def nginx(self) -> Loaded:
        if isinstance(self.loaded, str):
            raise NginxError(self.loaded)
        return self.loaded

    def lock(self) -> Host:
        self.locks += 1
        return self

    def __enter__(self) -> None:
        """Hold the lock."""

    def __exit__(self, *_error: object) -> None:
        """Let it go."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def subjects(answer: dict[str, Any]) -> list[str]:
    return [proof["subject"] for proof in answer["proofs"]]


def test_check_mode_asks_everything_takes_no_lock_and_bans_nobody(host: Host) -> None:
    given = {"certificates": [{"name": "a"}, {"name": "b", "fullchain": "/b.pem"}], "jails": ["sshd"]}
    answer = done("edge_host_probe", check=True, **given)
    assert (answer["ok"], answer["changed"], host.locks) == (True, False, 0)
    expected = ["firewall", "limit", "jails", "nginx", "certificate", "certificate", "renewal", "lineages"]
    assert subjects(answer) == expected
    assert ("jails", ["sshd"], None, True) in host.asked
    assert ("certificate", "a", "/etc/letsencrypt/live/a/fullchain.pem") in host.asked
    assert ("certificate", "b", "/b.pem") in host.asked


def test_what_is_not_wished_is_not_asked_and_bans_are_made_under_the_lock(host: Host) -> None:
    off = dict.fromkeys(("firewall", "connection_limit", "nginx", "renewal"), False)
    answer = done("edge_host_probe", **off, ban_address="192.0.2.9")
    assert (subjects(answer), host.locks) == (["jails"], 1)
    assert host.asked == [("jails", None, "192.0.2.9", False)]


def test_a_proof_that_fails_is_an_error_unless_it_is_not_wished(host: Host) -> None:
    host.bad = "firewall"
    answer = refused("edge_host_probe")
    assert (answer["msg"], answer["ok"]) == ("firewall: seen", False)
    assert done("edge_host_probe", fail=False)["ok"] is False


@pytest.mark.parametrize(
    ("loaded", "ok", "detail"),
    [
        (Loaded(True, True, ""), True, "accepts its configuration and serves what is on disk"),
        (Loaded(False, True, "by somebody else", unknown=True), None, "by somebody else"),
        (Loaded(False, True, "changed since"), False, "changed since"),
        (Loaded(False, False, "nginx is not running"), False, "nginx is not running"),
        ("nginx: no answer", False, "nginx: no answer"),
    ],
)
def test_nginx_is_proven_by_what_it_loaded(host: Host, loaded: Loaded | str, ok: bool | None, detail: str) -> None:
    host.loaded = loaded
    [proof] = [each for each in done("edge_host_probe", fail=False)["proofs"] if each["subject"] == "nginx"]
    assert (proof["ok"], proof["detail"]) == (ok, detail)


def test_a_lock_that_another_run_holds_is_the_message(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def held() -> None:
        raise LockError("held by process 7")

    monkeypatch.setattr(module("edge_host_probe"), "host_lock", held)
    assert refused("edge_host_probe")["msg"] == "held by process 7"
