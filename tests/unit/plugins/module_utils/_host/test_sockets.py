# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a process belongs to the host, to a container or to a service, told by its control groups."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.sockets import (
    container_id,
    open_to_others,
    service_unit,
)

ONE, TWO = "0123456789abcdef" * 4, "fedcba9876543210" * 4


@pytest.mark.parametrize(
    ("groups", "container"),
    [
        ("0::/system.slice/apache2.service\n", ""),
        ("0::/\n", ""),
        ("", ""),
        (f"0::/system.slice/docker-{ONE}.scope\n", ONE),
        (f"0::/docker/{ONE}\n", ONE),
        (f"12:pids:/docker/{ONE}\n0::/docker/{ONE}/system.slice/nginx.service\n", ONE),
        (f"0::/machine.slice/libpod-{ONE}.scope/container\n", ONE),
        (f"0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-{ONE}.scope\n", ONE),
        (f"0::/docker/{ONE}/docker/{TWO}\n", TWO),
        (f"0::/system.slice/{ONE}0.service\n", ""),
    ],
)
def test_the_innermost_container_is_found(groups, container):
    assert container_id(groups) == container


@pytest.mark.parametrize(
    ("groups", "unit"),
    [
        ("0::/system.slice/apache2.service\n", "apache2.service"),
        ("0::/system.slice/system-caddy.slice/caddy@home.service\n", "caddy@home.service"),
        ("0::/system.slice/haproxy.service/worker\n", "haproxy.service"),
        (
            "1:name=systemd:/docker/x/system.slice/caddy.service\n0::/docker/x/system.slice/caddy.service\n",
            "caddy.service",
        ),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/caddy.service\n", ""),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", ""),
        ("", ""),
    ],
)
def test_a_service_of_the_system_is_found(groups, unit):
    assert service_unit(groups) == unit


def test_what_others_can_reach_is_found_with_its_program():
    with open("/proc/self/comm", encoding="utf-8") as comm:
        own = comm.read().strip()
    with (
        socket.create_server(("0.0.0.0", 0)) as tcp,  # noqa: S104 - what is looked for
        socket.create_server(("127.0.0.1", 0)) as near,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("::", 0))
        found = open_to_others()
        assert (tcp.getsockname()[1], "tcp", own) in found
        assert (udp.getsockname()[1], "udp", own) in found
        assert near.getsockname()[1] not in [port for port, _protocol, _program in found]
