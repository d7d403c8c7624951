# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a site is answered, and by which address its clients are known: each key asked from another machine."""

from __future__ import annotations

import json
import re

import pytest
import runs
from conftest import Client, Home

NAME = "{{ inventory_hostname }}.example.org"
ROUTES = [{"path": "/", "return": {"code": 200, "text": "here"}}, {"path": "/constellation/", "app": "constellation"}]
PUBLIC, AT_HOME = "203.0.113.9", "192.168.77.5"
# nginx before 1.19.4 cannot refuse a name, and shows a certificate of nobody's.
OLD = "self-signed certificate"


def run(client: Client, homes: list[Home]) -> runs.Run:
    """Run with a site that takes another machine for its proxy, beside one that does not."""
    plain = ROUTES[:1]
    own = f"{{{{ {json.dumps({home.name: home.ipv4 for home in homes})}[inventory_hostname] }}}}"
    sites = [
        {"server_name": NAME, "routes": ROUTES, "trusted_proxies": ["cloudflare", client.ipv4]},
        {"server_name": f"www.{NAME}", "routes": plain, "http": "serve", "listen": own},
        {
            "server_name": f"camera.{NAME}",
            "routes": plain,
            "trusted_proxies": client.ipv4,
            "maintenance": {"allow": ["lan", PUBLIC]},
            "http": "off",
        },
        {"server_name": f"camera-of-the-garden.{NAME}", "routes": plain, "http_code": 308},
    ]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


@pytest.fixture(scope="module")
def done(client: Client, homes: list[Home]) -> runs.Run:
    """Return the run."""
    return run(client, homes)


def test_it_succeeds(done: runs.Run) -> None:
    assert done.rc == 0, done.tail


def test_every_answer_is_the_one_that_is_declared(done: runs.Run, homes: list[Home]) -> None:
    """Port 80 and maintenance among them, as the run itself has asked."""
    problems = re.findall(r"PROBLEM \w+://([\w.-]+)", done.text)
    # The lab's DNS does not know that name, so that it has no certificate.
    assert all(each.startswith("camera-of-the-garden.") for each in problems), done.tail
    for home in homes:
        assert f"www.{home.domain} is served without TLS, too" in done.text


