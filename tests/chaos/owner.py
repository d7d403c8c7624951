# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner of a host, who edits nginx's files by hand; and whether all that was written so is still there."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

from chaos.stage import Stage

NGINX = "/etc/nginx"
_TLS_LISTEN = b"listen 443 ssl"


@dataclass
class Owner:
    """One owner of one host. Lines that were put into our files are kept by file, own files by their digest."""

    bench: Stage
    machine: str
    count: int = 0
    lines: dict[str, list[bytes]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    locations: list[tuple[str, int]] = field(default_factory=list)

    def edit(self, chance: random.Random, sites: list[str]) -> str:
        """Put a comment and a location into one of our files, or make a file of an own; return what was done."""
        self.count += 1
        done = self._own_file() if chance.random() < 1 / 3 else self._into(chance.choice(sites))
        if chance.random() < 1 / 2:
            self.bench.sh(self.machine, "nginx -s reload")
            done += " and reload"
        return done

    def lost(self) -> list[str]:
        """Return what is not there any more as it was written."""
        lost = []
        for path, written in self.lines.items():
            there = [
                line for line in self.bench.lab.read(self.machine, path).splitlines(keepends=True) if line in written
            ]
            if there != written:
                lost.append(f"{path}: of {len(written)} lines by hand {len(there)} are there, in order: {there}")
        for path, digest in self.files.items():
            if self._digest(path) != digest:
                lost.append(f"{path}: the owner's own file changed")
        return lost

    def urls(self) -> list[str]:
        """Return what the owner wrote that answers."""
        own = [f"http://{path.rpartition('/')[2]}/" for path in self.files]
        return own + [f"https://{path.rpartition('/')[2]}/owner-{number}" for path, number in self.locations]

    def _own_file(self) -> str:
        name = f"owner-{self.count}.example.org"
        text = f"# mine\nserver{{ listen 80;\tserver_name {name};\n\n\treturn 200 'owner {self.count}\\n'; }}"
        path = f"{NGINX}/sites-available/{name}"
        self.bench.put(self.machine, {path: text.encode()})
        self.bench.sh(self.machine, f"ln -s ../sites-available/{name} {NGINX}/sites-enabled/")
        self.files[path] = self._digest(path)
        return f"own file {name}"

    def _into(self, site: str) -> str:
        """Write into the TLS server of a site, the newest lines first."""
        path = f"{NGINX}/sites-available/{site}"
        new = [
            b"#   by hand: number %d, don't touch; {\n" % self.count,
            b"\tlocation   = /owner-%d {return 200 'owner %d';}  # mine\n" % (self.count, self.count),
        ]
        lines = self.bench.lab.read(self.machine, path).splitlines(keepends=True)
        place = next(number for number, line in enumerate(lines, 1) if _TLS_LISTEN in line)
        self.bench.put(self.machine, {path: b"".join([*lines[:place], *new, *lines[place:]])})
        self.locations.append((path, self.count))
        self.lines[path] = new + self.lines.get(path, [])
        return f"edit {site}"

    def _digest(self, path: str) -> str:
        stat = self.bench.sh(self.machine, f"stat -c '%a %u %g %Y %i' {path}").out
        return hashlib.sha256(self.bench.lab.read(self.machine, path) + stat.encode()).hexdigest()
