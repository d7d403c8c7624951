# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back ends given by name, while DNS knows them, does not know them, and knows them elsewhere; in this order."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import runs
from lab import recipes
from lab.containers import File
from lab.paths import STANDINS
from lab.progress import poll

NAME_SERVER = STANDINS / "name_server.py"
ZONE = "/opt/names.json"
# nginx counts in whole seconds: an answer is kept for less than two. A request to the old address waits one.
AT_MOST = 4.0
WORKING = ("constellation", "zm", "hosts")


class Names:
    """The names of the LAN."""

    def __init__(self, lab: Any, addresses: dict[str, str]) -> None:
        """Start their server."""
        self._lab = lab
        self._known = {name: [address] for name, address in addresses.items()}
        files = {"/opt/name_server.py": File(NAME_SERVER.read_bytes()), ZONE: self._file()}
        lab.machine("names", recipes.services_tag(), command=["python3", "/opt/name_server.py", ZONE], files=files)
        self.address = lab.address("names")

    def set(self, name: str, *addresses: str) -> None:
        """Give a name other addresses, none to forget it."""
        self._known.pop(name, None)
        if addresses:
            self._known[name] = list(addresses)
        self._lab.put("names", {ZONE: self._file()})

    def _file(self) -> File:
        return File(json.dumps(self._known).encode())

    def use(self, home: Any, printer: str) -> None:
        """Let a home server ask here, and know one name by itself; both files are mounts of Docker's."""
        commands = (
            f"printf 'nameserver {self.address}\\nsearch home.test\\n' > /etc/resolv.conf",
            f"grep -q printer.box /etc/hosts || echo '{printer} printer.box' >> /etc/hosts",
        )
        for command in commands:
            home.host.check_output(command)


@pytest.fixture(scope="module")
def addresses(lab) -> dict[str, str]:
    """Return the machines of the LAN."""
    found = {name: lab.standins(name, jeedom=80) for name in ("nas-one", "nas-two")}
    return found | {"zm": lab.address("zoneminder")}


@pytest.fixture(scope="module")
def names(lab, homes, addresses) -> Names:
    """Return the DNS server that the home servers ask."""
    started = Names(lab, {"nas.home.test": addresses["nas-one"], "zm.home.test": addresses["zm"]})
    for home in homes:
        started.use(home, addresses["nas-two"])
    return started


def options(**upstreams: str) -> list[str]:
    """Return the options of a run with these upstreams instead of the usual ones."""
    routes = [
        {"path": "/constellation/", "app": "constellation", "upstream": "http://localhost:8088"},
        {"path": "/jeedom/", "app": "jeedom", "upstream": upstreams.get("jeedom", "http://nas.home.test")},
        {"path": "/zm/", "app": "zoneminder", "upstream": "http://zm"},
        {"path": "/hosts/", "prefix": "strip", "upstream": "http://printer.box"},
        {"path": "/gone/", "upstream": "http://gone.home.test"},
    ]
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": routes}]
    return ["-e", json.dumps({"edge_sites": sites})]


@pytest.fixture(scope="module")
def first(names) -> runs.Run:
    """Return the first run."""
    return runs.site(runs.INVENTORY, *options())


def status(client, home, route: str) -> str:
    """Return the status of a route's root; a request to a machine that is gone is given up soon."""
    return str(client.status(home, f"https://{home.domain}/{route}/", "--insecure", "--max-time", "1"))


def site_file(home) -> str:
    """Return the text of the site."""
    return str(home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string)


def resolves(home) -> bool:
    """Whether this nginx asks for the names of an upstream block."""
    version = re.search(r"nginx/([0-9.]+)", home.host.run("nginx -v").stderr)
    assert version
    return tuple(int(part) for part in version[1].split(".")) >= (1, 27, 3)


def location(text: str, path: str) -> str:
    """Return one location of a site."""
    return text.split(f"location {path} {{")[1].split("\n    }")[0]


class TestTheFirstRun:
    """Every name is written in the form that fits what is known of it."""

    def test_it_succeeds(self, first):
        assert first.rc == 0, first.tail

    @pytest.mark.parametrize("route", [*WORKING, "jeedom"])
    def test_routes_answer(self, first, homes, client, route):
        for home in homes:
            assert poll(route, lambda home=home: status(client, home, route) == "200", 60), route

    def test_a_name_that_nobody_knows_is_no_reason_to_fail(self, first, homes, client):
        for home in homes:
            assert status(client, home, "gone") == "502"
        assert "NOTE upstream gone.home.test has no address" in first.text

    def test_a_name_of_the_host_alone_is_an_address(self, first, homes, addresses):
        for home in homes:
            written = f"server {addresses['nas-two']}:80 max_fails=0;"
            assert written in site_file(home)
        assert "NOTE upstream printer.box is known to this host alone" in first.text
        assert addresses["nas-two"] in first.text

    def test_a_name_that_was_completed_is_asked_for_in_full(self, first, homes):
        for home in homes:
            assert "zm.home.test" in site_file(home)
        assert "NOTE upstream zm " not in first.text

    def test_localhost_asks_nobody(self, first, homes):
        for home in homes:
            assert "server 127.0.0.1:8088 max_fails=0;" in site_file(home)

    def test_the_form_follows_the_nginx(self, first, homes, names):
        for home in homes:
            text = site_file(home)
            assert f"resolver {names.address} valid=1s;" in text
            assert ("server nas.home.test:80 resolve" in text) == resolves(home)
            assert ("set $constellation_edge_upstream nas.home.test;" in text) != resolves(home)

    def test_the_next_run_changes_nothing(self, first, homes):
        second = runs.site(runs.INVENTORY, *options())
        assert second.rc == 0, second.tail
        for home in homes:
            assert second.count(home.name, "changed") == 0, second.tail


