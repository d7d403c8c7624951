# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that no DNS server knows: the machine itself answers for them, by mDNS (RFC 6762) or LLMNR (RFC 4795).

The machine is real, with Avahi and systemd-resolved; the home servers ask it in three ways, one after the other.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from lab import recipes
from lab.progress import poll

STUB = "127.0.0.53"
PAGE = "printed here"
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
RESOLVED = "[Resolve]\\nMulticastDNS=%s\\nLLMNR=%s\\n"


@pytest.fixture(scope="module")
def printer(lab) -> str:
    """Start a machine that answers for its own name; return its address."""
    lab.machine("printer", recipes.base_tag("debian13"))
    steps = (
        f"{INSTALL} avahi-daemon systemd-resolved",
        f"mkdir -p /srv/page /etc/systemd/resolved.conf.d && echo {PAGE} > /srv/page/index.html",
        # Avahi answers mDNS, systemd-resolved LLMNR.
        f"printf '{RESOLVED % ('no', 'yes')}' > /etc/systemd/resolved.conf.d/lab.conf",
        "systemctl enable --now avahi-daemon && systemctl restart systemd-resolved",
        "systemd-run --unit page python3 -m http.server --directory /srv/page 80",
    )
    for step in steps:
        lab.exec("printer", ["sh", "-c", step])
    lab.wait_port("printer", 80)
    return str(lab.address("printer"))


def with_upstream(homes, upstream: str) -> runs.Run:
    """Run `site.yml` with one route to this upstream, and the port of LLMNR open to its answers."""
    site = {"server_name": "{{ inventory_hostname }}.example.org", "routes": [{"path": "/", "upstream": upstream}]}
    lan = ".".join(homes[0].ipv4.split(".")[:2]) + ".0.0/16"
    rules = [{"port": 5355, "proto": "udp", "source": lan, "comment": "LLMNR"}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": [site], "edge_firewall_rules": rules}))


def page(client: Any, home: Any) -> str:
    """Return what the route answers."""
    done = client.curl(home, f"https://{home.domain}/", "--insecure", "--max-time", "3")
    return str(done.stdout)


def served(client: Any, home: Any) -> bool:
    """Whether the route leads to the machine."""
    return PAGE in page(client, home)


def site_file(home: Any) -> str:
    """Return the text of the site."""
    return str(home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string)


def use_resolved(homes, multicast_dns: str, llmnr: str) -> None:
    """Let the home servers ask systemd-resolved alone, for DNS and for the rest."""
    for home in homes:
        for step in (
            f"{INSTALL} systemd-resolved",
            "mkdir -p /etc/systemd/resolved.conf.d",
            f"printf '{RESOLVED % (multicast_dns, llmnr)}' > /etc/systemd/resolved.conf.d/lab.conf",
            # The file is a mount of Docker's; systemd-resolved has to find its own server elsewhere.
            "printf 'DNS=127.0.0.11\\n' >> /etc/systemd/resolved.conf.d/lab.conf",
            f"printf 'nameserver {STUB}\\n' > /etc/resolv.conf",
            "systemctl restart systemd-resolved",
        ):
            home.host.check_output("sh -c %s", step)


class TestAvahi:
    """The host's own programs know the name, nginx does not: its address is written."""

    @pytest.fixture(scope="class")
    def run(self, printer, homes) -> runs.Run:
        """Have the hosts look names up by mDNS; return the run."""
        for home in homes:
            home.host.check_output("sh -c %s", f"{INSTALL} avahi-daemon libnss-mdns")
            home.host.check_output("systemctl enable --now avahi-daemon")
            poll("mDNS", lambda home=home: home.host.run("getent ahostsv4 printer.local").rc == 0, 30)
        return with_upstream(homes, "http://printer.local")

    def test_the_address_is_written_and_named(self, run, printer, homes):
        assert run.rc == 0, run.tail
        assert "NOTE upstream printer.local is known to this host alone" in run.text, run.tail
        assert printer in run.text
        assert all(f"proxy_pass http://{printer};" in site_file(home) for home in homes)

    def test_the_route_answers(self, run, homes, client):
        for home in homes:
            assert poll("the route", lambda home=home: served(client, home), 10)


class TestResolved:
    """systemd-resolved answers nginx as a DNS server does, so that nginx follows the name by itself."""

    @pytest.mark.parametrize(
        ("upstream", "multicast_dns", "llmnr"), [("http://printer.local", "yes", "no"), ("http://printer", "no", "yes")]
    )
    def test_nginx_asks_it(self, printer, homes, client, upstream, multicast_dns, llmnr):
        use_resolved(homes, multicast_dns, llmnr)
        name = upstream.removeprefix("http://")
        for home in homes:
            poll(name, lambda home=home: home.host.run(f"resolvectl query -4 {name}").rc == 0, 30)
        run = with_upstream(homes, upstream)
        assert run.rc == 0, run.tail
        assert f"NOTE upstream {name} " not in run.text, run.tail
        for home in homes:
            assert f"resolver {STUB}" in site_file(home)
            assert poll("the route", lambda home=home: served(client, home), 10)
