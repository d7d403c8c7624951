# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is reachable from outside, and who is no longer let in."""

from __future__ import annotations

import pytest
from conftest import side_by_side
from lab.progress import poll

JAILS = ("nginx-http-auth", "sshd")
AUTH_SITE = """server {
    listen 80;
    server_name auth.example.org;
    root /var/www/html;
    auth_basic "by hand";
    auth_basic_user_file /etc/nginx/owner.htpasswd;
}
"""
# Says `open`, `refused` or `filtered` of a TCP port.
_CONNECT = """
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
probe = socket.socket(family)
probe.settimeout(float(sys.argv[3]))
try:
    probe.connect((sys.argv[1], int(sys.argv[2])))
    print('open')
except ConnectionRefusedError:
    print('refused')
except OSError:
    print('filtered')
"""


def port_state(machine, address: str, port: int, seconds: int = 3) -> str:
    return machine.host.check_output("python3 -c %s %s %s %s", _CONNECT, address, str(port), str(seconds))


@pytest.mark.parametrize("port", [22, 80, 443])
def test_what_has_to_be_open_is_open(home, client, port):
    assert port_state(client, home.ipv4, port) == "open"
    assert port_state(client, home.ipv6, port) == "open"


def test_the_port_of_the_server_is_closed(homes, client):
    def is_closed(home) -> None:
        assert port_state(client, home.ipv4, 8088) == "filtered"
        assert port_state(client, home.ipv6, 8088) == "filtered"

    side_by_side(homes, is_closed)


def test_the_server_is_still_there_behind_the_firewall(home):
    assert home.host.socket("tcp://0.0.0.0:8088").is_listening


def test_the_firewall_starts_again_after_a_boot(home):
    assert home.host.file("/etc/ufw/ufw.conf").contains("^ENABLED=yes")
    assert home.host.service("ufw").is_enabled
    assert home.host.service("fail2ban").is_enabled


@pytest.mark.parametrize("jail", JAILS)
def test_a_jail_is_alive_and_can_act(home, jail):
    assert home.host.run("fail2ban-client status %s", jail).rc == 0
    assert "No actions" not in home.host.run("fail2ban-client get %s actions", jail).stdout


def banned(home, jail: str) -> str:
    return home.host.run("fail2ban-client status %s", jail).stdout.partition("Banned IP list:")[2]


def test_failed_logins_at_a_site_are_banned(homes, client, attacker):
    """A protected site that the owner made by hand: nginx logs the wrong passwords, the jail acts on them."""
    side_by_side(homes, lambda home: banned_at_a_site(home, client, attacker))


def banned_at_a_site(home, client, attacker) -> None:
    home.host.check_output("printf 'owner:{PLAIN}right' > /etc/nginx/owner.htpasswd")
    home.host.check_output("printf %s > /etc/nginx/conf.d/owner.conf", AUTH_SITE)
    home.host.check_output("nginx -t && systemctl reload nginx")
    target = f"auth.example.org:80:{home.ipv4}"
    attempt = "curl -s -o /dev/null -w %s --max-time 5 -u owner:wrong --resolve %s http://auth.example.org/"

    def asks_for_a_password() -> bool:
        return attacker.host.run(attempt, "%{http_code}", target).stdout == "401"

    poll("nginx to ask for a password", asks_for_a_password, 60)
    try:
        for _attempt in range(6):
            asks_for_a_password()
        assert_banned(home, client, attacker, "nginx-http-auth", 443)
    finally:
        home.host.run("rm /etc/nginx/conf.d/owner.conf /etc/nginx/owner.htpasswd; systemctl reload nginx")


def assert_banned(home, client, attacker, jail: str, port: int) -> None:
    """Wait until the attacker cannot reach a port while the client can, and let the attacker in again."""
    poll("the ban", lambda: attacker.ipv4 in banned(home, jail), 60)
    poll("the packet filter", lambda: port_state(attacker, home.ipv4, port) != "open", 60)
    assert port_state(client, home.ipv4, port) == "open"
    home.host.check_output("fail2ban-client set %s unbanip %s", jail, attacker.ipv4)
    poll("the end of the ban", lambda: port_state(attacker, home.ipv4, port) == "open", 60)


def test_failed_logins_over_ssh_are_banned(homes, client, attacker):
    side_by_side(homes, lambda home: banned_over_ssh(home, client, attacker))


def banned_over_ssh(home, client, attacker) -> None:
    options = "-o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=5"
    for _attempt in range(7):
        # Without a limit of its own, a client that is banned in the middle of a handshake waits for ever.
        attacker.host.run(f"timeout 10 ssh {options} nobody-here@{home.ipv4} true")
    # sshd itself may turn an address away, but only after it has accepted the connection.
    assert_banned(home, client, attacker, "sshd", 22)
