# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name of any length that the inventory takes is one that nginx takes with what we write."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._hash_size import (
    says_size,
    taken,
    with_size,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import Judge

LONGEST = 253
SIZE = "server_names_hash_bucket_size"


def name_of(length: int) -> str:
    """Return a host name of so many letters, each label within what DNS allows."""
    tail = ".example.org"
    rest = length - len(tail)
    labels = [min(40, rest - at) for at in range(0, rest, 41)]
    return ".".join("a" * each for each in labels if each)[:rest].rstrip(".").ljust(rest, "b") + tail


def tree(name: str, *, without_size: bool = False) -> dict[str, bytes]:
    sites = read_sites(
        [{"server_name": name, "routes": [{"path": "/", "upstream": "http://127.0.0.1:8088"}]}], {"generic": {}}
    )
    files = {}
    every = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), True)))
    main = "events {}\nhttp { include sites/*; }\n"
    for declared in every:
        # Certificates are another test's.
        for server in declared["servers"]:
            server["listen"] = [each.replace(" ssl", "").replace(" http2", "") for each in server["listen"]]
            server.pop("certificate", None)
            server["directives"] = {
                key: each for key, each in server["directives"].items() if not key.startswith(("ssl", "http2"))
            }
        wanted = next(each for each in _declaration.sites(every) if each.name == declared["name"])
        if says_size(wanted):
            size = taken(wanted, _declaration.sites(every))
            main = main if without_size else with_size(main, size, "nginx.conf")
        text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True) or ""
        files[f"sites/{declared['name'][:20]}"] = text.encode()
    return {"nginx.conf": main.encode(), **files}


def test_c7_every_length_of_a_name(judge: Judge) -> None:
    names = [name_of(length) for length in range(23, LONGEST + 1)]
    assert [len(name) for name in names] == list(range(23, LONGEST + 1))
    verdicts = judge.verdicts([tree(name) for name in names])
    assert [(len(name), each.message) for name, each in zip(names, verdicts, strict=True) if not each.accepted] == []


@pytest.mark.parametrize(("length", "accepted"), [(46, True), (47, False), (LONGEST, False)])
def test_c7_what_nginx_takes_by_itself(judge: Judge, length: int, accepted: bool) -> None:
    [verdict] = judge.verdicts([tree(name_of(length), without_size=True)])
    assert verdict.accepted is accepted
    assert accepted or SIZE in verdict.message
