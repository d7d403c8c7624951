# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each probe of the program, asked from a machine outside, and all of them by verify.yml from the controller."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import runs
from ansible_collections.constellation.edge.plugins.module_utils._hostile.run import KINDS
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from ansible_collections.constellation.edge.plugins.plugin_utils._features.claims import CLAIMS
from conftest import ROOT, ROOT_CA, Client, Home
from lab.containers import folder_files

PACKAGE = "ansible_collections/constellation/edge/plugins/module_utils"
ECHO, KEPT = "/echo/", "/constellation/WebConsole/"
# In Docker's own networks, from which the lab takes its IPv4 when several run, a client is one of the LAN.
BY_IPV6 = ("paths",)
LINE = re.compile(r"(ok|FAILED|not proven) +(\S+): (.*)")


def probes() -> list[str]:
    """Return the names of all probes that the program is asked for."""
    subject = Subject("https://home.example.org/", echo=ECHO, kept=KEPT)
    kinds = {name: kind for name, kind in KINDS.items() if not kind.needs or getattr(subject, kind.needs)}
    return [f"{name}.{probe.name}" for name, kind in kinds.items() for probe in kind.probes(subject)]


def program(client: Client, home: Home, address: str, kinds: list[str]) -> dict[str, tuple[str, str]]:
    """Run the program on the client: nothing but Python, and the sources as they are."""
    only = [word for kind in kinds for word in ("--only", kind)]
    command = [
        *("env", "PYTHONPATH=/opt/probes", "PYTHONDONTWRITEBYTECODE=1", "python3", "-m"),
        *(f"{PACKAGE.replace('/', '.')}._hostile", f"https://{home.domain}/", "--address", address),
        *("--ca-file", ROOT_CA, "--echo", ECHO, "--kept", KEPT, "--claims", ",".join(each.name for each in CLAIMS)),
        *only,
    ]
    done = client.host.run(" ".join(["%s"] * len(command)), *command)
    found = {match[2]: (match[1], match[3]) for line in done.stdout.splitlines() if (match := LINE.match(line))}
    assert found, done.stderr
    last = done.stdout.splitlines()[-1]
    counts = [sum(word == each for word, _text in found.values()) for each in ("ok", "FAILED", "not proven")]
    assert last == "{} passed, {} failed, {} not proven".format(*counts)
    assert done.rc == (1 if counts[1] else 2 if counts[2] else 0)
    return found


def verify(folder: Path) -> runs.Run:
    """Run verify.yml with the probes."""
    options = {"edge_verify_hostile": True, "edge_report_file": f"{folder}/{{{{ inventory_hostname }}}}.json"}
    return runs.playbook(runs.VERIFY, runs.INVENTORY, "-e", json.dumps(options))


@pytest.fixture(scope="session")
def said(homes, client, lab, tmp_path_factory) -> dict[str, Any]:
    """Return what the program says of each home server, and what verify.yml does: most of both is waiting."""
    lab.put(client.name, folder_files(ROOT / "plugins" / "module_utils", f"/opt/probes/{PACKAGE}"))
    folder = tmp_path_factory.mktemp("report")
    by_ipv4 = [name for name, kind in KINDS.items() if name not in BY_IPV6 and kind.needs != "connections"]
    with ThreadPoolExecutor(2 * len(homes) + 1) as pool:
        verified = pool.submit(verify, folder)
        four = [pool.submit(program, client, home, home.ipv4, by_ipv4) for home in homes]
        six = [pool.submit(program, client, home, home.ipv6, list(BY_IPV6)) for home in homes]
        found = {home.name: one.result() | two.result() for home, one, two in zip(homes, four, six, strict=True)}
        return {"verify": verified.result(), "folder": folder, **found}


@pytest.mark.parametrize("probe", probes())
def test_what_a_client_may_not_do(said, home, probe):
    word, text = said[home.name][probe]
    assert word == "ok", text


def test_verify_asks_the_same_of_each_site(said, home):
    report = json.loads((said["folder"] / f"{home.name}.json").read_text())
    sites = [f"https://{name}/" for name in (home.domain, f"camera.{home.domain}")]
    asked = {check["subject"]: check for check in report["checks"] if check["subject"].startswith("https://")}
    assert {subject.split()[0] for subject in asked} == set(sites)
    kinds = {subject.split()[1].split(".")[0] for subject in asked}
    assert kinds == set(KINDS) - {"headers", "limits"}
    failed = {subject: check["detail"] for subject, check in asked.items() if check["result"] == "failed"}
    assert failed == {}
    assert said["verify"].rc == 0, said["verify"].tail
