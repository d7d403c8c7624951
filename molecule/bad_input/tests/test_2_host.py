# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that cannot become an edge as they are: refused before anything is installed, with the ways out.

The tests of this file build on each other: Apache, which is refused in one, is given a route in a later one, and the
last ones open the firewall of that host, as another role does.
"""

from __future__ import annotations

import re
from pathlib import Path

import owner
import pytest
import runs
import testinfra
from conftest import SCENARIO
from lab.progress import poll

FIRST_TASK = "Check the inventory and look at the hosts"
# Holds a port on every address, as another proxy does.
LISTENER = "systemd-run --unit=other-proxy python3 -m http.server 443"
FEDORA = 'ID=fedora\nVERSION_ID=42\nPRETTY_NAME="Fedora Linux 42"\n'
APACHE_PAGE = "the pages of Apache"
# What the message says, as the owner would do it by hand.
MOVE_APACHE = """
sed -i 's/^Listen 80$/Listen 127.0.0.1:8080/' /etc/apache2/ports.conf
sed -i 's/<VirtualHost \\*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf
systemctl restart apache2
"""
# C14: what another role left in ufw's files; the first rules as ufw itself writes them.
OPENED = """
for family in '' 6; do
    everywhere=0.0.0.0/0; [ -z "$family" ] || everywhere=::/0
    sed -i "s|^### END RULES ###|### tuple ### allow any any $everywhere any $everywhere in\\n\\
-A ufw$family-user-input -j ACCEPT\\n\\n&|" /etc/ufw/user$family.rules
done
sed -i 's/^COMMIT$/-A ufw-before-input -p tcp -j ACCEPT\\n&/' /etc/ufw/before.rules
ufw reload
"""
NO_RULE = 9999
# How the messages name what is to be typed.
DELETE = re.compile(r"delete it with `(ufw delete [^`]*)`")
LINE = re.compile(r"(/etc/ufw/before\.rules):(\d+): this line lets everybody in [^`]* and then `ufw reload`")


@pytest.fixture(scope="module")
def inventory(tmp_path_factory) -> Path:
    """Return an inventory without a mistake."""
    file = tmp_path_factory.mktemp("owner") / "inventory.yml"
    file.write_text(owner.inventory(), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def hosts() -> dict[str, testinfra.host.Host]:
    """Return all home servers."""
    machines = SCENARIO["machines"]
    return {name: testinfra.get_host(f"docker://{machines[name]['container']}") for name in owner.homes()}


def refused(inventory: Path, hosts) -> str:
    """Run `site.yml`, prove that every home server is as it was before, and return what was said."""
    before = {name: owner.state(host) for name, host in hosts.items()}
    run = runs.site(inventory)
    assert run.rc != 0, run.tail
    assert run.tasks == [FIRST_TASK], run.tail
    assert "Nothing was changed" in run.text
    assert {name: owner.state(host) for name, host in hosts.items()} == before
    return run.text


def test_another_kind_of_system(inventory, hosts):
    for host in hosts.values():
        host.check_output("mv /etc/os-release /etc/os-release.own && printf %s > /etc/os-release", FEDORA)
    try:
        said = refused(inventory, hosts)
    finally:
        for host in hosts.values():
            host.check_output("mv /etc/os-release.own /etc/os-release")
    assert "Fedora Linux 42 is not a Debian or Ubuntu system" in said


def test_port_443_held_by_another_program(inventory, hosts):
    for host in hosts.values():
        host.check_output(LISTENER)
        poll("the listener", lambda host=host: host.socket("tcp://0.0.0.0:443").is_listening, 60)
    try:
        said = refused(inventory, hosts)
    finally:
        for host in hosts.values():
            host.check_output("systemctl stop other-proxy")
    for name in hosts:
        assert f"host {name}: port 443 is held by python3 (process " in said
    assert "systemctl disable --now other-proxy.service" in said


def test_port_80_held_by_apache(inventory, hosts):
    for host in hosts.values():
        host.check_output("DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends apache2")
        host.check_output("printf %s > /var/www/html/index.html", APACHE_PAGE)
        poll("Apache", lambda host=host: host.socket("tcp://:::80").is_listening, 60)
    said = refused(inventory, hosts)
    for name in hosts:
        assert f"host {name}: port 80 is held by apache2 (process " in said
    assert "systemctl disable --now apache2.service" in said
    assert "/etc/apache2/ports.conf" in said
    assert "upstream: http://127.0.0.1:8080" in said


def test_apache_moved_and_given_a_route_is_served_through_the_proxy(inventory, hosts, lab):
    for host in hosts.values():
        host.check_output(MOVE_APACHE)
        poll("Apache", lambda host=host: host.socket("tcp://127.0.0.1:8080").is_listening, 60)
    route = "            - path: /zm/\n"
    apache = (
        "            - path: /apache/\n              upstream: http://127.0.0.1:8080\n              prefix: strip\n"
    )
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(text.replace(route, apache + route), encoding="utf-8")
    run = runs.site(inventory)
    assert run.rc == 0, run.tail
    assert all(run.count(name, "failed") == 0 for name in hosts)


def test_apaches_page_comes_over_https(home, client):
    assert client.curl(home, f"https://{home.domain}/apache/index.html").stdout == APACHE_PAGE
    assert client.status(home, f"https://{home.domain}/constellation/") == "200"


def said(run: runs.Run) -> str:
    """Return what a run said, without the breaks in its lines."""
    return " ".join(run.text.split())


def is_reached(client, home) -> bool:
    """Whether a port without a rule answers; nothing listens there, so that an open one refuses at once."""
    answer = client.host.run(f"curl -sS --max-time 3 http://{home.ipv4}:{NO_RULE}/")
    assert answer.rc in (7, 28), answer.stderr
    return answer.rc == 7


@pytest.fixture(scope="module")
def opened(inventory, homes, client) -> list[runs.Run]:
    """Open each home server as another role does, and return what `site.yml` and `verify.yml` say of it."""
    for home in homes:
        assert not is_reached(client, home)
        home.host.check_output(OPENED)
        assert is_reached(client, home)
    return [runs.site(inventory), runs.playbook(runs.VERIFY, inventory)]


def test_c14_what_another_role_opened_is_told_by_the_run_and_by_verify(opened, homes):
    run, proofs = opened
    assert run.rc == 0, run.tail
    assert all(run.changed(home.name) == [] for home in homes), run.tail
    assert proofs.rc != 0, proofs.tail
    for one in opened:
        assert len(set(DELETE.findall(said(one)))) == 1, one.tail
        assert len(set(LINE.findall(said(one)))) == 1, one.tail


def test_c14_what_the_message_says_closes_it(opened, inventory, homes, client):
    [command], [(file, line)] = (set(what.findall(said(opened[0]))) for what in (DELETE, LINE))
    for home in homes:
        home.host.check_output(f"{command} && sed -i {line}d {file} && ufw reload")
        assert not is_reached(client, home)
    run = runs.site(inventory)
    assert run.rc == 0, run.tail
    assert "nothing is closed" not in said(run)
    proofs = runs.playbook(runs.VERIFY, inventory)
    assert proofs.rc == 0, proofs.tail
