# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds the ports that nginx needs, and what is said about it."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight import (
    PreflightError,
    host_facts,
    refuse_taken_ports,
)
from ansible_collections.constellation.edge.plugins.module_utils._sockets import Listener, listeners


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Listener(80, False, 7, "apache2", ""), "port 80 is held by apache2: move apache2 to another port"),
        (Listener(443, False, 7, "caddy", ""), "port 443 is held by caddy"),
        (Listener(80, False, 7, "docker-proxy", ""), "publish it on another port"),
        (Listener(80, False, 7, "nginx", "a" * 64), "a container aaaaaaaaaaaa"),
        (Listener(80, True, 0, "", ""), "a program that cannot be seen"),
        (Listener(80, False, 7, "python3", ""), "stop that program"),
    ],
)
def test_a_taken_port_is_refused_with_a_way_out(found, said):
    with pytest.raises(PreflightError, match="is held by") as error:
        refuse_taken_ports(found=[found])
    assert said in str(error.value)


def test_both_ports_of_one_program_are_one_sentence():
    with pytest.raises(PreflightError) as error:
        refuse_taken_ports(found=[Listener(80, False, 7, "apache2", ""), Listener(443, False, 7, "apache2", "")])
    assert str(error.value).startswith("port 80 and 443 is held by apache2")


def test_our_own_nginx_and_other_ports_are_no_obstacle():
    refuse_taken_ports(found=[Listener(80, False, 7, "nginx", ""), Listener(8080, False, 8, "apache2", "")])


def test_a_listening_socket_of_this_process_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [listener for listener in listeners() if listener.port == port]
    assert len(found) == 1
    assert found[0].loopback


def test_another_kind_of_system_is_refused(tmp_path):
    release = tmp_path / "os-release"
    release.write_text('ID=fedora\nVERSION_ID=42\nPRETTY_NAME="Fedora Linux 42"\n')
    with pytest.raises(PreflightError, match="Fedora Linux 42 is not a Debian or Ubuntu system"):
        host_facts(str(release))