class TestANameThatIsGone:
    """nginx starts without it, and serves the rest."""

    @pytest.mark.parametrize("how", ["systemctl restart nginx", "reboot"])
    def test_nginx_starts(self, first, lab, names, homes, addresses, client, how):
        names.set("nas.home.test")
        for home in homes:
            if how == "reboot":
                lab.restart(home.name)
                names.use(home, addresses["nas-two"])
            else:
                home.host.check_output(how)
            assert home.host.check_output("systemctl is-active nginx") == "active"
            for route in WORKING:
                poll(route, lambda home=home, route=route: status(client, home, route) == "200", 60)
            assert status(client, home, "jeedom") == "502"

    def test_a_run_meanwhile_leaves_the_file_and_says_it(self, first, homes):
        before = [site_file(home) for home in homes]
        meanwhile = runs.site(runs.INVENTORY, *options())
        assert meanwhile.rc == 0, meanwhile.tail
        assert "NOTE upstream nas.home.test has no address" in meanwhile.text
        assert [site_file(home) for home in homes] == before

    def test_it_comes_back_by_itself(self, first, names, homes, addresses, client):
        for home in homes:
            assert status(client, home, "jeedom") == "502"
        names.set("nas.home.test", addresses["nas-one"])
        for home in homes:
            poll("the name", lambda home=home: status(client, home, "jeedom") == "200", 60)


class TestAnotherAddress:
    """nginx follows without a reload."""

    def test_it_is_followed(self, first, lab, names, homes, addresses, client):
        one = lab.client.containers.get(lab.container_name("nas-one"))
        for home in [each for each in homes for _time in range(3)]:
            one.stop(timeout=0)
            changed = time.monotonic()
            names.set("nas.home.test", addresses["nas-two"])
            poll("the new address", lambda home=home: status(client, home, "jeedom") == "200", 60)
            late = time.monotonic() - changed
            print(f"{home.name}: followed after {late:.2f} s")
            one.start()
            lab.wait_port("nas-one", 80)
            names.set("nas.home.test", addresses["nas-one"])
            time.sleep(AT_MOST)


class TestFromANameToAnAddress:
    """Our lines go, an owner's stay; what is shown before is what is done."""

    @pytest.fixture(scope="class")
    def changed(self, first, homes, addresses) -> tuple[runs.Run, runs.Run]:
        """Put an owner's lines beside ours; return the run that only shows and the one that does."""
        for home in homes:
            file = f"/etc/nginx/sites-available/{home.domain}"
            home.host.check_output(
                "sed -i '/location .jeedom. {/a\\        set $mine 1;\\n        rewrite ^/old/(.*) /$1;' %s", file
            )
        wanted = options(jeedom=f"http://{addresses['nas-two']}")
        shown = runs.site(runs.INVENTORY, *wanted, "--check", "--diff")
        return shown, runs.site(runs.INVENTORY, *wanted, "--diff")

    def test_it_works(self, changed, homes, client):
        shown, done = changed
        assert shown.rc == 0, shown.tail
        assert done.rc == 0, done.tail
        for home in homes:
            assert status(client, home, "jeedom") == "200"

    def test_what_was_shown_was_done(self, changed):
        # What one task would have done is still to do for a later one when nothing is done: shown twice.
        shown, done = (set(re.findall(r"^[-+][^-+].*[;{}].*$", each.text, re.MULTILINE)) for each in changed)
        assert any("proxy_pass" in line for line in shown)
        assert shown == done

    def test_ours_went_and_the_owners_stayed(self, changed, homes):
        for home in homes:
            text = site_file(home)
            body = location(text, "/jeedom/")
            assert "set $mine 1;" in body
            assert "rewrite ^/old/(.*) /$1;" in body
            assert "resolver" not in body
            assert "constellation_edge_upstream" not in body
            assert "nas.home.test" not in text

    @pytest.mark.long
    def test_the_next_run_changes_nothing(self, changed, homes, addresses):
        last = runs.site(runs.INVENTORY, *options(jeedom=f"http://{addresses['nas-two']}"))
        assert all(last.count(home.name, "changed") == 0 for home in homes), last.tail
