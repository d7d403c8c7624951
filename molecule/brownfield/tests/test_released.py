# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: what is renewed when everything of ours has left."""

from __future__ import annotations

from conftest import side_by_side
from moving import of, owner_of
from renewing import assert_renewed_and_served, module, renewal

pytest_plugins = ["whole_move"]


def test_on_leaving_every_lineage_is_renewed_without_us_and_served(moved, movers, client):
    def leave(home) -> None:
        module(moved.inventory, home, "nginx_site", sites=[])
        ours = home.host.run("grep -l constellation-edge /etc/letsencrypt/renewal/*").stdout.split()
        left = module(moved.inventory, home, "certbot_certificate", state="released")
        assert sorted(f"/etc/letsencrypt/renewal/{name}.conf" for name in left["released"]) == sorted(ours)
        assert all(told.startswith("renews ") for told in left["released"].values())
        assert not home.host.file("/var/lib/constellation-edge/renewal").exists
        assert "constellation" not in home.host.check_output("cat /etc/letsencrypt/renewal/*").replace(home.domain, "")
        again = module(moved.inventory, home, "certbot_certificate", state="released")
        assert (again["changed"], again["released"]) == (False, {})
        home.host.check_output("mv /var/lib/constellation-edge /var/lib/away")
        lineages = [[of(home, name) for name in names] for names in owner_of(home).lineages]
        assert_renewed_and_served(client, home, {name: lineage[0] for lineage in lineages for name in lineage})
        assert renewal(home, home.domain)

    side_by_side(movers, leave)
