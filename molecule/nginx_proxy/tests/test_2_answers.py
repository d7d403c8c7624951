# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide's routes that nginx answers itself, and its site that leads elsewhere, asked from another machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home
from guide import BLOCKS

SITES = {site["server_name"]: site for block in BLOCKS for site in block if isinstance(site["server_name"], str)}
NAME = "{{ inventory_hostname }}.example.org"
ELSEWHERE = "https://photos.example.org"
SERVICE = {"path": "/wiki/", "return": {"code": 200, "text": "wiki"}}
FILES = """
set -e
mkdir -p /srv/www/.git /srv/app /srv/closed
printf start > /srv/www/index.html
printf secret > /srv/www/.git/config
ln -sf /etc/hostname /srv/www/link
printf application > /srv/app/index.html
chmod 700 /srv/closed
"""


def routes_of(name: str) -> list[dict[str, Any]]:
    """Return the routes of a site of the guide that nginx answers itself."""
    return [route for route in SITES[name]["routes"] if "upstream" not in route]


def run(*given: dict[str, Any], options: tuple[str, ...] = ()) -> runs.Run:
    """Run the playbook with these routes, and with the guide's site that leads elsewhere."""
    old = {"server_name": f"camera.{NAME}", "redirect": SITES["old.example.org"]["redirect"]}
    assert old["redirect"] == "https://home.example.org"
    sites = [{"server_name": NAME, "routes": [*given]}, {**old, "redirect": f"https://{NAME}"}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}), *options)


@pytest.fixture(scope="module")
def done(homes: list[Home]) -> runs.Run:
    """Run with the guide's routes, the root of the site with files below a path of its own."""
    for home in homes:
        home.host.check_output("sh -c %s", FILES)
    root, application = routes_of("www.example.org")
    files = [{**root, "path": "/files/"}, application]
    constellation = {"path": "/constellation/", "app": "constellation"}
    return run(constellation, SERVICE, *routes_of("apps.example.org"), *routes_of("club.example.org"), *files)


def answer(client: Client, home: Home, path: str, *options: str, name: str = "") -> str:
    """Return status and Location of an answer, then its body."""
    shown = ("-k", "-w", "%{stderr}%{http_code} %{redirect_url}")
    done = client.curl(home, f"https://{name}{home.domain}{path}", *shown, *options)
    return f"{done.stderr.strip()}\n{done.stdout}"


def test_it_succeeds(done: runs.Run) -> None:
    assert done.rc == 0, done.tail


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/any?x=y", "302 https://HOME/wiki/"),
        ("/photos/2026/a%20b?page=2", f"308 {ELSEWHERE}/2026/a%20b?page=2"),
        ("/photos?x", "308 https://HOME/photos/?x"),
        ("/shop/x?y", f"308 {ELSEWHERE}/prints.html"),
        ("/forum/any.html", "410\nThe forum has ended."),
        ("/files/", "200\nstart"),
        ("/files", "308 https://HOME/files/"),
        ("/app/some/where", "200\napplication"),
    ],
)
def test_nginx_answers_itself(done: runs.Run, homes: list[Home], client: Client, path: str, said: str) -> None:
    for home in homes:
        found = answer(client, home, path)
        wanted = said.replace("HOME", home.domain)
        assert found.startswith(f"{wanted.partition(chr(10))[0]}".rstrip()), found
        assert found.endswith(wanted.partition("\n")[2])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/files/.git/config", "404"), ("/files/link", "403"), ("/files/%2e%2e/hostname", "400"), ("/app/.git", "404")],
)
def test_no_more_of_a_directory_is_shown(
    done: runs.Run, homes: list[Home], client: Client, path: str, status: str
) -> None:
    for home in homes:
        assert client.status(home, f"https://{home.domain}{path}", "-k", "--path-as-is") == status


def test_a_directory_takes_nothing(done: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert client.status(home, f"https://{home.domain}/files/new", "-k", "-T", "/etc/hostname") == "405"


def test_a_connection_is_closed_and_the_text_has_its_type(done: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert client.status(home, f"https://{home.domain}/wp-admin/", "-k") == "000"
        head = client.curl(home, f"https://{home.domain}/forum/any.html", "-k", "-D", "-", "-o", "/dev/null").stdout
        assert "content-type: text/plain; charset=utf-8" in head.lower()
        assert "strict-transport-security" in head.lower()


def test_what_only_the_routes_before_had_is_gone(done: runs.Run, homes: list[Home]) -> None:
    """Among them are authorities and directives of their owner's, which are files beside the site."""
    for home in homes:
        assert home.host.file("/etc/nginx/constellation-edge").listdir() == []
        assert "proxy_ssl" not in home.host.file(f"/etc/nginx/sites-available/{home.domain}").content_string


def test_a_whole_name_leads_elsewhere(done: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        found = answer(client, home, "/a%20b?c=d", name="camera.")
        assert found.startswith(f"308 https://{home.domain}/a%20b?c=d")


def test_the_end_of_the_run_has_asked_each(done: runs.Run) -> None:
    assert "instead of" not in done.text, done.tail


def test_what_nginx_cannot_read_is_told_before_anything_is_changed(done: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        home.host.check_output("mkdir -p /home/owner/www && chmod 755 /home/owner /home/owner/www")
    wrong = {"/none/": "/srv/none", "/closed/": "/srv/closed", "/home/": "/home/owner/www"}
    told = run(*({"path": path, "static": folder} for path, folder in wrong.items()), options=("--check",))
    assert told.rc != 0
    for home in homes:
        place = f"host {home.name}, site {home.domain}, route"
        for said in (
            f"{place} /none/: static: /srv/none is not there on the host",
            f"{place} /closed/: static: nginx's user www-data cannot read /srv/closed, because /srv/closed does not",
            f"{place} /home/: static: nginx's sandbox (ProtectHome) hides /home/owner/www",
        ):
            assert said in " ".join(told.text.split()), told.tail
