# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate counts for a service: learned once, held after that, and changed by its owner's word alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features._pins import asked_pins, pin_file
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Pinned
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.pins import Pins, pins
from tools.certificates import Made, made

URL = "https://10.0.0.9:5001"
FIRST, SECOND = made(), made()
OFF = {"seen": "", "fault": "Connection refused"}


def decided(verify: str = "pin", *, held: str = "", seen: Made | None = None, fault: str = "", **tls: str) -> Pins:
    """Return what counts for a service."""
    said = {"verify": verify, **tls}
    raw = [{"server_name": "a.example.org", "routes": [{"path": "/", "upstream": URL, "upstream_tls": said}]}]
    sites = read_sites(raw, {"generic": {}})
    (file,) = (each["file"] for each in asked_pins(sites))
    found = {"held": held, "seen": seen.pem if seen else "", "fault": fault}
    return pins(raw, sites, {file: found})


def certificate(of: Pins) -> Pinned:
    """Return the one that counts."""
    assert of.problems == []
    (found,) = of.held.values()
    return found


def refused(of: Pins) -> str:
    """Return why none counts."""
    assert (of.held, of.notes) == ({}, [])
    (problem,) = of.problems
    assert problem.place == "site a.example.org, route /"
    assert problem.text.startswith("upstream_tls: ")
    return problem.text


def test_the_first_run_learns_it_and_says_what_to_write() -> None:
    found = decided(seen=FIRST)
    assert certificate(found) == (FIRST.pem, "nas.home.test")
    (note,) = found.notes
    assert note.startswith(f"a.example.org/: the certificate that {URL} shows today was learned")
    assert f"`upstream_tls: {{verify: pin sha256:{FIRST.fingerprint}}}`" in note


def test_the_line_has_the_name_that_the_route_has() -> None:
    (note,) = decided(seen=FIRST, name="nas.home.test").notes
    assert f"{{verify: pin sha256:{FIRST.fingerprint}, name: nas.home.test}}" in note


@pytest.mark.parametrize("verify", ["pin", f"pin sha256:{FIRST.fingerprint}"], ids=["pin", "fingerprint"])
def test_what_is_held_stays_without_a_word(verify: str) -> None:
    for more in ({"seen": FIRST}, {"fault": "Connection refused"}):
        found = decided(verify, held=FIRST.pem, **more)  # type: ignore[arg-type]
        assert certificate(found).pem == FIRST.pem
        assert found.notes == []


@pytest.mark.parametrize("verify", ["pin", f"pin sha256:{FIRST.fingerprint}"], ids=["pin", "fingerprint"])
def test_another_one_is_told_and_not_taken(verify: str) -> None:
    found = decided(verify, held=FIRST.pem, seen=SECOND)
    assert certificate(found).pem == FIRST.pem
    (note,) = found.notes
    for part in (FIRST.fingerprint, f"verify: pin sha256:{SECOND.fingerprint}", "answers 502"):
        assert part in note


