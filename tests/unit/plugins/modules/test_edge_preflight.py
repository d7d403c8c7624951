# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a proxy before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._preflight.host import HostFacts
from module_runs import done, module, refused

FACTS = HostFacts("debian", "13", True, True, "1.26.3", "3.5.1", True)


@dataclass(frozen=True)
class Address:
    """What a name means."""

    address: str
    now: str = ""


class Host:
    """A host that is as it should be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for everything that is read."""
        self.facts, self.newer, self.taken = FACTS, "", ""
        self.ports: tuple[int, ...] = ()
        ours = module("edge_preflight")
        monkeypatch.setattr(ours, "too_new", lambda: self.newer)
        monkeypatch.setattr(ours, "refuse_taken_ports", self.refuse_taken_ports)
        monkeypatch.setattr(ours, "host_facts", lambda: self.facts)
        monkeypatch.setattr(ours, "known_names", lambda names, ipv6: {name: Address(f"{ipv6}") for name in names})
        monkeypatch.setattr(ours, "own_hosts", lambda hosts: hosts)
        monkeypatch.setattr(ours, "installed", lambda names: names[:1])
        monkeypatch.setattr(ours, "at_work", lambda names: names[1:])
        monkeypatch.setattr(ours, "unreached", lambda paths: dict.fromkeys(paths, "nobody"))
        monkeypatch.setattr(ours, "standing", lambda root, names: [{"root": root, "names": names}])
        monkeypatch.setattr(ours, "reach", lambda certificates, servers: {"asked": len(certificates) + len(servers)})
        monkeypatch.setattr(ours, "is_due", lambda: False)
        monkeypatch.setattr(ours, "is_unmarked", lambda: False)

    def refuse_taken_ports(self, ports: tuple[int, ...]) -> None:
        self.ports = ports
        if self.taken:
            raise EdgeError(self.taken)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_everything_is_told_in_check_mode(host: Host) -> None:
    certificates: list[dict[str, Any]] = [{"name": "a", "names": ["a"]}]
    answer = done("edge_preflight", check=True, names=["nas"], server_names=["a"], certificates=certificates)
    told = answer["host"]
    assert (answer["changed"], answer["warnings"], host.ports) == (False, [], (80, 443))
    assert (told["release"], told["nginx_version"], told["record_due"]) == ("13", "1.26.3", False)
    assert told["upstreams"] == {"nas": {"address": "True", "now": ""}}
    assert told["servers"] == [{"root": "/etc/nginx", "names": ["a"]}]
    assert told["reach"] == {"asked": 2}


def test_packages_and_units_are_looked_for_where_they_are_asked_for(host: Host) -> None:
    told = done("edge_preflight", packages=["nginx", "certbot"], units=["a.service", "b.timer"])["host"]
    assert (told["packages"], told["units"]) == (["nginx"], ["b.timer"])
    told = done("edge_preflight")["host"]
    assert (told["packages"], told["units"]) == ([], [])


def test_a_release_that_nobody_tests_is_a_warning(host: Host) -> None:
    host.facts = replace(FACTS, release="99", tested=False)
    expected = "debian 99 is not among the releases that this collection is tested on"
    assert done("edge_preflight")["warnings"] == [expected]


def test_a_taken_port_is_refused(host: Host) -> None:
    host.taken = "port 8443 is taken by caddy"
    answer = refused("edge_preflight", ports=[8443])
    assert (answer["msg"], host.ports) == ("port 8443 is taken by caddy. Nothing was changed.", (8443,))


def test_a_host_of_a_newer_version_is_refused(host: Host) -> None:
    host.newer = "a newer version manages this host"
    assert refused("edge_preflight")["msg"] == "a newer version manages this host. Nothing was changed."


def test_upstreams_are_asked_about_on_the_host(host: Host) -> None:
    told = done("edge_preflight", names=["gone"], hosts=["192.168.0.2", "gone"], sockets=["/run/a.sock"])["host"]
    assert (told["own_hosts"], told["sockets"]) == (["192.168.0.2"], {"/run/a.sock": "nobody"})
