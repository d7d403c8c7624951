# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of names before anything is changed: what the authority will meet, and how sure that is."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.public import (
    asked,
    certificates,
    private_notes,
    warnings,
)

PUBLIC = "https://acme-v02.api.letsencrypt.org/directory"
OWN = "https://198.51.100.2:14000/dir"
NAME, A4, A6 = "home.example.org", "198.51.100.9", "2001:db8::9"
ROUTE = {"path": "/", "upstream": "http://10.0.0.2"}
SITES = read_sites(
    [
        {"server_name": [NAME, "home.lan"], "routes": [ROUTE]},
        {"server_name": "nas.local", "routes": [ROUTE]},
    ],
    {"generic": {}},
)


def found(*addresses, state="ours", said="", closed=(), **more):
    port_80 = {each: {"state": state, "said": said} for each in addresses if each not in closed}
    known = {"addresses": addresses, "servers": ["192.0.2.53"], "authoritative": True, "alias": "", "nowhere": False}
    return {**known, "closed": list(closed), "port_80": port_80, **more}


def told(entry, *own):
    return warnings({"own": list(own), "names": {NAME: entry}})


def test_only_a_public_authority_is_a_reason_to_look():
    assert asked(SITES, OWN) == []
    assert asked(SITES, PUBLIC) == [{"name": NAME, "names": [NAME]}]


def test_private_names_are_not_asked_for_and_that_is_told():
    wanted = [{"name": NAME, "names": [NAME, "home.lan"]}, {"name": "nas.local", "names": ["nas.local"]}]
    assert certificates(wanted, PUBLIC) == [{"name": NAME, "names": [NAME]}]
    assert certificates(wanted, OWN) == wanted
    first, second = private_notes(SITES, PUBLIC)
    assert first.startswith("home.lan ends in .lan: no public authority gives a certificate")
    assert "edge_acme_server" in first
    assert "self-signed" in first
    assert "record" not in first
    assert second.startswith("nas.local ends in .local")
    assert private_notes(SITES, OWN) == []


def test_all_is_well():
    assert told(found(A4)) == []
    assert told(found(A4, A6), A6) == []
    assert told(found(A4), A4) == []
    assert warnings({}) == []


def test_no_record():
    (text,) = told(found())
    assert text.startswith(
        f"{NAME} has no DNS record (asked 192.0.2.53, a name server of its zone): create an A record"
    )
    assert "the public address of the router" in text
    assert "the public address of this host" in told(found(), A4)[0]


def test_who_was_asked_is_told():
    (text,) = told(found(authoritative=False, servers=["192.168.1.1"]))
    assert "asked 192.168.1.1, this host's own DNS server, since the name servers of its zone could not be" in text


def test_a_top_level_domain_that_does_not_exist():
    (text,) = warnings({"names": {"home.planlan": found(servers=["192.168.1.1"], authoritative=False, nowhere=True)}})
    assert text.startswith("home.planlan ends in .planlan, which is no domain of the public DNS (asked 192.168.1.1)")
    assert "record" not in text


def test_another_name_without_an_address():
    (text,) = told(found(alias="my.dyn.example.net"))
    assert text.startswith(f"{NAME} is another name for my.dyn.example.net, which has no DNS record")


def test_nobody_could_be_asked():
    (text,) = told(found(servers=[], authoritative=False))
    assert text == f"whether {NAME} has a DNS record is not known: no DNS server answered"


def test_a_private_address():
    (text,) = told(found("192.168.0.9", closed=["192.168.0.9"]))
    assert "is 192.168.0.9" in text
    assert "cannot be reached from the Internet, and so not by the authority" in text
    (text,) = told(found("192.168.0.9", closed=["192.168.0.9"], authoritative=False))
    assert "That may be right inside the house" in text


def test_an_ipv6_address_that_is_not_this_hosts():
    (text,) = told(found(A4, A6, state="silent", said="x"), A4, "2001:db8::5")
    assert f"the AAAA record of {NAME} is {A6}" in text
    assert "none of this host's addresses (2001:db8::5)" in text
    (text,) = [each for each in told(found(A6, state="silent", said="x")) if "AAAA" in each]
    assert "it has no IPv6 address of the Internet" in text
    assert "remove the record" in text


def test_an_ipv4_address_is_judged_where_the_host_has_a_public_one():
    (text,) = told(found(A4, state="silent", said="no answer"), "198.51.100.5")
    assert f"the A record of {NAME} is {A4}" in text
    assert "(198.51.100.5)" in text


def test_what_was_proven_is_not_doubted():
    assert told(found(A4, A6, state="ours"), "198.51.100.5", "2001:db8::5") == []


def test_another_machine_on_port_80():
    (text,) = told(found(A4, state="other", said="status 200, Server: lighttpd"))
    assert "is answered by another machine or program (status 200, Server: lighttpd)" in text
    assert "forward TCP port 80" in text


def test_no_answer_from_a_router_is_no_proof():
    (text,) = told(found(A4, state="silent", said="Connection refused"))
    assert text.startswith(f"not proven: whether port 80 of {A4}")
    assert "(Connection refused)" in text
    assert "all may be well" in text


@pytest.mark.parametrize(("own", "count"), [((), 1), (("198.51.100.5",), 0)])
def test_names_that_lead_apart(own, count):
    names = {NAME: found(A4), "www.example.org": found("198.51.100.8")}
    texts = [each for each in warnings({"own": own, "names": names}) if "different IPv4 addresses" in each]
    assert len(texts) == count