def test_its_fingerprint_accepts_it() -> None:
    colons = ":".join(SECOND.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    found = decided(f"pin sha256:{colons}", held=FIRST.pem, seen=SECOND)
    assert certificate(found).pem == SECOND.pem
    assert found.notes == []


def test_a_new_host_learns_the_written_one_alone() -> None:
    assert certificate(decided(f"pin sha256:{FIRST.fingerprint}", seen=FIRST)).pem == FIRST.pem
    text = refused(decided(f"pin sha256:{FIRST.fingerprint}", seen=SECOND))
    assert f"{URL} shows the certificate sha256:{SECOND.fingerprint}, not sha256:{FIRST.fingerprint}" in text
    text = refused(decided(f"pin sha256:{FIRST.fingerprint}", held=SECOND.pem, fault="no answer"))
    assert "showed no certificate that could be learned (no answer)" in text


def test_a_service_that_is_off_cannot_be_learned() -> None:
    assert "(Connection refused): start the service and run again" in refused(decided(fault="Connection refused"))


@pytest.mark.parametrize(
    ("one", "fault", "said"),
    [
        (
            made(issuer="home \x1b[31mCA"),
            "unable to get local issuer certificate",
            r"not self-signed, but signed by 'CN=home \x1b[31mCA': give the CA file",
        ),
        (made(days=-2), "certificate has expired", "(certificate has expired): have the service make a new one, or"),
        (made(), "EE certificate key too weak", "(EE certificate key too weak): have the service make a new one, or"),
        (made(name="", names=["10.0.0.9"]), "", "(it has none at all)"),
        (made(names=["*.home.test"]), "", "('*.home.test'): where one has an asterisk, write `name: NAME`"),
        (made(name="a$host"), "", "bears no name that nginx could check ('a$host')"),
        (made(name='a"; b'), "", "bears no name that nginx could check"),
        (made(name="fd00::1"), "", "bears no name that nginx could check ('fd00::1')"),
    ],
)
def test_what_nginx_would_not_take_is_refused(one: Made, fault: str, said: str) -> None:
    text = refused(decided(seen=one, fault=fault))
    assert said in text
    assert "give the CA file, `verify: FILE`" in text


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (made(name="My NAS"), "My NAS"),
        (made(name="10.0.0.9"), "10.0.0.9"),
        (made(name="UniFi", names=["10.0.0.9"]), "UniFi"),
        (made(name="ignored", names=["*.lan", "nas.lan"]), "nas.lan"),
        (made(name="", names=["my_nas"]), "my_nas"),
    ],
)
def test_the_name_is_one_that_the_certificate_bears(one: Made, name: str) -> None:
    assert certificate(decided(seen=one)).name == name


def test_an_owners_name_must_be_one_of_the_certificates() -> None:
    assert certificate(decided(seen=made(names=["*.home.test"]), name="nas.home.test")).name == "nas.home.test"
    assert certificate(decided(seen=made(name="NAS.Home.test"), name="nas.home.test")).name == "nas.home.test"
    for names in (["*.home.test"], ["*.test"], ["nas.home.test"], ["*"]):
        text = refused(decided(seen=made(names=names), name="a.nas.home.test"))
        assert f"does not bear the name a.nas.home.test, but '{names[0]}': write one that it bears" in text


def test_a_held_one_that_has_ended_is_told() -> None:
    ended = made(days=-2)
    (note,) = decided(held=ended.pem, seen=ended, fault="certificate has expired").notes
    assert "that is held has expired, so that the route answers 502" in note


@pytest.mark.parametrize("held", ["", "no certificate", FIRST.pem + SECOND.pem])
def test_a_file_with_something_else_is_not_learned_anew(held: str) -> None:
    if held:
        text = refused(decided(held=held, seen=FIRST))
        assert "/etc/nginx/constellation-edge/pin-" in text
        assert "delete the file" in text
    else:
        assert certificate(decided(held=held, seen=FIRST)).pem == FIRST.pem


def test_routes_to_one_service_have_one_certificate() -> None:
    def route(path: str, verify: str = "pin", **tls: str) -> dict[str, Any]:
        return {"path": path, "upstream": URL, "upstream_tls": {"verify": verify, **tls}}

    accepted = f"pin sha256:{SECOND.fingerprint}"
    raw: list[Any] = [
        {"server_name": "a.example.org", "routes": [route("/a/"), route("/b/", name="nas.home.test")]},
        {"server_name": "b.example.org", "routes": [route("/c/", accepted), {"path": "/d/", "upstream": URL}]},
    ]
    sites = read_sites(raw, {"generic": {}})
    asked = asked_pins(sites)
    assert [(each["host"], each["port"], each["name"]) for each in asked] == [
        ("10.0.0.9", 5001, ""),
        ("10.0.0.9", 5001, "nas.home.test"),
    ]
    shows = {each["file"]: {"held": FIRST.pem, "seen": SECOND.pem, "fault": ""} for each in asked}
    found = pins(raw, sites, shows)
    unnamed, named = (pin_file(route) for route in sites[0].routes)
    assert (found.held[unnamed].pem, found.held[named].pem) == (SECOND.pem, FIRST.pem)
    (note,) = found.notes
    assert note.startswith("a.example.org/b/: ")
    problems = pins(raw, sites, {each["file"]: {"held": "", **OFF} for each in asked}).problems
    assert [each.place for each in problems] == [
        "site a.example.org, route /a/",
        "site b.example.org, route /c/",
        "site a.example.org, route /b/",
    ]
