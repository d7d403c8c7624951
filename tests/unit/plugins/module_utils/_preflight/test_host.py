# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds the ports that nginx needs, and what is said about it."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.sockets import Listener, listeners
from ansible_collections.constellation.edge.plugins.module_utils._preflight import host
from ansible_collections.constellation.edge.plugins.module_utils._preflight.host import (
    PreflightError,
    host_facts,
    refuse_taken_ports,
)

BOX = "a1" * 32


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Listener(80, False, 7, "apache2", ""),
            "port 80 is held by apache2 (process 7): move it to another port (in /etc",
        ),
        (Listener(80, False, 7, "apache2", ""), "`Listen 127.0.0.1:8080`, in its sites"),
        (Listener(443, False, 7, "apache2", ""), "`Listen 127.0.0.1:8080`, no `Listen 443`, in its sites"),
        (Listener(80, False, 7, "lighttpd", ""), "/etc/lighttpd/lighttpd.conf"),
        (Listener(443, False, 7, "caddy", "", "caddy.service"), "stop it (systemctl disable --now caddy.service)"),
        (Listener(80, False, 7, "docker-proxy", "", "docker.service"), "docker-proxy (for a container): publish that"),
        (Listener(80, False, 7, "dockerd", "", "docker.service"), "dockerd (for a container): publish that"),
        (Listener(80, False, 7, "rootlessport", ""), "Nginx Proxy Manager"),
        (Listener(80, False, 7, "nginx", BOX), "nginx (in the container a1a1a1a1a1a1): publish that container"),
        (Listener(80, False, 1, "systemd", ""), "systemctl disable --now NAME.socket"),
        (Listener(80, True, 0, "", ""), "a program that cannot be seen: move it"),
        (Listener(80, False, 7, "python3", ""), "stop it (and keep it from starting again)"),
    ],
)
def test_a_taken_port_is_refused_with_a_way_out(found, said):
    with pytest.raises(PreflightError, match="is held by") as error:
        refuse_taken_ports(found=[found])
    assert said in str(error.value)


def test_a_container_is_not_stopped_by_its_engine():
    with pytest.raises(PreflightError) as error:
        refuse_taken_ports(found=[Listener(80, False, 7, "docker-proxy", "", "docker.service")])
    assert "docker.service" not in str(error.value)


def test_both_ports_of_one_program_are_one_sentence():
    with pytest.raises(PreflightError) as error:
        refuse_taken_ports(found=[Listener(80, False, 7, "apache2", ""), Listener(443, False, 7, "apache2", "")])
    assert str(error.value).startswith("ports 80 and 443 are held by apache2 (process 7): ")


def test_two_programs_are_both_named():
    with pytest.raises(PreflightError) as error:
        refuse_taken_ports(found=[Listener(80, False, 7, "apache2", ""), Listener(443, False, 8, "caddy", "")])
    assert "port 80 is held by apache2" in str(error.value)
    assert "port 443 is held by caddy" in str(error.value)


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


EMPTY_LISTS = "nginx:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n"


@pytest.mark.parametrize("policy", ["", EMPTY_LISTS])
@pytest.mark.parametrize(
    ("identity", "versions"),
    [
        ('ID=debian\nVERSION_ID="12"', ("1.22.1", "3.0")),
        ('ID=debian\nVERSION_ID="13"', ("1.26.3", "3.5")),
        ('ID=ubuntu\nVERSION_ID="22.04"\nID_LIKE=debian', ("1.18.0", "3.0")),
        ('ID=ubuntu\nVERSION_ID="24.04"\nID_LIKE=debian', ("1.24.0", "3.0")),
        ('ID=ubuntu\nVERSION_ID="26.04"\nID_LIKE=debian', ("1.28.3", "3.5")),
    ],
)
def test_a_tested_release_is_known_without_package_lists(tmp_path, monkeypatch, policy, identity, versions):
    release = tmp_path / "os-release"
    release.write_text(identity + "\n")
    monkeypatch.setattr(host, "_output", lambda command: policy if command[0] == "apt-cache" else "")
    facts = host_facts(str(release))
    assert facts.tested
    assert not facts.nginx_installed
    assert (facts.nginx_version, facts.openssl_version) == versions


def test_what_the_package_lists_say_goes_first(tmp_path, monkeypatch):
    release = tmp_path / "os-release"
    release.write_text("ID=debian\nVERSION_ID=12\n")
    policy = "nginx:\n  Candidate: 1.28.0-1~bpo12+1\n"
    monkeypatch.setattr(host, "_output", lambda command: policy if command[-1] == "nginx" else "")
    facts = host_facts(str(release))
    assert (facts.nginx_version, facts.openssl_version) == ("1.28.0", "3.0")


def test_another_release_without_package_lists_is_refused(tmp_path, monkeypatch):
    release = tmp_path / "os-release"
    release.write_text("ID=debian\nVERSION_ID=14\n")
    monkeypatch.setattr(host, "_output", lambda _command: EMPTY_LISTS)
    with pytest.raises(PreflightError, match="run `apt-get update`"):
        host_facts(str(release))
