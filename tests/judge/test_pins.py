# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate that is pinned is one with which nginx reaches the service; with one that is refused it would not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import names
from ansible_collections.constellation.edge.plugins.module_utils._preflight import pins as look
from ansible_collections.constellation.edge.plugins.plugin_utils._features._pins import pin_file
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Pinned, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._features.upstream_tls import UpstreamTls
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.pins import Pins, pins
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from tools.certificates import Made, made

from judge.inside_pins import BACK_END, HOST, PROXY
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_pins.py")
ADDRESS = "10.0.0.9"
NAMES = ("nas.home.test",)
SIGNS, SERVES = "key_cert_sign", ("digital_signature", "key_encipherment")
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
PINNED = {
    "no authority": made(names=NAMES),
    "an authority": made(names=NAMES, ca=True),
    "nothing said": made(names=NAMES, ca=None),
    "may sign nothing": made(names=NAMES, usages=SERVES),
    "for servers": made(names=NAMES, usages=SERVES, purpose=SERVER),
    "an authority that may sign nothing": made(names=NAMES, ca=True, usages=SERVES),
    "an authority that may": made(names=NAMES, ca=True, usages=(SIGNS, *SERVES)),
    "a name with a blank": made(name="My NAS"),
    "a name that is an address": made(name=ADDRESS),
    "one label beside an address": made(name="UniFi", names=[ADDRESS]),
    "capitals": made(name="", names=["NAS.Home.test"]),
    "RSA": made(names=NAMES, bits=2048),
}
REFUSED = {
    "signed by others": made(names=NAMES, issuer="home CA"),
    "expired": made(names=NAMES, days=-2),
    "for clients": made(names=NAMES, purpose=CLIENT),
    "a short key": made(names=NAMES, bits=1024),
    "something unknown that is critical": made(names=NAMES, extension=UNKNOWN),
}
NO_NAME = {"an address alone": made(name="", names=[ADDRESS])}
EVERY = {**PINNED, **REFUSED, **NO_NAME}


def package() -> dict[str, bytes]:
    """Return the collection's own look at services, for the system's Python and OpenSSL."""
    modules = {f"edge/{Path(str(each.__file__)).parent.name}": each for each in (names, look)}
    return {
        f"{folder}/{Path(str(each.__file__)).name}": Path(str(each.__file__)).read_bytes()
        for folder, each in modules.items()
    }


def planned(number: int, one: Made) -> tuple[Site, str, Pins]:
    """Return the site with a service, the file of its certificate, and what the plan says of that."""
    route = {"path": "/", "upstream": f"https://{HOST}:{BACK_END + number}", "upstream_tls": {"verify": "pin"}}
    raw = [{"server_name": "a.example.org", "routes": [route]}]
    sites = read_sites(raw, {"generic": {}})
    file = pin_file(sites[0].routes[0])
    return sites[0], file, pins(raw, sites, {file: {"held": "", "seen": one.pem, "fault": ""}})


def server(number: int, one: Made) -> tuple[str, str]:
    """Return nginx's server in front of a service, as our route has it, and the file with its certificate."""
    site, file, plan = planned(number, one)
    (route,) = site.routes
    # The plan refuses some for their name: nginx is then given what they bear.
    pinned = plan.held.get(file, Pinned(one.pem, ADDRESS))
    at = Place(route, site, Host(Platform((1, 18, 0), (3, 0), ipv6=False), pins={file: pinned}))
    told = {"proxy_pass": route.upstream.url, **UpstreamTls.location(route, at)}
    lines = " ".join(f"{name} {value};" for name, value in told.items()).replace(names.SITE_FILES, FOLDER)
    return f"server {{ listen {HOST}:{PROXY + number}; location / {{ {lines} }} }}", file


@pytest.fixture(scope="module")
def answers(judge: Judge) -> dict[str, dict[str, Any]]:
    """Return what the collection and nginx find of each."""
    servers = [server(number, one) for number, one in enumerate(EVERY.values())]
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\nhttp {{ access_log off;\n"
    files = {
        "pins.conf": (main + "\n".join(text for text, _file in servers) + "\n}\n").encode(),
        "pins.json": json.dumps([{"pem": one.pem, "key": one.key} for one in EVERY.values()]).encode(),
        **{file: one.pem.encode() for (_text, file), one in zip(servers, EVERY.values(), strict=True)},
        **package(),
    }
    return dict(zip(EVERY, judge.run(PROGRAM, files, FOLDER), strict=True))


@pytest.mark.parametrize("which", PINNED)
def test_with_one_that_is_pinned_nginx_reaches_the_service(answers: dict[str, dict[str, Any]], which: str) -> None:
    found = answers[which]
    assert (found["seen"], found["fault"], found["status"]) == (EVERY[which].pem, "", 200)


@pytest.mark.parametrize("which", REFUSED)
def test_with_one_that_is_refused_it_would_not(answers: dict[str, dict[str, Any]], which: str) -> None:
    found = answers[which]
    assert found["seen"] == EVERY[which].pem
    assert found["fault"]
    assert found["status"] == 502


@pytest.mark.parametrize("which", NO_NAME)
def test_nor_with_one_without_a_name(answers: dict[str, dict[str, Any]], which: str) -> None:
    assert answers[which]["status"] == 502
    assert planned(0, EVERY[which])[2].problems
