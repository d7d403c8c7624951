# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a beginner gets wrong in files, names and the way in, by SSH: each told by the first task, in words to follow.

The table of all of them, with the seconds until they were told, is `messages.md` in the folder of the lab's run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import owner
import pytest
import runs
import testinfra
from conftest import ROOT, RUN, SCENARIO
from lab.recipes import KEEPER, KEEPER_PASSWORD_FILE

FIRST_TASK = "Check the inventory and look at the hosts"
GUEST = "guest"
TABLE = ROOT / ".cache" / "lab" / RUN / "messages.md"
INVENTORY = """edge:
  hosts:
    home:
      ansible_host: {ipv4}
      ansible_user: {user}
      ansible_ssh_private_key_file: {key}
      ansible_ssh_common_args: -o ControlPath=none -o UserKnownHostsFile={known_hosts}
      ansible_python_interpreter: /usr/bin/python3
  vars:
    edge_email: me@example.org
    edge_sites:
      - server_name: home.example.org
        routes:
          - path: /zm/
            app: zoneminder
            upstream: http://192.0.2.10
"""
ROUTE = "            upstream: http://192.0.2.10\n"
SITES = "    edge_sites:\n"
LOCKED = """!vault |
      $ANSIBLE_VAULT;1.1;AES256
      63353537306333626566343861313738383435383966366266336638326134653434656435623162
      3165656563623337373864613966333564646235643139660a613364613966633565306330643433
      35326633623934653361643334303137653833396234646461393830313462326664323236373962
      6439303139363062640a326666663837653432653738616466303561356263613062636633663531
      6566"""


@dataclass(frozen=True)
class Mistake:
    """`old` is written as `new`; `file` is what -i names, `typed` the file with what -K is told, "" without -K."""

    said: str
    old: str = ""
    new: str = ""
    file: str = "inventory.yml"
    typed: str = "right"
    options: tuple[str, ...] = ()


def more(line: str) -> dict[str, str]:
    """Return a route with one more line."""
    return {"old": ROUTE, "new": f"{ROUTE}            {line}\n"}


def variable(line: str) -> dict[str, str]:
    """Return the proxies with one more variable."""
    return {"old": SITES, "new": f"    {line}\n{SITES}"}


BY_HAND = "into the route's location in /etc/nginx/sites-available/home.example.org"
MISTAKES = {
    "a misspelt file": Mistake("there is no such file.*did you mean 'inventory.yml'", file="inventry.yml"),
    "no file": Mistake("no inventory is named: add `-i inventory.yml`", file="/etc/ansible/hosts"),
    "a tab": Mistake("inventory.yml:10: .*a tab", "    edge_email", "\tedge_email"),
    "no blank behind a colon": Mistake(
        "inventory.yml:10: .*a blank is missing behind 'edge_email:'", "edge_email: ", "edge_email:"
    ),
    "an open quote": Mistake("inventory.yml:10: .*a quote", "edge_email: ", "edge_email: '"),
    "an open bracket": Mistake("inventory.yml:10: .*a bracket", "edge_email: ", "edge_email: ["),
    "a line that is indented too far": Mistake(
        "inventory.yml:11: .*does not stand below the lines before it", "    edge_email", "     edge_email"
    ),
    "a list of hosts": Mistake("inventory.yml:3: `hosts:` .*has to be a mapping", "    home:\n", "    - home:\n"),
    "sites beside the group": Mistake("'edge_sites' stands at the top", "edge:\n", "edge_sites: []\nedge:\n"),
    "a misspelt group": Mistake("did you mean 'edges'", "edge:\n", "edges:\n"),
    "a key that stands twice": Mistake("inventory.yml:17: the key 'path' stands in line 14 already", **more("path: /")),
    "a misspelt variable": Mistake("did you mean 'edge_lan'", **variable("edge_lans: []")),
    "a misspelt variable of a role": Mistake("did you mean 'hardening_bantime'", **variable("hardening_bantme: 5h")),
    "a variable of the collection's own": Mistake("'edge_plan' is no variable of yours", **variable("edge_plan: {}")),
    "a variable that is wished for": Mistake("TCP and UDP are not proxied", **variable("edge_streams: []")),
    "a misspelt key": Mistake("did you mean 'upstream'", "upstream:", "upstrem:"),
    "a limit of requests": Mistake("rate_limit must be requests a second or a minute", **more("rate_limit: 10")),
    "who may come in": Mistake("access: 'lna' is not known; known: lan, login, none, public", **more("access: lna")),
    "a password that everybody reads": Mistake(
        "inventory.yml:.*: the password of 'anna' can be read in this file", **variable("edge_users: {anna: hunter2}")
    ),
    "a page for errors": Mistake("write `error_pages: {502: FILE}` in a site", **more("error_page: /sorry.html")),
    "a login": Mistake("write `access: login`", **more("auth: true")),
    "another service's login": Mistake(f"`auth_request .*` {BY_HAND}", **more("authelia: true")),
    "a word of nginx": Mistake("write `max_body_size:", **more("client_max_body_size: 1g")),
    "a key of the site": Mistake("it is a key of the site, write it beside", **more("hsts: false")),
    "an app without a preset": Mistake("leave `app` out, and write `upstream", "app: zoneminder", "app: paperless"),
    "a socket": Mistake("write 'unix:/run/x.sock'", "http://192.0.2.10", "http://unix:/run/x.sock"),
    "a locked value": Mistake(
        "inventory.yml:10: edge_email is locked by Ansible Vault: add --ask-vault-pass", "me@example.org", LOCKED
    ),
    "a wrong password of the vault": Mistake(
        "is locked by another vault password", "me@example.org", LOCKED, options=("--vault-password-file=wrong",)
    ),
    "a host that was never met": Mistake("once, compare the fingerprint", "{known_hosts}", "/dev/null"),
    "a host with another key": Mistake("has another host key than before", "{known_hosts}", "changed"),
    "an unknown user": Mistake("does not let nobody-here in: `ssh-copy-id", "{user}", "nobody-here"),
    "a closed port": Mistake("nothing answers at port 2 of", "{user}", "{user}\n      ansible_port: 2"),
    "an unknown name": Mistake("nobody knows the name home.invalid", "{ipv4}", "home.invalid"),
    "a user who may not use sudo": Mistake(f"usermod -aG sudo {GUEST}", "{user}", GUEST),
    "no password for sudo": Mistake("add -K to the command", typed=""),
    "a wrong password for sudo": Mistake("Incorrect sudo password: with -K", typed="wrong"),
    "no Python": Mistake("`sudo apt install python3`", "/usr/bin/python3", "/opt/python3"),
}


