# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: `remove.yml` on hosts that were bare before the first run."""

from __future__ import annotations

import json

import pytest
import runs
from conftest import side_by_side

SERVER = "/opt/constellation-server/Constellation.Server.exe.config"


@pytest.fixture(scope="session")
def removed(homes) -> runs.Run:
    """Leave, with the Constellation server back at its old address."""
    options = json.dumps({"edge_restore_constellation": True})
    return runs.playbook(runs.REMOVE, runs.INVENTORY, "--extra-vars", options)


def test_what_was_not_there_is_gone_or_off(removed, homes):
    assert removed.rc == 0, removed.tail

    def check(home) -> None:
        ours = "find /etc /var/lib /usr/local/lib -name '*constellation-edge*' ! -name '*-edge-lab-*'"
        left = home.host.run(f"{ours}; ls /etc/nginx/sites-enabled")
        assert left.stdout.split() == ["default"], left.stdout
        assert "Status: inactive" in home.host.check_output("ufw status")
        assert home.host.check_output("ufw show added").splitlines()[1:] in ([], ["(None)"])
        for name in ("nginx", "fail2ban"):
            assert home.host.run(f"systemctl is-active {name}").stdout.strip() != "active"
            assert home.host.run(f"systemctl is-enabled {name}").stdout.strip() == "disabled"
        assert home.host.run("nft list table inet constellation_edge").rc != 0
        assert home.host.run("dpkg --verify nginx nginx-common ufw fail2ban").stdout == ""
        assert home.host.run(f"grep -c 'http://+:8088/\"' {SERVER}").stdout.strip() == "1"

    side_by_side(homes, check)


def test_what_stays_is_told(removed, homes):
    assert removed.text.count("`apt-get purge nginx certbot ufw fail2ban") == len(homes), removed.tail
    assert removed.text.count("what packages brought with them: ") == len(homes)


def test_certificates_renew_with_nothing_on_port_80(removed, homes):
    def renew(home) -> None:
        command = "certbot renew --force-renewal --no-random-sleep-on-renew"
        done = home.host.run(f"REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt {command}")
        assert done.rc == 0, done.stdout + done.stderr

    side_by_side(homes, renew)


def test_a_second_run_has_nothing_to_do(removed, homes):
    again = runs.playbook(runs.REMOVE)
    assert again.rc == 0, again.tail
    for home in homes:
        assert again.count(home.name, "changed") == 0, again.changed(home.name)
