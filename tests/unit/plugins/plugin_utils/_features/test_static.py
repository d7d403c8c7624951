# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which directories a route may show, and what of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._features.registry import location
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform


def read(static: Any) -> Any:
    site = {"server_name": "home.example.org", "routes": [{"path": "/", "static": static}]}
    return read_sites([site], {"generic": {}})[0].routes[0].static


@pytest.mark.parametrize("given", ["/srv/www", "/srv/www/", "/srv//www/", {"directory": "/srv/www"}])
def test_a_directory_is_enough(given: Any) -> None:
    assert read(given) == {"directory": "/srv/www", "index": ("index.html",), "try": ()}


def test_more_is_said_in_a_mapping() -> None:
    given = {"directory": "/etcetera/é ö", "index": ["a.html", "b.html"], "try": "/app/index.html"}
    assert read(given) == {"directory": "/etcetera/é ö", "index": ("a.html", "b.html"), "try": ("/app/index.html",)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("srv/www", "must be the whole path of a directory on the host, such as /srv/www, not 'srv/www'"),
        (7, "must be the whole path"),
        ("/srv/../etc", "has a '.' or '..' in it"),
        ("/srv/$host", "has a sign that nginx cannot read in a path"),
        ("/srv/a\nb", "has a sign that nginx cannot read in a path"),
        ("/", "holds files of the system"),
        ("//", "holds files of the system"),
        ("/etc", "holds files of the system, which nobody is to read"),
        ("/etc/nginx/", "holds files of the system"),
        ("/root/www", "holds files of the system"),
        ({}, "static needs `directory: /srv/www`"),
        ({"directory": "/srv", "index": "../x"}, "index: '../x' is not the name of a file, such as index.html"),
        ({"directory": "/srv", "index": "$uri"}, "is not the name of a file"),
        ({"directory": "/srv", "index": []}, "index must be a name, or a list of names, not"),
        ({"directory": "/srv", "try": "index.html"}, "try: 'index.html' is neither a file below the directory"),
        ({"directory": "/srv", "try": "/../x"}, "is neither a file below the directory"),
        ({"directory": "/srv", "try": ["/.env"]}, "is neither a file below the directory"),
        ({"directory": "/srv", "try": ["=404"]}, "is neither a file below the directory"),
        ({"directory": "/srv", "try": ["/a;b"]}, "is neither a file below the directory"),
        ({"directory": "/srv", "listing": True}, "unknown key 'listing'"),
    ],
)
def test_what_is_not_to_be_shown_is_refused(given: Any, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        read(given)
    (problem,) = error.value.problems
    assert said in problem.text


def test_an_nginx_that_makes_no_lists_is_not_told_to_make_none() -> None:
    site = {"server_name": "home.example.org", "routes": [{"path": "/", "static": "/srv/www"}]}
    sites = read_sites([site], {"generic": {}})
    for without in (frozenset[str](), frozenset({"http_autoindex_module"})):
        host = Host(Platform((1, 28, 3), (3, 5, 5), True, without))
        assert ("autoindex" in location(Place(sites[0].routes[0], sites[0], host))) is not bool(without)