@pytest.fixture(scope="module")
def machine() -> testinfra.host.Host:
    """Return a home server with a user who may log in as its owner does, but not use sudo."""
    lab = SCENARIO["machines"][owner.homes()[0]]
    host = testinfra.get_host(f"docker://{lab['container']}")
    host.check_output(
        f"useradd --create-home --shell /bin/bash {GUEST}\n"
        f'usermod --password "$(getent shadow {KEEPER} | cut -d: -f2)" {GUEST}\n'
        f"cp -r ~{KEEPER}/.ssh ~{GUEST}/ && chown -R {GUEST}: ~{GUEST}/.ssh"
    )
    return host


@pytest.fixture(scope="module")
def before(machine) -> list[str]:
    """Return the state of the home server before the runs of this file."""
    return owner.state(machine)


@pytest.fixture(scope="module")
def rows():
    """Collect what was told, and keep it as a table."""
    found: list[str] = []
    yield found
    lines = ["| wrong input | seconds until told | words |", "|---|---|---|", *found]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("", *lines, sep="\n")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Return the owner's folder, in which the commands are given."""
    monkeypatch.chdir(tmp_path)
    # Molecule switches that off; an owner's SSH asks.
    monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", "1")
    shutil.copy(KEEPER_PASSWORD_FILE, tmp_path / "right")
    (tmp_path / "wrong").write_text("wrong\n", encoding="utf-8")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "other"], check=True)
    kind, key, *_comment = (tmp_path / "other.pub").read_text(encoding="utf-8").split()
    address = SCENARIO["machines"][owner.homes()[0]]["ipv4"]
    (tmp_path / "changed").write_text(f"{address} {kind} {key}\n", encoding="utf-8")
    return tmp_path


def told(run: runs.Run) -> str:
    """Return the words of a refusal, as they end what was written before the recap."""
    (words,) = re.findall(r"^\[ERROR\]: Task failed: (.*?)^Origin: ", run.text, re.MULTILINE | re.DOTALL)[:1]
    return " ".join(words.removeprefix("Nothing was changed, the inventory has to be corrected first:").split())


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_by_the_first_task(before, rows, folder, name):
    mistake = MISTAKES[name]
    assert mistake.old in INVENTORY
    text = INVENTORY.replace(mistake.old, mistake.new, 1) if mistake.old else INVENTORY
    ssh = SCENARIO["ssh"]
    values = {"key": ssh["key"], "known_hosts": ssh["known_hosts"], "user": KEEPER}
    values |= {"ipv4": SCENARIO["machines"][owner.homes()[0]]["ipv4"]}
    for word, value in values.items():
        text = text.replace(f"{{{word}}}", value)
    (folder / "inventory.yml").write_text(text, encoding="utf-8")
    password = (f"--become-password-file={mistake.typed}",) if mistake.typed else ()
    begun = time.monotonic()
    run = runs.site(Path(mistake.file), *password, *mistake.options)
    seconds = time.monotonic() - begun
    assert run.rc != 0
    assert run.tasks == [FIRST_TASK], run.tail
    words = told(run)
    rows.append(f"| {name} | {seconds:.1f} | {words.replace('|', chr(92) + '|')} |")
    assert re.search(mistake.said, words), words


def test_no_host_was_touched(machine, before):
    assert owner.state(machine) == before
