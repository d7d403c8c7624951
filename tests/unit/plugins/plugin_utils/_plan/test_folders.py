# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory that nginx cannot read is told before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.folders import (
    directories,
    folder_notes,
    folder_problems,
)

ROUTES = [{"path": "/", "upstream": "http://10.0.0.1"}, {"path": "/a/", "static": "/srv/www"}]
SITES = [
    {"server_name": "a.example.org", "routes": ROUTES},
    {"server_name": "b.example.org", "redirect": "https://c.d"},
]
FOUND = {"real": "/srv/www", "state": "", "at": "", "user": "www-data", "hidden": False}


def told(*omitted: str, **found: Any) -> list[str]:
    sites = read_sites(SITES, {"generic": {}})
    assert directories(sites) == ["/srv/www"]
    problems = folder_problems(SITES, sites, {"/srv/www": FOUND | found}, omitted)
    assert all((each.place, each.value) == ("site a.example.org, route /a/", ROUTES[1]) for each in problems)
    return [each.text for each in problems]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"state": "missing"}, "static: /srv/www is not there on the host: create it"),
        ({"real": "/run"}, "static: /srv/www is /run on the host, with files of the system, which nobody is to read"),
        ({"real": "/etc/x"}, "static: /srv/www is /etc/x on the host, with files of the system"),
        ({"state": "file"}, "static: /srv/www is no directory on the host"),
        (
            {"state": "closed", "at": "/srv"},
            "static: nginx's user www-data cannot read /srv/www, because /srv does not let it in: `sudo chmod",
        ),
        ({"hidden": True}, "static: the nginx that runs on the host does not see /srv/www, because its unit hides it"),
        (
            {"real": "/home/me/www"},
            "static: nginx's sandbox (ProtectHome) hides /home/me/www: write `nginx_proxy_",
        ),
        (
            {"real": "/tmp/www"},
            "static: nginx's sandbox (PrivateTmp) hides /tmp/www: write `nginx_proxy_sandbox_omit: [",
        ),
    ],
)
def test_what_keeps_nginx_out_is_told_with_the_remedy(found: dict[str, Any], said: str) -> None:
    (text,) = told(**found)
    assert text.startswith(said)
    assert text.endswith(("/srv/www", "clients may have in it", "the file is in"))


def test_what_nginx_can_read_says_nothing() -> None:
    assert told() == []
    assert told("ProtectHome", real="/home/me/www") == []
    assert len(told("ProtectHome", real="/tmp/www")) == 1


def test_a_sandbox_that_ends_with_the_next_start_is_a_note() -> None:
    found = {"real": "/home/me/www", "hidden": True}
    assert told("ProtectHome", **found) == []
    (note,) = folder_notes({"/srv/www": FOUND | found}, ("ProtectHome",))
    assert "`sudo systemctl restart nginx`" in note
    assert not [*folder_notes({"/srv/www": FOUND}, ("ProtectHome",))]
