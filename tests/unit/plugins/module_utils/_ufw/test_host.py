# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of ufw, what is told of its surroundings, and what is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._ufw import host
from ansible_collections.constellation.edge.plugins.module_utils._ufw.host import (
    carry_out,
    host_warnings,
    parse_defaults,
    published_ports,
    read_state,
    reconcile,
)
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State, WantedRules
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import V4, V6, UfwError

DEFAULTS = 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"  # ours\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n'
SSH = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"


@dataclass
class World:
    """A host with ufw: its files, and what it says."""

    etc: Path
    status: Answer = field(default_factory=lambda: Answer(0, "Status: active\n", ""))
    version: str = "ufw 0.36.1\n"
    starts: str = "enabled\n"

    def write(self, name: str, text: str) -> None:
        path = self.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def call(self, command: Sequence[str]) -> Answer:
        words = " ".join(command)
        if words == "ufw status":
            return self.status
        return Answer(0, self.version if words == "ufw --version" else self.starts, "")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(host, "find", lambda name: f"/usr/sbin/{name}")
    made = World(tmp_path)
    made.write("default/ufw", DEFAULTS)
    made.write("ufw/user.rules", SSH)
    return made


def test_files_and_service_are_the_state(world: World) -> None:
    state = read_state(world.etc, world.call)
    assert (state.installed, state.active, state.boots, state.ipv6) == (True, True, True, True)
    assert (state.incoming, state.outgoing) == ("deny", "allow")
    assert [entry.dport for entry in state.entries[V4]] == ["22"]
    assert state.entries[V6] == []


def test_one_that_is_off_is_told_so(world: World) -> None:
    world.status, world.starts = Answer(0, "Status: inactive\n", ""), "disabled\n"
    world.write("default/ufw", "")
    state = read_state(world.etc, world.call)
    assert (state.active, state.boots, state.ipv6, state.incoming) == (False, False, False, "allow")


def test_one_that_is_not_installed_is_as_its_package_would_leave_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "find", lambda _name: None)
    assert read_state(world.etc, world.call) == State(installed=False)
    with pytest.raises(UfwError, match="ufw is not installed: install the package ufw first"):
        reconcile(WantedRules(rules=(), enforced=True), False, world.etc, world.call)


def test_one_that_says_nothing_is_told_with_its_words(world: World) -> None:
    world.status = Answer(1, "", "ERROR: You need to be root")
    with pytest.raises(UfwError, match=r"`ufw status` fails: ERROR: You need to be root: run as root"):
        read_state(world.etc, world.call)


def test_a_file_that_may_not_be_read_is_told(world: World) -> None:
    (world.etc / "default" / "ufw").unlink()
    (world.etc / "default" / "ufw").mkdir()
    with pytest.raises(UfwError, match=r"default/ufw: Is a directory: run as root"):
        read_state(world.etc, world.call)


@pytest.mark.parametrize(("version", "dies"), [("ufw 0.36.1\n", True), ("ufw 0.36.2\n", False), ("?", False)])
def test_a_comment_that_only_an_old_ufw_dies_of(world: World, version: str, dies: bool) -> None:
    world.version = version
    world.write("ufw/user.rules", SSH.replace("\n", " comment=616\n"))
    if dies:
        with pytest.raises(UfwError, match=r"user\.rules:1: ufw fails at the comment '616'"):
            read_state(world.etc, world.call)
    else:
        assert [entry.comment for entry in read_state(world.etc, world.call).entries[V4]] == ["a"]


def test_assignments_are_read_with_and_without_quotes() -> None:
    assert parse_defaults('# A=1\n IPV6 = no # b\nX="two words"\n') == {"IPV6": "no", "X": "two words"}


def test_ports_of_docker_are_told_with_what_publishes_them_for_the_host_alone() -> None:
    rules = """-N DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.3:5353
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 9000 -j DNAT --to-destination 172.17.0.4:9000
"""
    assert published_ports(rules) == {"53/udp": "-p 127.0.0.1:53:5353/udp", "8080/tcp": "-p 127.0.0.1:8080:80"}


@pytest.mark.parametrize(
    ("docker", "rules", "expected"),
    [
        (False, "", []),
        (True, "-N DOCKER\n", []),
        (
            True,
            "-A DOCKER -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n",
            ["Docker publishes 8080/tcp past ufw: start the container with `-p 127.0.0.1:8080:80`, which the proxy"],
        ),
    ],
)
def test_docker_is_warned_of_where_it_publishes_something(
    monkeypatch: pytest.MonkeyPatch, docker: bool, rules: str, expected: list[str]
) -> None:
    monkeypatch.setattr(host.os.path, "exists", lambda path: docker and path == "/run/docker.sock")
    found = host_warnings(lambda command: Answer(0, rules if command[0] == "iptables" else "disabled\n", ""))
    assert [text[: len(start)] for text, start in zip(found, expected, strict=True)] == expected


def test_what_flushes_every_rule_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.os.path, "exists", lambda _path: False)
    [warning] = host_warnings(lambda _command: Answer(0, "enabled\n", ""))
    assert warning.startswith("nftables.service is enabled: its start flushes every rule")


def test_the_first_command_that_fails_ends_it() -> None:
    told: list[str] = []

    def call(command: Sequence[str]) -> Answer:
        told.append(command[1])
        return Answer(int(command[1] == "two"), "", "no")

    with pytest.raises(UfwError, match="`ufw two` fails: no; what was done before it stays, run again"):
        carry_out([["ufw", "one"], ["ufw", "two"], ["ufw", "three"]], call)
    assert told == ["one", "two"]
