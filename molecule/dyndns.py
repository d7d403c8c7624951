# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client whose address changes: BIND tells it, and what the timer starts looks it up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from conftest import Home
from lab import recipes
from lab.containers import File
from lab.progress import poll

TIMER, SERVICE = "constellation-edge-names.timer", "constellation-edge-names.service"
COMMAND = ("sh", "-c", "until [ -e /etc/bind/ready ]; do sleep 0.1; done; exec named -g -c /etc/bind/named.conf")
# What it does not serve itself, Docker's own server knows.
SETTINGS = """options {{ directory "/var/cache/bind"; listen-on {{ any; }}; allow-query {{ any; }};
    allow-recursion {{ any; }}; recursion yes; dnssec-validation no; forward only; forwarders {{ 127.0.0.11; }}; }};
zone "{zone}" {{ type master; file "/etc/bind/zone"; }};
"""


class Bind:
    """The DNS server of whoever has the name."""

    def __init__(self, lab: Any, homes: list[Home], name: str) -> None:
        """Start it, with the name at no address, and have the home servers ask it."""
        self._lab, self._homes, self._name = lab, homes, name
        # That of an older zone is lower.
        self._serial = int(time.time())
        lab.machine("dyndns", recipes.services_tag(), command=[*COMMAND], wait=False)
        zone = name.partition(".")[2]
        lab.put("dyndns", {"/etc/bind/named.conf": File(SETTINGS.format(zone=zone).encode())})
        self._write({})
        lab.put("dyndns", {"/etc/bind/ready": File(b"")})
        for home in homes:
            home.host.check_output("printf %s > /etc/resolv.conf", f"nameserver {lab.address('dyndns')}\n")
        # One that other tests have started still has their zone.
        self.say()

    def say(self, **records: str) -> None:
        """Have the name at these addresses, by the kind of record, and at no other."""
        for home in self._homes:
            poll("BIND", lambda home=home: self._reloaded(home, records) == {*records.values()}, 120, 1)

    def signal(self, name: str) -> None:
        """Send a signal to the server, such as `SIGSTOP`."""
        self._lab.client.containers.get(self._lab.container_name("dyndns")).kill(name)

    def _write(self, records: dict[str, str]) -> None:
        self._serial += 1
        label = self._name.partition(".")[0]
        lines = "".join(f"{label} {kind} {address}\n" for kind, address in records.items())
        head = f"$TTL 60\n@ SOA ns.test. root.test. {self._serial} 60 60 60 60\n@ NS ns.test.\n"
        self._lab.put("dyndns", {"/etc/bind/zone": File(f"{head}{lines}".encode())})

    def _reloaded(self, home: Home, records: dict[str, str]) -> set[str]:
        """Write the zone and have it read, which BIND does only where its file is newer than the last reading."""
        self._write(records)
        self.signal("SIGHUP")
        time.sleep(0.2)
        return self._told(home)

    def _told(self, home: Home) -> set[str]:
        """Return what the C library of a home server is told."""
        lines = [home.host.run(f"getent ahosts{version} {self._name}").stdout.splitlines() for version in ("v4", "v6")]
        found = {line.split()[0] for several in lines for line in several}
        return {each for each in found if not each.startswith("::ffff:")}


def asked(lab: Any, homes: list[Home], name: str) -> Iterator[Bind]:
    """Yield the DNS server, which the home servers ask meanwhile."""
    before = {home.name: home.host.file("/etc/resolv.conf").content_string for home in homes}
    yield Bind(lab, homes, name)
    for home in homes:
        home.host.check_output("printf %s > /etc/resolv.conf", before[home.name])


def look(home: Home) -> tuple[int, str]:
    """Start what the timer starts; return its exit code and what it told the journal."""
    mark = home.host.check_output("date +%s.%N")
    done = home.host.run(f"systemctl start {SERVICE}")
    home.host.check_output("journalctl --sync")
    said = home.host.check_output(f"journalctl -u {SERVICE} --since=@{mark} -o cat -p notice")
    return done.rc, said


def workers(home: Home) -> str:
    """Return the processes of nginx."""
    return str(home.host.check_output("pgrep -x nginx | sort | xargs"))
