# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where SSH is reached, and where a run comes from."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.ssh import (
    Connection,
    configured_ports,
    connection,
    listening_ports,
    parse_connection,
    parse_socket_units,
    union,
)
from places import TEXTS

FIXTURES = TEXTS / "hardening"
UNITS = """\
Listen=0.0.0.0:2200 (Stream)
Listen=[::]:2200 (Stream)
Id=ssh.socket
ActiveState=active

Listen=/run/dbus/system_bus_socket (Stream)
Id=dbus.socket
ActiveState=active

Listen=[::]:9090 (Stream)
Id=cockpit.socket
ActiveState=active

Listen=[::]:111 (Stream)
Id=rpcbind.socket
ActiveState=inactive
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("192.168.0.5 51000 192.168.0.9 2222", Connection("192.168.0.5", 2222)),
        ("::ffff:192.168.0.5 51000 ::ffff:192.168.0.9 22", Connection("192.168.0.5", 22)),
        ("fe80::1%eth0 51000 fe80::2%eth0 22", Connection("fe80::1", 22)),
        ("127.0.0.1 51000 127.0.0.1 22", None),
        ("", None),
        ("nonsense 1 2 3", None),
    ],
)
def test_reads_the_connection(value, expected):
    assert parse_connection(value) == expected


def _process(proc, pid, parent, environ=b"", name="sh"):
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "environ").write_bytes(environ)
    (folder / "stat").write_text(f"{pid} (a) b) S {parent}" + " 0" * 48)
    (folder / "comm").write_text(name + "\n")
    return folder


def test_the_connection_is_found_behind_sudo(tmp_path):
    _process(tmp_path, 30, 20, b"SUDO_USER=me\0")
    _process(tmp_path, 20, 10, b"SSH_CONNECTION=192.168.0.5 5 192.168.0.9 22\0")
    _process(tmp_path, 10, 1)
    assert connection(30, tmp_path) == Connection("192.168.0.5", 22)


def test_where_no_environment_kept_it_the_connection_of_sshd_tells(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text((FIXTURES / "proc_net_tcp").read_text())
    _process(tmp_path, 30, 20)
    session = _process(tmp_path, 20, 10, name="sshd-session")
    (session / "fd" / "4").symlink_to("socket:[37685]")
    assert connection(30, tmp_path) == Connection("192.168.0.7", 22)


def test_a_local_run_has_no_connection(tmp_path):
    _process(tmp_path, 30, 1)
    assert connection(30, tmp_path) is None


def test_ports_of_systemd_sockets_are_told_apart():
    assert parse_socket_units(UNITS) == ({2200}, {9090})


def test_forwarded_ports_of_a_session_are_not_ssh(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text((FIXTURES / "proc_net_tcp").read_text())
    (tmp_path / "net" / "tcp6").write_text((FIXTURES / "proc_net_tcp6").read_text())
    server = _process(tmp_path, 100, 1, name="sshd")
    (server / "fd" / "3").symlink_to("socket:[39466]")
    session = _process(tmp_path, 200, 100, name="sshd")
    (session / "fd" / "9").symlink_to("socket:[39474]")
    _process(tmp_path, 1, 0, name="systemd")
    assert listening_ports(tmp_path, lambda _words: Answer(1, "", "")) == {22}


def test_the_socket_that_systemd_still_holds_counts_beside_the_configured_one(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text((FIXTURES / "proc_net_tcp").read_text())
    first = _process(tmp_path, 1, 0, name="systemd")
    (first / "fd" / "40").symlink_to("socket:[39466]")
    assert listening_ports(tmp_path, lambda _words: Answer(0, UNITS, "")) == {22, 2200}


def test_sshd_that_does_not_answer_gives_no_ports():
    assert configured_ports(lambda _words: Answer(255, "port 22\n", "Missing privilege separation directory")) == set()
    assert configured_ports(lambda _words: Answer(0, "port 22\nport 2222\naddressfamily any\n", "")) == {22, 2222}


def test_without_any_source_port_22_is_kept_open():
    assert union([set(), []]) == [22]
    assert union([{2222}, [22]]) == [22, 2222]
