# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: `remove.yml` on hosts that were bare before the first run."""

from __future__ import annotations

import json

import pytest
import runs
from conftest import side_by_side

# A location of the owner's in a server of ours, on the first host: there, that site goes on.
OWN = "s#^    location /zm/ {#    location = /own { return 200 own; }\\n\\n&#"
SERVER = "/opt/constellation-server/Constellation.Server.exe.config"


def site_file(home) -> str:
    """Return the file of a host's main site."""
    return f"/etc/nginx/sites-available/{home.domain}"


@pytest.fixture(scope="session")
def removed(homes) -> runs.Run:
    """Leave, with the Constellation server back at its old address."""
    file = site_file(homes[0])
    homes[0].host.check_output(f"sed -i %s {file} && nginx -t && systemctl reload nginx", OWN)
    options = json.dumps({"edge_restore_constellation": True})
    return runs.playbook(runs.REMOVE, runs.INVENTORY, "--extra-vars", options)


def test_what_was_not_there_is_gone_or_off(removed, homes):
    assert removed.rc == 0, removed.tail

    def check(home) -> None:
        ours = "find /etc /var/lib /usr/local/lib -name '*constellation-edge*' ! -name '*-edge-lab-*'"
        left = home.host.run(f"{ours}; ls /etc/nginx/sites-enabled")
        kept = [home.domain] if home is homes[0] else []
        assert left.stdout.split() == ["default", *kept], left.stdout
        assert "Status: inactive" in home.host.check_output("ufw status")
        assert home.host.check_output("ufw show added").splitlines()[1:] in ([], ["(None)"])
        for name in ("fail2ban",) if kept else ("nginx", "fail2ban"):
            assert home.host.run(f"systemctl is-active {name}").stdout.strip() != "active"
            assert home.host.run(f"systemctl is-enabled {name}").stdout.strip() == "disabled"
        assert home.host.run("nft list table inet constellation_edge").rc != 0
        assert home.host.run("dpkg --verify nginx nginx-common ufw fail2ban").stdout == ""
        assert home.host.run(f"grep -c 'http://+:8088/\"' {SERVER}").stdout.strip() == "1"

    side_by_side(homes, check)


def test_a_site_with_a_block_of_the_owners_goes_on_without_us(removed, homes, client):
    home = homes[0]
    assert f"NOTE {site_file(home)} stays whole and is yours from now on" in removed.text
    assert home.host.run("nginx -t").rc == 0
    text = home.host.file(site_file(home)).content_string
    assert "log_format home_edge " in text
    assert "constellation_edge " not in text
    for path, status in (("own", "200"), ("zm/", "200"), ("jeedom/", "200"), ("nothing/", "404")):
        assert client.status(home, f"https://{home.domain}/{path}") == status, path
    assert client.curl(home, f"https://{home.domain}/own").stdout == "own"
    assert client.status(home, f"http://{home.domain}/zm/") == "301"


def test_what_stays_is_told(removed, homes):
    assert removed.text.count("`apt-get purge nginx certbot ufw fail2ban") == len(homes), removed.tail
    assert removed.text.count("what packages brought with them: ") == len(homes)


def test_certificates_renew_without_us(removed, homes):
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
