# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Internet finds at names without a certificate; names that have one cost no question."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns.zone import Found
from ansible_collections.constellation.edge.plugins.module_utils._preflight import reach as preflight_reach
from ansible_collections.constellation.edge.plugins.module_utils._preflight.reach import is_closed, reach

NAME = "home.example.org"
CERTIFICATE = {"name": NAME, "names": [NAME, "www.example.org"]}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Return what was asked; the host has the addresses 10.0.0.5 and 2001:db8::5."""
    asked = {"names": [], "pairs": []}

    def look_up(names, _resolvers, *, ipv6):
        asked["names"] += names
        assert ipv6
        return {name: Found(("198.51.100.9", "192.168.0.9"), ("192.0.2.53",), True) for name in names}

    def port_80(pairs):
        asked["pairs"] += pairs
        return {pair: {"state": "ours", "said": ""} for pair in pairs}

    monkeypatch.setattr(preflight_reach, "look_up", look_up)
    monkeypatch.setattr(preflight_reach, "_port_80", port_80)
    monkeypatch.setattr(preflight_reach, "own_addresses", lambda: frozenset({"10.0.0.5", "127.0.0.1", "2001:db8::5"}))
    monkeypatch.setattr(preflight_reach, "_LIVE", str(tmp_path / "live" / "{name}" / "fullchain.pem"))
    monkeypatch.setattr(preflight_reach, "_PLACEHOLDERS", str(tmp_path / "placeholder"))
    return asked


def certify(path, *names):
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-subj", "/CN=x", "-days", "5", "-keyout", "/dev/null", "-out", str(path)]
    subprocess.run(
        [*command, "-addext", "subjectAltName=" + ",".join(f"DNS:{each}" for each in names)],
        check=True,
        capture_output=True,
    )
    return path


def test_names_without_a_certificate_are_asked_for(world):
    found = reach([CERTIFICATE], [])
    assert world["names"] == [NAME, "www.example.org"]
    assert world["pairs"] == [(NAME, "198.51.100.9"), ("www.example.org", "198.51.100.9")]
    assert found["own"] == ["2001:db8::5"]
    assert found["names"][NAME] == {
        "addresses": ("198.51.100.9", "192.168.0.9"),
        "servers": ("192.0.2.53",),
        "authoritative": True,
        "alias": "",
        "nowhere": False,
        "closed": ["192.168.0.9"],
        "port_80": {"198.51.100.9": {"state": "ours", "said": ""}},
    }


def test_a_certificate_that_is_there_is_no_question(world, tmp_path):
    certify(tmp_path / "live" / NAME / "fullchain.pem", NAME, "WWW.example.org")
    assert reach([CERTIFICATE], [])["names"] == {}
    assert world == {"names": [], "pairs": []}


def test_only_what_it_does_not_hold_is_asked_for(world, tmp_path):
    certify(tmp_path / "live" / NAME / "fullchain.pem", NAME)
    reach([CERTIFICATE], [])
    assert world["names"] == ["www.example.org"]


def test_a_lineage_of_another_name_counts(world, tmp_path):
    certify(tmp_path / "live" / "other.example.org" / "fullchain.pem", NAME, "www.example.org")
    assert reach([CERTIFICATE], [])["names"] == {}
    assert world["names"] == []


def test_one_that_an_owners_server_has_counts_and_a_placeholder_does_not(world, tmp_path):
    own = certify(tmp_path / "own.pem", "*.example.org")
    server = {"names": [NAME], "certificate": str(own)}
    assert reach([CERTIFICATE], [server])["names"] == {}
    placeholder = certify(tmp_path / "placeholder" / "a.pem", NAME, "www.example.org")
    assert len(reach([CERTIFICATE], [{**server, "certificate": str(placeholder)}])["names"]) == 2
    assert len(reach([CERTIFICATE], [{**server, "names": ["other.example.org"]}])["names"]) == 2


def test_one_that_has_ended_or_cannot_be_read_does_not_count(world, tmp_path, monkeypatch):
    file = certify(tmp_path / "live" / NAME / "fullchain.pem", NAME, "www.example.org")
    run = preflight_reach.run
    for words in (["-checkend", "864000"], []):
        # Looked at ten days later; openssl makes no certificate that has ended.
        monkeypatch.setattr(preflight_reach, "run", lambda command, words=words: run([*command, *words]))
        assert bool(reach([CERTIFICATE], [])["names"]) is bool(words)
    file.write_text("nothing")
    assert len(reach([CERTIFICATE], [{"names": [NAME], "certificate": ""}])["names"]) == 2


@pytest.mark.parametrize("address", ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "fe80::1"])
def test_what_cannot_be_reached_from_the_internet(address):
    assert is_closed(address)


@pytest.mark.parametrize("address", ["198.51.100.9", "100.128.0.1", "172.32.0.1", "2001:db8::5"])
def test_what_can(address):
    assert not is_closed(address)
