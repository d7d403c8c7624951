# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a bare server in a house whose DNS server answers otherwise than the world's: what is told before any change.

The authority of these runs is Let's Encrypt's, which neither of them asks: one is a dry run, one is killed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import runs
from lab import recipes
from lab.containers import File

PUBLIC = ("-e", "edge_acme_server=https://acme-v02.api.letsencrypt.org/directory")
SECOND_TASK = "Install ufw and fail2ban"
# The address is known when the machine is there, and stands in its files.
COMMAND = ("sh", "-c", "until [ -e /etc/bind/ready ]; do sleep 0.1; done; exec named -g -c /etc/bind/named.conf")
SETTINGS = """options { directory "/var/cache/bind"; listen-on { any; }; allow-query { any; }; allow-recursion { any; };
    dnssec-validation no; empty-zones-enable no; recursion %s; };
"""
MASTER = 'zone "%s" { type master; file "/etc/bind/%s"; };\n'
HEAD = "$TTL 60\n@ SOA ns.test. root.test. 1 60 60 60 60\n"
# What the main site is called by in the house alone.
INSIDE = "192.168.0.5"


@dataclass(frozen=True)
class Dns:
    """The addresses of the name servers of `example.org` and of the house."""

    zone: str
    house: str


def name_server(lab, machine: str) -> str:
    """Start a machine for a name server, which waits for its zones; return its address."""
    lab.machine(machine, recipes.services_tag(), command=list(COMMAND), wait=False)
    return str(lab.address(machine))


def serve(lab, machine: str, zones: dict[str, str], more: str = "", recursion: str = "no") -> None:
    """Give a name server its zones."""
    files = {f"zone{number}": zone for number, zone in enumerate(zones.values())}
    parts = [MASTER % (name, file) for name, file in zip(zones, files, strict=True)]
    files["named.conf"] = SETTINGS % recursion + "".join(parts) + more
    lab.put(machine, {f"/etc/bind/{file}": File(text.encode()) for file, text in files.items()})
    lab.put(machine, {"/etc/bind/ready": File(b"")})


@pytest.fixture(scope="module")
def dns(lab, homes) -> Iterator[Dns]:
    """Have the home servers ask the house's name server; the world's know the main sites, and no site of a camera."""
    world, zone, house = (name_server(lab, f"dns-{name}") for name in ("world", "zone", "house"))
    root = f"{HEAD}@ NS a.root.\na.root. A {world}\n"
    org = f"{HEAD}@ NS a.org.\na.org. A {world}\nexample NS ns.example\nns.example A {zone}\n"
    sites = "".join(f"{home.name} A {home.ipv4}\nwww.{home.name} CNAME {home.name}\n" for home in homes)
    serve(lab, "dns-world", {".": root, "org": org})
    serve(lab, "dns-zone", {"example.org": f"{HEAD}@ NS ns\nns A {zone}\n{sites}"})
    inside = f"{HEAD}@ NS ns.test.\n@ A {INSIDE}\n* A {INSIDE}\n"
    hint = 'zone "." { type hint; file "/etc/bind/hint"; };\n'
    lab.put("dns-house", {"/etc/bind/hint": File(f". 60 NS a.root.\na.root. 60 A {world}\n".encode())})
    serve(lab, "dns-house", {home.domain: inside for home in homes}, hint, "yes")
    before = {home.name: home.host.file("/etc/resolv.conf").content_string for home in homes}
    for home in homes:
        home.host.check_output("printf %s > /etc/resolv.conf", f"nameserver {house}\n")
    yield Dns(zone, house)
    for home in homes:
        home.host.check_output("printf %s > /etc/resolv.conf", before[home.name])


@pytest.fixture(scope="module")
def dry(dns) -> runs.Run:
    """Return a dry run."""
    return runs.site(runs.INVENTORY, "--check", *PUBLIC)


@pytest.fixture(scope="module")
def begun(dry) -> runs.Run:
    """Return a run that is killed when its second task begins."""
    return runs.site_killed_at(SECOND_TASK, runs.INVENTORY, *PUBLIC)


def flat(text: str) -> str:
    """Return a text without the line ends of its warnings."""
    return " ".join(text.split())


def warned(home, dns: Dns) -> str:
    """Return what is told of the name that has no record."""
    return f"camera.{home.domain} has no DNS record (asked {dns.zone}, a name server of its zone)"


class TestADryRun:
    """Nothing is changed, all is told: first, and once more in the end."""

    def test_it_ends_well(self, dry):
        assert dry.rc == 0, dry.tail

    def test_a_name_without_a_record_is_told_before_the_second_task(self, dry, dns, homes):
        first = flat(dry.text.partition(f"TASK [constellation.edge.hardening : {SECOND_TASK}]")[0])
        for home in homes:
            assert warned(home, dns) in first, dry.text[:4000]
            assert f"NOTE {warned(home, dns)}" in flat(dry.text)

    def test_what_only_the_house_says_is_no_reason_to_worry(self, dry, homes):
        assert INSIDE not in dry.text
        for home in homes:
            assert f" {home.domain} has no DNS record" not in flat(dry.text)
            assert f"port 80 of {home.ipv4}" not in flat(dry.text)


class TestARealRun:
    """The same stands above the first task that changes anything."""

    def test_a_name_without_a_record_is_told_first(self, begun, dns, homes):
        assert begun.rc < 0, begun.tail
        for home in homes:
            assert warned(home, dns) in flat(begun.text), begun.tail

    def test_nothing_was_asked_of_the_authority(self, begun, homes):
        for home in homes:
            assert not home.host.file("/etc/letsencrypt").exists
