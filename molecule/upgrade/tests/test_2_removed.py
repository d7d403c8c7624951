# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last of all: `remove.yml` takes away what either version left."""

from __future__ import annotations

import pytest
import runs
from whole_upgrade import look, ours

pytest_plugins = ["whole_upgrade"]

# Certificates are certbot's own and stay, as do packages, with services that a run switched on.
STAYS = (
    "/etc/letsencrypt",
    "/etc/nftables.conf",
    "/etc/rc",
    "/etc/systemd/system/multi-user.target.wants/",
    "/opt/constellation-",
)
# What packages had, and a run has edited or switched. The distribution's page comes back by the record alone.
EDITED = (
    "/etc/default/ufw",
    "/etc/ld.so.cache",
    "/etc/nginx/sites-enabled/default",
    "/etc/ufw/",
)


@pytest.fixture(scope="module")
def removed(upgrade) -> runs.Run:
    """Return the run. No version kept a record of the firewall, so its owner says how it was."""
    return runs.playbook(runs.REMOVE, runs.INVENTORY, "--extra-vars", "edge_ufw_was=inactive")


def test_it_is_whole(removed, upgrade, homes):
    assert removed.rc == 0, removed.tail
    for home in homes:
        before, after = upgrade.before[home.name], look(home)
        more = {path for path in set(after.files) - set(before.files) if not path.startswith(STAYS)}
        assert more == set()
        assert {path for path in after.folders - before.folders if not path.startswith(STAYS)} == set()
        assert ours(set(after.files) | after.folders) == ours(set(before.files) | before.folders)
        differ = {path for path, said in before.files.items() if after.files.get(path) != said}
        assert {path for path in differ if not path.startswith((*STAYS, *EDITED))} == set()
        assert (after.units, after.rules) == (before.units, before.rules)
        assert "constellation_edge" not in after.tables


@pytest.mark.long
def test_a_second_run_has_nothing_to_do(removed, homes):
    again = runs.playbook(runs.REMOVE)
    assert again.rc == 0, again.tail
    for home in homes:
        assert again.count(home.name, "changed") == 0, again.changed(home.name)
    assert "nothing of constellation.edge is on this host" in again.text
