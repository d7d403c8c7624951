# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name that no DNS server knows: the machine itself answers for it on the LAN, by mDNS (RFC 6762).

The machine is real, and so are the questions: Avahi on both sides.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from lab import recipes
from lab.progress import poll

NAME = "printer.local"
PAGE = "printed here"
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"


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


class TestAvahi:
    """The host's own programs know the name, nginx does not: its address is written."""

    @pytest.fixture(scope="class")
    def run(self, printer, homes) -> runs.Run:
        """Have the hosts look names up by mDNS; return the run."""
        for home in homes:
            home.host.check_output("sh -c %s", f"{INSTALL} avahi-daemon libnss-mdns")
            home.host.check_output("systemctl enable --now avahi-daemon")
            poll(NAME, lambda home=home: home.host.run(f"getent ahostsv4 {NAME}").rc == 0, 60)
        return site()

    def test_the_address_is_written_and_named(self, run, printer, homes):
        assert run.rc == 0, run.tail
        assert f"NOTE upstream {NAME} is known to this host alone" in run.text, run.tail
        assert printer in run.text
        assert all(f"server {printer}:80 max_fails=0;" in site_file(home) for home in homes)

    def test_the_route_answers(self, run, homes, client):
        for home in homes:
            assert poll("the route", lambda home=home: served(client, home), 60)
