# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGKILL while `remove.yml` takes the collection off a host, at calls of each of its modules."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import yaml
from tools.checkout import ROOT

from chaos.hosts import inside, problems, side_by_side
from chaos.modules import HOME
from chaos.playbook import Playbook
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "SIGKILL while the host is left"
LANES = 2
SERIES = (("changes", 5), ("waits", 5))
# The same of the short form.
SHORT = {"changes": 61, "waits": 41}
OWN = "own.example.org"
LAN = "leave-lan"
# The play that takes the proxy off; the ones before it are for hosts with a Constellation server.
FIRST_PLAY, OURS = "Take the proxy off", "constellation.edge."
OWN_SITE = f"server {{ listen 80; server_name {OWN}; access_log /var/log/nginx/own.log constellation_edge; \
location / {{ return 200 own; }} }}\n"
BEFORE = "ufw allow 22/tcp && ufw --force enable && systemctl enable --now nginx"
AFTER = """set -e
ln -s ../sites-available/own /etc/nginx/sites-enabled/
sed -i 's#^    location /zm/ {#    location = /own { return 200 own; }\\n\\n&#' /etc/nginx/sites-available/kept-*
grep -q 'location = /own' /etc/nginx/sites-available/kept-*
nginx -t && systemctl reload nginx
"""


def run(bench: Stage, short: bool) -> Outcome:
    """Set up hosts with `site.yml`, leave each again and again, and kill that."""
    steps = leaving_steps()
    pebble = bench.lab.pebble()
    lan = bench.lab.standins(LAN, zoneminder=80)

    def share(name: str, lane: int) -> list[dict[str, Any]]:
        bench.lab.trust(name, pebble.transport_ca.read_bytes(), "pebble")
        converge(bench, name, Playbook(bench, name, pebble), lan, lane)
        bench.ship(name, [module for module, _arguments in steps])
        bench.put(name, {f"{HOME}/steps.json": json.dumps(steps).encode()})
        seen: list[dict[str, Any]] = []
        for calls, usual in SERIES:
            seen += inside(bench, name, "leaving", calls, SHORT[calls] if short else usual, lane, LANES)
        return seen

    names = [f"leave-{lane}" for lane in range(LANES)]
    try:
        seen = [each for part in side_by_side(bench, names, share) for each in part]
    finally:
        bench.drop(LAN)
    violations = problems(seen, ("variant", "calls", "k", "call"))
    missed = {module for module, _arguments in steps} - {each["variant"] for each in seen if each["place"]}
    violations += [f"{module}: nobody was killed" for module in sorted(missed)]
    kinds = Counter(each["variant"] for each in seen if each["place"])
    details = "kills: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Outcome(NAME, len(seen), violations, max(each["recovery"] for each in seen), details)


def leaving_steps() -> list[tuple[str, dict[str, str]]]:
    """Return our modules in the order of the playbook, with their arguments that are the same everywhere."""
    plays = yaml.safe_load((ROOT / "playbooks" / "remove.yml").read_text(encoding="utf-8"))
    first = [play["name"] for play in plays].index(FIRST_PLAY)
    steps = []
    for task in (task for play in plays[first:] for task in play["tasks"]):
        for key in task:
            if key.startswith(OURS) and not task.get("when"):
                given = task[key] or {}
                steps.append((key.removeprefix(OURS), {name: text for name, text in given.items() if "{{" not in text}))
    return steps


def converge(bench: Stage, name: str, playbook: Playbook, lan: str, lane: int) -> None:
    """Bring a host from the state of an owner with a firewall and a site of an own to that after `site.yml`."""
    bench.module(name, "nginx_service", {"state": "absent"})
    bench.sh(name, BEFORE)
    route = {"path": "/zm/", "app": "zoneminder", "upstream": f"http://{lan}"}
    # Each lane has names of its own: the authority finds a host by them.
    names = [f"{kind}-{lane}.example.org" for kind in ("kept", "gone")]
    for each in names:
        bench.lab.dns(each, bench.lab.address(name))
    done = playbook.site([{"server_name": each, "routes": [route]} for each in names])
    if done.code:
        raise AssertionError(f"{name}: site.yml failed: {done.out[-3000:]}")
    bench.put(name, {"/etc/nginx/sites-available/own": OWN_SITE.encode()})
    bench.sh(name, AFTER)
