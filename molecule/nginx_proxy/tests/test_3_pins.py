# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate that is pinned: what cannot be learned, what is accepted, what goes; in this order."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home
from router import Router, held


@pytest.fixture(scope="module")
def router(lab: Any) -> Router:
    """Return the machine."""
    return Router(lab, "router-alone")


def run(router: Router, verify: str = "pin", *options: str) -> runs.Run:
    """Run the playbook with a route to the service."""
    route = {"path": "/router/", "upstream": f"https://{router.address}:5001", "upstream_tls": {"verify": verify}}
    routes = [{"path": "/constellation/", "app": "constellation"}, route]
    name = "{{ inventory_hostname }}.example.org"
    sites = {"edge_sites": [{"server_name": name, "routes": routes}]}
    return runs.site(runs.INVENTORY, "-e", json.dumps(sites), *options)


def status(client: Client, home: Home) -> str:
    """Return the status of the route."""
    return client.status(home, f"https://{home.domain}/router/")


def test_a_service_that_is_off_cannot_be_learned(router: Router, homes: list[Home]) -> None:
    refused = run(router)
    assert refused.rc != 0
    assert "Nothing was changed" in refused.text
    said = f"https://{router.address}:5001 showed no certificate that could be learned (Connection refused)"
    for home in homes:
        assert f"host {home.name}, site {home.domain}, route /router/: upstream_tls: {said}" in refused.text
        assert held(home) == []


@pytest.mark.long
class TestHeld:
    """What was learned stays until its owner says otherwise; `test_1_guide.py` has another certificate refused."""

    def test_check_mode_shows_it(self, router: Router, homes: list[Home]) -> None:
        router.start()
        looked = run(router, "pin", "--check", "--diff")
        assert looked.rc == 0, looked.tail
        for line in router.certificate.splitlines():
            assert looked.text.count(f"+{line}\n") == len(homes), line
        assert [held(home) for home in homes] == [[] for _home in homes]

    def test_its_fingerprint_accepts_another_one(self, router: Router, homes: list[Home], client: Client) -> None:
        first = run(router)
        assert first.rc == 0, first.tail
        router.change()
        accepted = run(router, f"pin sha256:{router.fingerprint}")
        assert accepted.rc == 0, accepted.tail
        for home in homes:
            assert held(home) == [router.fingerprint]
            assert status(client, home) == "200"

    def test_a_service_that_is_off_is_no_error_any_more(self, router: Router, homes: list[Home]) -> None:
        router.stop()
        again = run(router)
        assert again.rc == 0, again.tail
        for home in homes:
            assert again.count(home.name, "changed") == 0, again.tail
            assert held(home) == [router.fingerprint]

    def test_with_the_key_the_certificate_goes(self, router: Router, homes: list[Home]) -> None:
        gone = runs.site(runs.INVENTORY)
        assert gone.rc == 0, gone.tail
        for home in homes:
            assert held(home) == []
