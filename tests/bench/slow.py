# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What unbuffered answers cost: who else is served by a service of two threads while fifty clients read slowly."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from judge.nginx import FOLDER, Judge

from .inside_slow import HOST, LIMIT, NAME, PROXY, SERVICE

PROGRAM = Path(__file__).with_name("inside_slow.py")
SIZES = (100_000, 1_000_000, 10_000_000)


def configuration() -> bytes:
    """Return a whole configuration with a route as it is by itself, and one whose answers are buffered."""
    target = {"upstream": f"http://{HOST}:{SERVICE}"}
    routes = [{"path": "/plain/", **target}, {"path": "/held/", "buffering": True, **target}]
    sites = read_sites([{"server_name": NAME, "routes": routes}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": site["servers"][1]["locations"]}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    main = f"events {{}}\nerror_log /dev/null crit;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off;\n{common['directives']}\n{text}}}\n".encode()


def figures() -> list[tuple[int, tuple[int, float], tuple[int, float]]]:
    """Return for each size how many of ten others were served, and after how many seconds: unbuffered, buffered."""
    trials = [(path, size) for size in SIZES for path in ("/plain/", "/held/")]
    files = {"slow.conf": configuration(), "trials.json": json.dumps(trials).encode()}
    with Judge("debian13") as judge:
        found = [_summed(each) for each in judge.run(PROGRAM, files, FOLDER)]
    return list(zip(SIZES, found[::2], found[1::2], strict=True))


def _summed(seconds: list[float]) -> tuple[int, float]:
    return sum(each < LIMIT for each in seconds), sorted(seconds)[len(seconds) // 2]