class TestTrustedProxies:
    """What a proxy says of its client."""

    def status(self, client: Client, home: Home, name: str, *chain: str) -> str:
        """Ask as a proxy with this X-Forwarded-For."""
        said = ("-k", *(word for each in chain for word in ("-H", f"X-Forwarded-For: {each}")))
        return client.status(home, f"https://{name}{home.domain}/", *said)

    def logged(self, home: Home, name: str) -> str:
        """Return the address of the last client of a site."""
        path = f"/var/log/nginx/{name}{home.domain}.access.log"
        return str(home.host.check_output(f"tail -n 1 {path}")).split()[0]

    @pytest.mark.parametrize(
        ("chain", "address"),
        [
            ((), ""),
            ((PUBLIC,), PUBLIC),
            # What the client itself has sent stands in front of what the proxy says of it.
            ((f"{AT_HOME}, {PUBLIC}",), PUBLIC),
            ((AT_HOME, PUBLIC), PUBLIC),
            (("nonsense",), ""),
            # Another proxy of the list in between.
            ((f"{AT_HOME}, {PUBLIC}, 173.245.48.7",), PUBLIC),
        ],
    )
    def test_the_clients_address_is_the_one_that_is_logged(
        self, done: runs.Run, homes: list[Home], client: Client, chain: tuple[str, ...], address: str
    ) -> None:
        for home in homes:
            assert self.status(client, home, "", *chain) == "200", done.tail
            assert self.logged(home, "") == (address or client.ipv4)

    def test_another_site_believes_nobody(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            assert self.status(client, home, "www.", PUBLIC) == "200"
            assert self.logged(home, "www.") == client.ipv4

    def test_port_80_knows_the_client_too(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            assert client.status(home, f"http://{home.domain}/", "-H", f"X-Forwarded-For: {PUBLIC}") == "301"
            assert self.logged(home, "") == PUBLIC

    @pytest.mark.parametrize(("chain", "status"), [((), "503"), ((PUBLIC,), "200"), ((AT_HOME,), "503")])
    def test_a_proxy_outside_the_lan_lets_nobody_into_it(
        self, done: runs.Run, homes: list[Home], client: Client, chain: tuple[str, ...], status: str
    ) -> None:
        for home in homes:
            assert self.status(client, home, "camera.", *chain) == status

    def test_a_proxy_does_not_pass_for_the_host_itself(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for address in (home.ipv4, "127.0.0.1"):
                assert self.status(client, home, "camera.", address) == "503"

    def test_proxies_are_neither_banned_nor_counted(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            table = home.host.check_output("nft list table inet constellation_edge")
            jails = home.host.check_output("cat /etc/fail2ban/jail.d/*constellation*")
            for network in ("173.245.48.0/20", "2400:cb00::/32", client.ipv4):
                assert network in jails
            assert "173.245.48.0/20" in table
            assert "2400:cb00::/32" in table


class TestPort80:
    """What is answered without TLS."""

    @pytest.mark.parametrize(
        ("name", "answer"), [("", "301"), ("www.", "200"), ("camera.", "000"), ("camera-of-the-garden.", "308")]
    )
    def test_the_site_decides(self, done: runs.Run, homes: list[Home], client: Client, name: str, answer: str) -> None:
        for home in homes:
            assert client.status(home, f"http://{name}{home.domain}/") == answer, done.tail

    def test_what_is_off_is_closed_and_not_refused(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            answers = [
                client.curl(home, f"http://{name}/").stderr for name in (f"camera.{home.domain}", "unknown.example.org")
            ]
            assert all("Empty reply" in each for each in answers), answers

    def test_each_has_its_certificate_and_answers_challenges(
        self, done: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            for name in ("", "www.", "camera."):
                path = f"{name}{home.domain}/.well-known/acme-challenge/none"
                assert client.status(home, f"http://{path}") == "404"
                # curl trusts the test's authority alone.
                assert client.status(home, f"https://{name}{home.domain}/") in ("200", "503")

    def test_browsers_are_not_kept_from_clear_text(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for scheme in ("http", "https"):
                head = client.curl(home, f"{scheme}://www.{home.domain}/", "-i", "-k").stdout.lower()
                assert "x-content-type-options: nosniff" in head
                assert "strict-transport-security" not in head


class TestListen:
    """A site that one of the host's addresses has."""

    def test_it_is_answered_there_alone(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            url = f"www.{home.domain}/"
            assert [client.status(home, f"{scheme}://{url}") for scheme in ("http", "https")] == ["200", "200"]
            closed, rejected = (client.curl(home, f"{scheme}://{url}", family=6) for scheme in ("http", "https"))
            assert "Empty reply" in closed.stderr
            assert (OLD if home.name == "home-ubuntu2204" else "unrecognized name") in rejected.stderr

    def test_the_other_sites_are_answered_at_both(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for family in (4, 6):
                assert client.status(home, f"https://{home.domain}/", family=family) == "200"

    def test_other_names_are_refused_at_both(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for family in (4, 6):
                for scheme in ("http", "https"):
                    assert client.status(home, f"{scheme}://unknown.example.org/", "-k", family=family) == "000"

    def test_challenges_are_answered_at_both(self, done: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for family in (4, 6):
                path = f"www.{home.domain}/.well-known/acme-challenge/none"
                assert client.status(home, f"http://{path}", family=family) == "404"

    def test_nginx_waits_for_no_address_when_it_starts(self, done: runs.Run, homes: list[Home]) -> None:
        for home in homes:
            held = home.host.check_output("ss -H -ltn 'sport = :443 or sport = :80'")
            assert home.ipv4 not in held
            assert "0.0.0.0:443" in held

    def test_an_address_of_another_host_is_refused(self, client: Client, homes: list[Home]) -> None:
        sites = [{"server_name": NAME, "routes": ROUTES, "listen": client.ipv4}]
        refused = runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))
        assert refused.rc != 0
        assert f"listen: {client.ipv4} is no address of this host" in refused.text
        assert "changed=0" in refused.text
