# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gRPC service sees of the headers that a client may not say, by each nginx; it has no module of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.claims import CLAIMS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_headers import HOST, NAME, PROXY, PROXY2, SERVICE
from judge.nginx import FOLDER, Judge
from judge.test_claims import LIE, NAMES, NEEDED, OURS, spellings

HERE = Path(__file__).parent
VERSIONS = {"debian12": (1, 22, 1), "debian13": (1, 26, 3), "ubuntu2204": (1, 18, 0)}
VERSIONS |= {"ubuntu2404": (1, 24, 0), "ubuntu2604": (1, 28, 3)}
# nginx's own words for what no directive mends.
TABLE = "could not build optimal grpc_headers_hash"
LOGGED = [*(claim.name for claim in CLAIMS), *OURS, *NEEDED, "X-Forwarded-Port", "X-Number"]


def configuration(version: tuple[int, ...]) -> bytes:
    """Return a whole configuration: the location that site.yml would make, and a server that writes what it gets."""
    route = {"path": "/", "upstream": f"grpc://{HOST}:{SERVICE}"}
    common, site = nginx_sites(
        read_sites([{"server_name": NAME, "routes": [route]}], {"generic": {}}), Host(Platform(version, (3, 0), False))
    )
    https = site["servers"][1]
    kept = {"locations": https["locations"], "directives": {name: https["directives"][name] for name in NAMES}}
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}", f"{HOST}:{PROXY2} http2"], **kept}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    # nginx reads no argument that is longer than 4 kB.
    pairs = [f'"{each.lower()}":"$http_{each.lower().replace("-", "_")}"' for each in dict.fromkeys(LOGGED)]
    logged = f"'{{{pairs[0]}' " + " ".join(f"',{pair}'" for pair in pairs[1:])
    behind = (
        f"log_format seen escape=json {logged} '}}';\n"
        f"server {{ listen {HOST}:{SERVICE} http2; access_log {FOLDER}/seen.log seen; return 204; }}\n"
    )
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\nhttp {{ access_log off; underscores_in_headers on;\n"
    return f"{main}{common['directives']}\n{text}{behind}}}\n".encode()


def seen(judge: Judge, requests: Sequence[tuple[list[str], bool]]) -> tuple[str, dict[int, dict[str, str]]]:
    """Return what nginx says of the configuration, and by the number of a request what the service saw of it."""
    files = {
        "grpc.conf": configuration(VERSIONS[judge.system]),
        "requests.json": json.dumps(requests).encode(),
        "inside_headers.py": (HERE / "inside_headers.py").read_bytes(),
    }
    said: str
    found: list[dict[str, Any]]
    said, found = judge.run(HERE / "inside_grpc.py", files, FOLDER)
    return said, {int(each["x-number"]): each for each in found}


@pytest.fixture(scope="module")
def requests() -> list[tuple[list[str], bool]]:
    """Return a request that says what is needed, and those that say what nobody may."""
    honest = [f"{name}: kept" for name in NEEDED]
    claimed = [*(claim.name for claim in CLAIMS), *OURS, "X-Forwarded-Port"]
    return [(honest, False), (honest, True), *(request for name in claimed for request in spellings(name))]


def test_nothing_that_a_client_claims_reaches_a_service(judge: Judge, requests: list[tuple[list[str], bool]]) -> None:
    said, found = seen(judge, requests)
    for number, (lines, by_http2) in enumerate(requests):
        headers = found.get(number)
        assert headers or number > 1
        if headers is None:
            continue  # nginx has refused it
        assert not {name for name, value in headers.items() if LIE in value}, (lines, by_http2)
        assert headers.items() >= OURS.items(), (lines, by_http2)
    for number in (0, 1):
        assert {found[number][name.lower()] for name in NEEDED} == {"kept"}
    # No header that a proxy in front sends by itself is refused.
    sent = {line for number, (lines, _by_http2) in enumerate(requests) if number in found for line in lines}
    assert {f"CF-Connecting-IP: {LIE}", f"X-Forwarded-Server: {LIE}"} <= sent
    warnings = [each for each in re.findall(r"\[warn\] (.*)", said) if "listen ... http2" not in each]
    assert bool(warnings) == (VERSIONS[judge.system] < (1, 23, 0))
    assert all(TABLE in each for each in warnings)
