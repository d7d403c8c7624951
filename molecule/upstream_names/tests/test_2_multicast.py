# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name that no DNS server knows: the machine itself answers for it on the LAN, by mDNS (RFC 6762).

The machine is real, with Avahi; the home servers ask it by Avahi, then by systemd-resolved.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from lab import recipes
from lab.progress import poll

NAME, STUB = "printer.local", "127.0.0.53"
PAGE = "printed here"
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
# The host's resolv.conf is a mount of Docker's; systemd-resolved has to find Docker's own server elsewhere.
RESOLVED = "[Resolve]\\nMulticastDNS=yes\\nDNS=127.0.0.11\\n"


@pytest.fixture(scope="module")
def printer(lab) -> str:
    """Start a machine that answers for its own name; return its address."""
    lab.machine("printer", recipes.base_tag("debian13"))
    steps = (
        f"{INSTALL} avahi-daemon && systemctl enable --now avahi-daemon",
        f"mkdir -p /srv/page && echo {PAGE} > /srv/page/index.html",
        "systemd-run --unit page python3 -m http.server --directory /srv/page 80",
    )
    for step in steps:
        lab.exec("printer", ["sh", "-c", step])
    lab.wait_port("printer", 80)
    return str(lab.address("printer"))


def site() -> runs.Run:
    """Run `site.yml` with one route, to the machine."""
    route = {"path": "/", "upstream": f"http://{NAME}"}
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": [route]}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


def served(client: Any, home: Any) -> bool:
    """Whether the route leads to the machine."""
    return PAGE in client.curl(home, f"https://{home.domain}/", "--insecure", "--max-time", "3").stdout


def site_file(home: Any) -> str:
    """Return the text of the site."""
    return str(home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string)


def ask_by(homes, *steps: str) -> None:
    """Prepare the home servers, until they know the name."""
    for home in homes:
        for step in steps:
            home.host.check_output("sh -c %s", step)
        poll(NAME, lambda home=home: home.host.run(f"getent ahostsv4 {NAME}").rc == 0, 60)


class TestAvahi:
    """The host's own programs know the name, nginx does not: its address is written."""

    @pytest.fixture(scope="class")
    def run(self, printer, homes) -> runs.Run:
        """Have the hosts look names up by mDNS; return the run."""
        ask_by(homes, f"{INSTALL} avahi-daemon libnss-mdns", "systemctl enable --now avahi-daemon")
        return site()

    def test_the_address_is_written_and_named(self, run, printer, homes):
        assert run.rc == 0, run.tail
        assert f"NOTE upstream {NAME} is known to this host alone" in run.text, run.tail
        assert printer in run.text
        assert all(f"proxy_pass http://{printer};" in site_file(home) for home in homes)

    def test_the_route_answers(self, run, homes, client):
        for home in homes:
            assert poll("the route", lambda home=home: served(client, home), 60)


class TestResolved:
    """systemd-resolved answers nginx as a DNS server does, so that nginx follows the name by itself."""

    def test_nginx_asks_it(self, printer, homes, client):
        ask_by(
            homes,
            f"systemctl disable --now avahi-daemon avahi-daemon.socket; {INSTALL} systemd-resolved",
            "mkdir -p /etc/systemd/resolved.conf.d",
            f"printf '{RESOLVED}' > /etc/systemd/resolved.conf.d/lab.conf",
            f"printf 'nameserver {STUB}\\n' > /etc/resolv.conf",
            "systemctl restart systemd-resolved",
        )
        run = site()
        assert run.rc == 0, run.tail
        assert f"NOTE upstream {NAME} " not in run.text, run.tail
        for home in homes:
            assert f"resolver {STUB}" in site_file(home)
            assert poll("the route", lambda home=home: served(client, home), 60)
