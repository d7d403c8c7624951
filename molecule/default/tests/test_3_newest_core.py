# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks with the newest ansible-core, from a controller of its own: nothing that names us is deprecated.

Comes before other tests reload nginx or renew. In `make test` it asks two home servers, one of them with sudo-rs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import runs
from conftest import ROOT, SCENARIO
from inventory import inventory
from lab import recipes
from lab.containers import File
from lab.controller import VENV
from tools.checkout import source_files
from tools.deprecations import of_ours

NAME, SYSTEM = "controller", "debian13"
FOLDER = "/opt/controller"
COLLECTION = f"{FOLDER}/ansible_collections/constellation/edge"
SHIPPED = ("galaxy.yml", "meta", "playbooks", "plugins", "presets", "roles")
HOMES = sorted(name for name in SCENARIO["machines"] if name.startswith("home-"))
FEW = [name for name in HOMES if name in ("home-debian13", "home-ubuntu2604")] or HOMES[:1]
GROUPS = [pytest.param(FEW, id="few"), pytest.param(HOMES, id="all", marks=pytest.mark.long)]
# A package that nothing needs before the next start of fail2ban, and a timer; and what brings both back.
GONE, STOPPED = "python3-systemd", "certbot.timer"
BRINGS_BACK = {"Install ufw and fail2ban", "Renew certificates twice a day"}
# What follows the controller's address: firewall and bans never keep it out.
OF_THE_ADDRESS = {"Open SSH and the ports of the edge", "Enforce the firewall", "Bring the jails to life"}


@pytest.fixture(scope="session")
def controller(lab) -> None:
    """Start a machine with the newest ansible-core, the collection, and what an owner has to get in."""
    lab.images.ensure([SYSTEM], homes=False, services=False, controllers=True)
    key, known, root = (f"{FOLDER}/{name}" for name in ("key", "known_hosts", "root.pem"))
    given = inventory()
    way = {"ansible_ssh_private_key_file": key, "ansible_ssh_common_args": f"-o UserKnownHostsFile={known}"}
    hosts = {name: given["_meta"]["hostvars"][name] | way for name in HOMES}
    edge = {"hosts": hosts, "vars": given["edge"]["vars"] | {"edge_probe_ca_file": root}}
    files = {
        key: File(Path(SCENARIO["ssh"]["key"]).read_bytes(), 0o600),
        known: File(Path(SCENARIO["ssh"]["known_hosts"]).read_bytes()),
        root: File(Path(SCENARIO["pebble"]["root"]).read_bytes()),
        f"{FOLDER}/password": File(recipes.KEEPER_PASSWORD_FILE.read_bytes(), 0o600),
        f"{FOLDER}/inventory.json": File(json.dumps({"edge": edge}).encode()),
    }
    files |= {
        f"{COLLECTION}/{name}": File((ROOT / name).read_bytes()) for name in source_files() if name.parts[0] in SHIPPED
    }
    lab.machine(NAME, recipes.controller_tag(SYSTEM), command=["sleep", "infinity"], files=files)


def play(lab, playbook: str, homes: list[str]) -> runs.Run:
    """Run a playbook of the collection as an owner does; fail on a deprecation warning about us."""
    log = f"{FOLDER}/{playbook}.log"
    argv = [f"{VENV}/bin/ansible-playbook", "-i", f"{FOLDER}/inventory.json", "--limit", ",".join(homes)]
    argv += ["--become-password-file", f"{FOLDER}/password", f"constellation.edge.{playbook}"]
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": FOLDER,
        "ANSIBLE_DEPRECATION_WARNINGS": "1",
        "ANSIBLE_LOG_PATH": log,
        "ANSIBLE_PIPELINING": "1",
        "LC_ALL": "C.UTF-8",
        **runs.PLAIN,
    }
    done = lab.exec(NAME, argv, environment=environment, check=False)
    run = runs.Run(done.code, done.out + done.err)
    assert of_ours(lab.read(NAME, log).decode()) == []
    return run


@pytest.mark.parametrize("names", GROUPS)
def test_site_yml_brings_back_what_is_gone_and_else_changes_what_follows_its_address(controller, lab, homes, names):
    """A role asks apt and systemd for nothing where the first look finds its packages and its timer."""
    without = next(home for home in homes if home.name == names[0])
    without.host.check_output(f"dpkg --remove --force-depends {GONE} && systemctl disable --now {STOPPED}")
    run = play(lab, "site", names)
    assert run.rc == 0, run.tail
    for name in names:
        expected = BRINGS_BACK if name == without.name else set()
        assert set(run.changed(name)) - OF_THE_ADDRESS == expected, run.tail
    assert without.host.check_output(f"dpkg-query -W -f '${{db:Status-Status}}' {GONE}") == "installed"
    assert without.host.service(STOPPED).is_running
    assert without.host.service(STOPPED).is_enabled


@pytest.mark.parametrize("names", GROUPS)
def test_verify_yml_proves_it(controller, lab, names):
    run = play(lab, "verify", names)
    assert run.rc == 0, run.tail
