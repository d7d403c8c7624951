# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certbot renews by itself after a move is served, whichever way the owner had it made."""

from __future__ import annotations

import re

import pytest
import runs
from conftest import SCENARIO, side_by_side
from moving import CERTBOT, of, of_owner, owner_of, written_inventory
from owners import CAMERA
from renewing import assert_renewed_and_served, on_disk, renewal

pytest_plugins = ["whole_move"]
WEBROOT = "/var/lib/constellation-edge/acme"
# With it, a name is longer than nginx's hash of names has room for by itself: certbot's plugin, too, makes room then.
GARDEN = "camera-of-the-garden"
HOOK = "renew_hook = systemctl reload nginx"


def test_a_renewal_is_served_while_nothing_of_ours_runs(moved, movers, client):
    def check(home) -> None:
        lineages = [[of(home, name) for name in names] for names in owner_of(home).lineages]
        names = {name: lineage[0] for lineage in lineages for name in lineage}
        assert_renewed_and_served(client, home, names)

    side_by_side(movers, check)


def test_the_nginx_plugin_stays_where_it_is_installed_and_our_webroot_comes_where_it_is_not(moved, movers):
    for home in movers:
        text = renewal(home, home.domain)
        gone = bool(owner_of(home).later)
        assert ("authenticator = webroot" in text, HOOK in text) == (gone, gone), text
        assert ("authenticator = nginx" in text) == (not gone)
        assert "certbot certonly" not in moved.done.text


@pytest.mark.owners("article")
def test_a_lineage_made_with_standalone_serves_two_sites_and_is_renewed_through_our_webroot(
    moved, movers, lab, client, tmp_path
):
    for home in of_owner(movers, "article"):
        names = [f"{GARDEN}.{home.domain}", f"www.{home.domain}"]
        for name in names:
            lab.dns(name, home.ipv4)
        server = f"--server {SCENARIO['pebble']['directory']} --cert-name elsewhere"
        make = f"{CERTBOT} certonly --standalone {server} {' '.join(f'-d {name}' for name in names)}"
        done = home.host.run(f"systemctl stop nginx; {make}; made=$?; systemctl start nginx; exit $made")
        assert done.rc == 0, done.stdout + done.stderr
        archive = home.host.check_output("ls /etc/letsencrypt/archive/*")
        more = [{"server_name": name, "routes": [CAMERA]} for name in names]
        path = written_inventory([home], tmp_path / f"{home.name}.yml", more=more)
        first = runs.site(path, "--diff")
        assert first.rc == 0, first.tail
        assert home.host.check_output("ls /etc/letsencrypt/archive/*") == archive
        text = renewal(home, "elsewhere")
        assert "authenticator = webroot" in text
        assert text.count(WEBROOT) == 3
        for name in names:
            assert client.status(home, f"https://{name}/") == "200"
            assert f"NOTE {name} is served with the certificate elsewhere" in first.text
        again = runs.site(path)
        assert again.count(home.name, "changed") == 0, again.changed(home.name)
        assert_renewed_and_served(client, home, dict.fromkeys(names, "elsewhere"))


@pytest.mark.owners("article")
def test_a_folder_that_is_not_served_any_more_gives_way_to_our_webroot(moved, movers, client):
    """Behind the one above, whose lineage it takes."""
    for home in of_owner(movers, "article"):
        file = "/etc/letsencrypt/renewal/elsewhere.conf"
        home.host.check_output(f"sed -i -e 's#{WEBROOT}#/srv/gone#' -e '/renew_hook/d' {file}")
        home.host.check_output("rm /var/lib/constellation-edge/renewal/elsewhere.conf")
        was = on_disk(home, "elsewhere")
        wanted = [{"name": f"{GARDEN}.{home.domain}"}]
        answer = runs.module(moved.inventory, home.name, "certbot_certificate", certificates=wanted)
        assert answer["changed"]
        assert answer["certificates"][f"{GARDEN}.{home.domain}"]["lineage"] == "elsewhere"
        assert on_disk(home, "elsewhere") == was
        assert not runs.module(moved.inventory, home.name, "certbot_certificate", certificates=wanted)["changed"]
        assert_renewed_and_served(client, home, {f"www.{home.domain}": "elsewhere"})


@pytest.mark.owners("article")
def test_what_is_said_of_a_lineage_that_stays_its_owners_works_when_it_is_typed(moved, movers):
    """Behind the ones above, whose sites it takes."""
    for home in of_owner(movers, "article"):
        name = f"{GARDEN}.{home.domain}"
        file = f"/etc/letsencrypt/renewal/{name}.conf"
        server = SCENARIO["pebble"]["directory"]
        make = f"certonly --webroot -w {WEBROOT} --server {server} --cert-name {name} -d {name}"
        home.host.check_output(f"mkdir -p {WEBROOT} && {CERTBOT} {make} && rm -r {WEBROOT}")
        names = [name, f"www.{home.domain}"]
        for more, done_to_it in ((names[1], f"sed -i s/webroot$/manual/ {file}"), (home.domain, f"rm {file}")):
            home.host.check_output(done_to_it)
            wanted = [{"name": name, "names": list(dict.fromkeys([*names, more]))}]
            asked = {"certificates": wanted, "server": server}
            answer = runs.module(moved.inventory, home.name, "certbot_certificate", **asked)
            assert not answer["changed"]
            remedy = re.search("hand it over to this collection: `(.*?)`", answer["certificates"][name]["problem"])
            assert remedy, answer
            home.host.check_output(f"export {CERTBOT.partition(' ')[0]}; {remedy[1]}")
            answer = runs.module(moved.inventory, home.name, "certbot_certificate", **asked)
            assert (answer["changed"], answer["certificates"][name]["problem"]) == (False, ""), answer
        home.host.check_output(f"certbot delete --non-interactive --cert-name {name}; rm -r /etc/letsencrypt/*.old")
