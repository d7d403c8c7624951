# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams and WebSockets through nginx: events come at once, and an hour of silence cuts nothing, on any route."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_streams import HOST, NAME, PROXY, SERVICE
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_streams.py")
PRESETS = read_presets(OURS).found
UPSTREAM = {"upstream": f"http://{HOST}:{SERVICE}"}
ROUTES: list[dict[str, object]] = [
    {"path": "/plain/", **UPSTREAM},
    {"path": "/strip/", "prefix": "strip", **UPSTREAM},
    {"path": "/jeedom/", "app": "jeedom", **UPSTREAM},
    {"path": "/zm/", "app": "zoneminder", **UPSTREAM},
    # What an owner can ask for: a test that cannot fail would pass these, too.
    {"path": "/held/", "buffering": True, "read_timeout": 60, **UPSTREAM},
    {"path": "/none/", "websocket": False, **UPSTREAM},
]
# Whether events come at once, and whether the WebSocket is alive after an hour.
RIGHT = {"/held/": [False, False], "/none/": [True, False]}


def configuration() -> bytes:
    """Return a whole configuration with the locations that site.yml would make, without TLS."""
    sites = read_sites([{"server_name": NAME, "routes": ROUTES}], PRESETS)
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    https = site["servers"][1]
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": https["locations"]}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off;\n{common['directives']}\n{text}}}\n".encode()


def test_every_route_carries_streams(judge: Judge) -> None:
    paths = [str(route["path"]) for route in ROUTES]
    files = {"streams.conf": configuration(), "paths.json": json.dumps(paths).encode()}
    found = judge.run(PROGRAM, files, FOLDER)
    assert dict(zip(paths, found, strict=True)) == {path: RIGHT.get(path, [True, True]) for path in paths}
