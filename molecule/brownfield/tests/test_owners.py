# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes on of single owners' while their hosts are adopted."""

from __future__ import annotations

import json

import pytest
import runs
from conftest import Client, Home
from moving import look, of_owner, written_inventory

pytest_plugins = ["whole_move"]


@pytest.mark.owners("routes")
def test_his_login_and_his_own_locations_go_on(moved, movers, client):
    for home in of_owner(movers, "routes"):
        assert client.status(home, f"https://{home.domain}/zm/", "-u", "owner:camera") == "200"
        assert client.curl(home, f"https://{home.domain}/hello").stdout == "hello\n"


@pytest.mark.owners("routes")
def test_his_headers_go_on(moved, movers, client):
    for home in of_owner(movers, "routes"):
        assert_headers(client, home, "zm", "-u", "owner:camera")


@pytest.mark.owners("hand-made")
def test_the_headers_and_the_login_of_a_whole_server_go_on(moved, movers, client):
    for home in of_owner(movers, "hand-made"):
        assert_headers(client, home, "constellation")
        assert client.status(home, f"https://{home.domain}/private/", "-u", "owner:camera") != "401"


def assert_headers(client: Client, home: Home, path: str, *options: str) -> None:
    """Assert that a service gets the owner's header beside those of the route."""
    said = json.loads(client.curl(home, f"https://{home.domain}/{path}/echo", *options).stdout)
    headers = {name.lower(): value for name, value in said["headers"].items()}
    assert (headers["x-of-the-house"], headers["host"]) == ("yes", home.domain)
    assert headers["x-forwarded-for"] == client.ipv4


@pytest.mark.owners("three-names")
def test_a_site_that_is_not_in_the_inventory_is_not_touched(moved, movers):
    for home in of_owner(movers, "three-names"):
        path = "/etc/nginx/sites-available/own-page"
        assert look(home).digests[path] == moved.before[home.name].digests[path]
        lineages = [home.domain, "trial", f"camera.{home.domain}", f"www.{home.domain}"]
        assert sorted(home.host.check_output("ls /etc/letsencrypt/archive").split()) == sorted(lineages)


@pytest.mark.owners("other-proxy")
def test_where_another_program_has_the_ports_nothing_is_changed(prepared, client, tmp_path):
    there = of_owner(prepared, "other-proxy")
    before = {home.name: look(home) for home in there}
    path = written_inventory(there, tmp_path / "hosts.yml")
    for options in (["--check"], []):
        refused = runs.site(path, *options)
        assert refused.rc == 2, refused.tail
        assert refused.tasks[1:] == []
        for home in there:
            assert f"host {home.name}: ports 80 and 443 are held by apache2 (process " in refused.text
            assert "(in /etc/apache2/ports.conf `Listen 127.0.0.1:8080`, no `Listen 443`" in refused.text
            assert refused.count(home.name, "changed") == 0
    for home in there:
        assert look(home) == before[home.name]
        assert client.status(home, f"https://{home.domain}/", "-k") == "200"
