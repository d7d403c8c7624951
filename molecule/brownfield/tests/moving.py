# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as their owners left them, and a client that asks their old URLs over and over."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import inventory
import runs
from conftest import SCENARIO, Home
from lab.containers import File
from owners import OWNERS, Owner

WATCH = (runs.ROOT / "molecule" / "watch.py").read_text(encoding="utf-8")
PAUSE = "0.2"
CERTBOT = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt certbot --non-interactive"


def owner_of(home: Home) -> Owner:
    """Return what was done to a host."""
    return OWNERS[home.name.split("-", 2)[2]]


def of_owner(homes: list[Home], owner: str) -> list[Home]:
    """Return the hosts of an owner, one of each system."""
    found = [home for home in homes if home.name.endswith(f"-{owner}")]
    assert found, owner
    return found


def of(home: Home, text: str) -> str:
    """Put a host's own names and addresses into a text."""
    services = SCENARIO["services"]
    for word, value in {
        "DOMAIN": home.domain,
        "ZONEMINDER": services["zoneminder"],
        "JEEDOM": services["jeedom"],
    }.items():
        text = text.replace(word, value)
    return text


@dataclass
class Seen:
    """What a client saw of one host: for each round the answer of each URL, as `watch.py` writes it."""

    process: subprocess.Popen[str]
    urls: list[str]
    rounds: list[list[str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def end(self) -> None:
        """Stop asking."""
        for line in self.process.communicate(timeout=120)[0].splitlines():
            began, *answers = line.split()
            self.times.append(float(began))
            self.rounds.append(answers)

    @property
    def statuses(self) -> list[list[int]]:
        """The rounds without what they say of the certificate."""
        return [[int(each.partition("/")[0]) for each in one] for one in self.rounds]

    @property
    def certificates(self) -> list[set[str]]:
        """For each URL, every certificate that was shown."""
        return [{each.partition("/")[2] for each in column} for column in zip(*self.rounds, strict=True)]


@dataclass(frozen=True)
class Before:
    """A host as its owner left it: the texts of his site files by path, the digests of all that is there."""

    texts: dict[str, str]
    digests: dict[str, str]
    lineages: str
    rules: list[str]


def prepare(lab: Any, home: Home) -> None:
    """Do to a host what its owner did."""
    owner = owner_of(home)
    lab.put(home.name, {path: File(of(home, text).encode()) for path, text in owner.files.items()})
    account = f"--agree-tos --email me@example.org --server {SCENARIO['pebble']['directory']}"
    serve = "systemctl enable --now nginx\nsystemctl reload nginx\n" if owner.lineages else ""
    for names in owner.lineages:
        for name in names:
            lab.dns(of(home, name), home.ipv4)
        domains = " ".join(f"-d {of(home, name)}" for name in names)
        serve += f"{CERTBOT} --nginx --redirect {account} {domains}\n"
    script = f"""set -e
{of(home, owner.commands)}
{serve}
{owner.later}
ufw allow 80,443/tcp && ufw allow ssh && ufw --force enable
systemctl enable --now fail2ban
"""
    done = home.host.run("bash -c %s", script)
    assert done.rc == 0, done.stdout + done.stderr


def look(home: Home) -> Before:
    """Remember what must not get lost."""
    folders = "/etc/nginx /etc/letsencrypt /etc/fail2ban /etc/apache2 /etc/ufw"
    digests = home.host.run(f"find {folders} -type f -exec sha256sum {{}} +").stdout.splitlines()
    lineages = home.host.run("ls -l --time-style=full-iso /etc/letsencrypt/archive/*").stdout
    by_path = {path: digest for digest, path in (line.split(maxsplit=1) for line in digests)}
    texts = {path: str(home.host.file(path).content_string) for path in owner_of(home).site_files}
    rules = home.host.check_output("ufw show added").splitlines()[1:]
    return Before(texts, by_path, lineages, rules)


def written_inventory(homes: list[Home], path: Any, more: Sequence[object] = (), **changes: object) -> Any:
    """Write the fewest lines with which the owners move; `changes` go into each site, `more` are further ones."""
    groups = inventory.inventory()
    hosts = {}
    for home in homes:
        sites = json.loads(of(home, json.dumps(owner_of(home).sites)))
        added = json.loads(of(home, json.dumps(more)))
        machine = SCENARIO["machines"][home.name]
        hosts[home.name] = {
            "container_name": machine["container"],
            "edge_probe_address": machine["ipv4"],
            "edge_sites": [*({**site, **changes} for site in sites), *added],
        }
    path.write_text(json.dumps({"edge": {"hosts": hosts, "vars": groups["edge"]["vars"]}}), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Move:
    """Everything about the move of all owners."""

    before: dict[str, Before]
    refused: runs.Run
    checked: runs.Run
    unchanged: dict[str, Before]
    done: runs.Run
    again: runs.Run
    seen: dict[str, Seen]
    inventory: Any


def watch(client, home: Home, wanted: Iterable[str]) -> Seen:
    """Begin to ask a host's URLs from another machine."""
    urls = [of(home, url) for url in wanted]
    targets = [f"https://{url}={home.ipv4}" for url in urls]
    command = ["docker", "exec", "-i", client.host.backend.name, "python3", "-c", WATCH, PAUSE, *targets]
    return Seen(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True), urls)


def statements(text: str) -> list[str]:
    """Return the directives, heads of blocks and comments of a file, as they are written."""
    return [each.strip() for each in re.split(r"[;{}\n]", text) if each.strip()]
