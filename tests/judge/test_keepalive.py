# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kept connection never costs a request, and never has the answer, or the login, of somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_keepalive import FIRST, HOST, NAME, PROXY, SPECIAL
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_keepalive.py")
Trial = dict[str, Any]
# Seconds after which a service ends an idle connection, how many services there are, and how many POSTs each gets.
SHORT: list[Trial] = [{"idle": 1, "ports": 50, "posts": 10}]
WHOLE: list[Trial] = [
    {"idle": 1, "ports": 50, "posts": 100},
    {"idle": 2, "ports": 100, "posts": 50},
    {"idle": 5, "ports": 250, "posts": 20},
    {"idle": 15, "ports": 500, "posts": 10},
]


def configuration(count: int, **said: Any) -> bytes:
    """Return a whole configuration with a route to each of so many services, which ends no connection to keep."""
    routes = [{"path": f"/{FIRST + number}/", "upstream": f"http://{HOST}:{FIRST + number}"} for number in range(count)]
    routes = [{**each, **said} for each in routes]
    routes += [{"path": path, "upstream": f"http://{HOST}:{port}"} for path, port in SPECIAL.items()]
    sites = read_sites([{"server_name": NAME, "routes": routes}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    server = site["servers"][1]
    site["servers"] = [{"server_name": [NAME], "listen": [f"{HOST}:{PROXY}"], "locations": server["locations"]}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    main = "worker_processes 2;\nworker_rlimit_nofile 16384;\nevents { worker_connections 8192; }\n"
    head = f"{main}error_log /dev/null crit;\npid {FOLDER}/pid;\n"
    return f"{head}http {{ access_log off;\n{common['directives']}\n{text}}}\n".encode()


def carried_out(judge: Judge, several: list[Trial], **said: Any) -> Any:
    files = {
        "keepalive.conf": configuration(sum(each["ports"] for each in several), **said),
        "trials.json": json.dumps(several).encode(),
    }
    return judge.run(PROGRAM, files, FOLDER)


@pytest.fixture(scope="module")
def found(judge: Judge) -> Any:
    return carried_out(judge, SHORT)


def test_no_post_is_lost_where_a_service_ends_idle_connections(found: Any) -> None:
    assert found["trials"] == [{"sent": each["ports"] * each["posts"], "failed": {}} for each in SHORT]


@pytest.mark.long
def test_no_post_of_20000_is_lost(judge: Judge) -> None:
    told = carried_out(judge, WHOLE)["trials"]
    print(f"\n{judge.name}: POSTs to services that end idle connections after 1, 2, 5 and 15 s: {told}")
    assert told == [{"sent": 5000, "failed": {}}] * 4


@pytest.mark.long
def test_they_are_lost_where_nginx_is_not_the_first_to_end_one(judge: Judge) -> None:
    """Where the test itself could not fail, the two above would say nothing."""
    (told,) = carried_out(judge, SHORT, keepalive=60)["trials"]
    assert told["failed"].get("502", 0) > 0


def test_a_service_of_http_1_0_works(found: Any) -> None:
    assert found["old"] == {"200 2\r\nok\r\n0\r\n\r\n": 100}


def test_a_get_is_asked_again_where_a_service_ends_a_connection_without_a_word(found: Any) -> None:
    assert found["abrupt"] == {"200": 200}


def test_what_a_service_leaves_unread_is_nobodys_request(found: Any) -> None:
    assert found["deaf"] == {"GET /deaf/second HTTP/1.1": 24}


def test_who_logs_in_by_ntlm_lends_his_login_to_nobody(found: Any) -> None:
    assert found["ntlm"] == {"nobody": 9}
    # The service would have known whoever comes next on the same connection, which is kept behind other logins.
    assert found["basic"] == "Basic YW5uYTph"
