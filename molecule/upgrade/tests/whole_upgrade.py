# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a host: an older version, this one while a client asks, the older one again, this one, and its end."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import older
import pytest
import runs
from conftest import Home

STATE = "/var/lib/constellation-edge"
MARK = f"{STATE}/journal.settled.json"
WATCH = (runs.ROOT / "molecule" / "watch.py").read_text(encoding="utf-8")
PAUSE = "0.2"
# Whose process numbers tell that nothing was restarted.
PROGRAMS = {
    "nginx": "systemctl show --value --property MainPID nginx",
    "server": "supervisorctl pid constellation-server",
    "sentinel": "supervisorctl pid constellation-sentinel",
}
# A file that nginx does not read, for a change that stays.
UNREAD = "/etc/nginx/sites-available/unread"
# What 0.1.0 itself does with a file, before it is killed: in the last step, or behind it.
_KILLED = """
import os, sys
sys.path.insert(0, "/usr/local/lib/constellation-edge/edge.pyz")
from constellation_edge._journal import Journal
from constellation_edge._transaction import Write, apply
die = lambda *_: os.kill(os.getpid(), 9)
after = die
if sys.argv[2] == "settled":
    after, Journal.tidy = None, die
apply([Write(sys.argv[1], open(sys.argv[1], "rb").read() + b"# more\\n")], test=False, after=after)
"""


@dataclass(frozen=True)
class Seen:
    """What is on a host: the digest or the target of each file by path, and what is set up beside files."""

    files: dict[str, str]
    folders: set[str]
    units: str
    tables: str
    rules: str
    processes: dict[str, str]


@dataclass(frozen=True)
class Upgrade:
    """Everything about the upgrade; what the hosts were, by name, `before` and after each run."""

    older: runs.Run
    checked: runs.Run
    done: runs.Run
    refused: runs.Run
    again: runs.Run
    before: dict[str, Seen]
    converged: dict[str, Seen]
    looked: dict[str, Seen]
    upgraded: dict[str, Seen]
    kept: dict[str, Seen]
    asked: dict[str, list[str]]


def look(home: Home) -> Seen:
    """Look at all that a run may change; what is not there yet says nothing."""
    folders = f"/etc /usr/local /opt {STATE}"

    def ask(command: str) -> str:
        return str(home.host.run(command).stdout)

    lines = ask(f"find {folders} -type f -exec sha256sum {{}} +").splitlines()
    links = ask(f"find {folders} -type l -printf '%l  %p\\n'").splitlines()
    found = ask(f"find {folders} -type d").splitlines()
    return Seen(
        {path: said for said, path in (line.split("  ", 1) for line in lines + links)},
        set(found),
        ask("systemctl list-unit-files --no-legend --no-pager 'constellation-edge*'"),
        ask("nft list tables"),
        ask("ufw show added"),
        {name: ask(command) for name, command in PROGRAMS.items()},
    )


def look_all(homes: list[Home]) -> dict[str, Seen]:
    """Look at all hosts."""
    return {home.name: look(home) for home in homes}


def urls(home: Home) -> list[str]:
    """Return what a client asks of a host."""
    pages = [f"https://{home.domain}/{path}/" for path in ("constellation", "zm", "jeedom")]
    return [*pages, f"https://camera.{home.domain}/"]


def begin(client, home: Home) -> subprocess.Popen[str]:
    """Begin to ask a host from another machine."""
    targets = [f"{url}={home.ipv4}" for url in urls(home)]
    command = ["docker", "exec", "-i", client.host.backend.name, "python3", "-c", WATCH, PAUSE, *targets]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def killed(home: Home, file: str, when: str) -> None:
    """Have a change of a file by version 0.1.0 killed."""
    done = home.host.run("python3 -c %s %s %s", _KILLED, file, when)
    assert done.rc == 128 + 9, done.stderr


def site_file(home: Home) -> str:
    """Return the main site's file."""
    return f"/etc/nginx/sites-available/{home.domain}"


def new_module(home: Home, module: str) -> str:
    """Call a module of this version on a host; return what it said."""
    command = ["ansible", "-i", str(runs.INVENTORY), home.name, "-m", f"constellation.edge.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def first(homes) -> tuple[dict[str, Seen], runs.Run]:
    """Return the bare hosts, and the older version's run on them."""
    return look_all(homes), older.site()


@pytest.fixture(scope="session")
def put_back(first, homes) -> dict[str, list[set[str]]]:
    """Return, for each host, what is there before, and after each killed change and a module of this version."""
    found: dict[str, list[set[str]]] = {}
    for home in homes:
        home.host.check_output(f"echo '# one' > {UNREAD}")
        found[home.name] = [names(home)]
        for file, when in (site_file(home), "open"), (UNREAD, "settled"):
            killed(home, file, when)
            found[home.name].append(names(home))
            new_module(home, "nginx_reload")
            found[home.name].append(names(home))
        home.host.check_output(f"rm {UNREAD}")
    return found


def names(home: Home) -> set[str]:
    """Return what is left of changes: journals, and what stands beside the site file."""
    return set(home.host.check_output(f"ls -A {STATE} /etc/nginx/sites-available").split())


@pytest.fixture(scope="session")
def upgrade(first, put_back, homes, client) -> Upgrade:
    """Look first, upgrade, try the older version again, and run this one again, while a client asks."""
    before, converged = first[0], look_all(homes)
    asking = {home.name: begin(client, home) for home in homes}
    try:
        checked = runs.site(runs.INVENTORY, "--check", "--diff")
        looked = look_all(homes)
        done = runs.site(runs.INVENTORY, "--diff")
        upgraded = look_all(homes)
        refused = older.site()
        kept = look_all(homes)
        again = runs.site()
    finally:
        asked = {name: process.communicate(timeout=120)[0].splitlines() for name, process in asking.items()}
    return Upgrade(first[1], checked, done, refused, again, before, converged, looked, upgraded, kept, asked)


def answers(lines: list[str]) -> list[list[str]]:
    """Return the answers of each round that a client asked."""
    return [line.split()[1:] for line in lines]


def ours(paths: set[str]) -> set[str]:
    """Return those paths that are named after us."""
    return {path for path in paths if re.search(r"constellation[-_.]edge", path)}
