# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What wrong passwords cost everybody else: how long another route takes while some hundred a second are tried."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._host.names import SITE_FILES
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from judge.nginx import FOLDER, Judge

from .inside_logins import HOST, NAME, PORT

PROGRAM = Path(__file__).with_name("inside_logins.py")
# SHA-512 with 5,000 rounds of `right password`, as `openssl passwd -6` makes it.
HASH = "$6$saltsalt$sQ.gHTA6aOr1Ux7cjEtxQVKur7/2i5GQHlY8anYmItPw8AgL1WPS08yMUxyLVNhmPcNYn4qpfFRCwdkGkpCoW1"


def configuration() -> bytes:
    """Return a whole configuration of one worker, with a route that asks for a login and one for everybody."""
    answer = {"return": {"code": 200, "text": "here"}}
    routes = [{"path": "/open/", **answer}, {"path": "/login/", "access": "login", **answer}]
    sites = read_sites([{"server_name": NAME, "routes": routes}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 26, 3), (3, 0), False)))
    listen = f"{HOST}:{PORT}"
    servers = [{"server_name": [NAME], "listen": [listen], "locations": site["servers"][1]["locations"]}]
    (wanted,) = _declaration.sites([{**site, "servers": servers}])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    main = f"worker_processes 1;\nevents {{}}\nerror_log /dev/null crit;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off;\n{common['directives']}\n{text}}}\n".replace(SITE_FILES, FOLDER).encode()


def figures() -> list[tuple[int, float]]:
    """Return how many wrong passwords a second were answered, none first, and the other route's p99 in milliseconds."""
    files = {"logins.conf": configuration(), "users/edge_users": f"anna:{HASH}\n".encode()}
    with Judge("debian13") as judge:
        return [(round(tried), slowest) for tried, slowest in judge.run(PROGRAM, files, FOLDER)]
