# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs of site.yml at once on one host, and a renewal in the middle of one: nothing is lost, the next converges."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import runs

FILES = "find /etc/nginx /etc/fail2ban /etc/ufw /opt -xdev -type f ! -name '*.log' -exec sha256sum {} + ; nginx -t"
RENEW = (
    "env REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"
    " certbot renew --force-renewal --no-random-sleep-on-renew --cert-name %s"
)


def declared(**routes: str) -> dict[str, Any]:
    """Return the inventory with further routes, by name and what they are for, on every host."""
    said = subprocess.run([sys.executable, str(runs.INVENTORY)], capture_output=True, text=True, check=True)
    given = json.loads(said.stdout)
    hosts = copy.deepcopy(given["_meta"]["hostvars"])
    for each in hosts.values():
        upstream = each["edge_sites"][0]["routes"][1]["upstream"]
        each["edge_sites"][0]["routes"] += [
            {"path": f"/{name}/", "app": app, "upstream": upstream} for name, app in routes.items()
        ]
    return {"edge": {"hosts": hosts, "vars": given["edge"]["vars"]}}


@pytest.fixture(scope="module")
def inventories(tmp_path_factory) -> dict[str, Path]:
    """Return three declarations of the same hosts."""
    folder = tmp_path_factory.mktemp("inventories")
    result = {}
    for name, routes in {"plain": {}, "one": {"one": "zoneminder"}, "two": {"two": "zoneminder"}}.items():
        result[name] = folder / f"{name}.yml"
        result[name].write_text(json.dumps(declared(**routes)), encoding="utf-8")
    return result


def files(homes) -> dict[str, list[str]]:
    """Return the state of every host's files, which nginx accepts."""
    return {home.name: sorted(home.host.check_output(FILES).splitlines()) for home in homes}


def at_once(*inventories: Path) -> list[runs.Run]:
    """Run site.yml with each inventory, side by side."""
    with ThreadPoolExecutor(len(inventories)) as pool:
        return list(pool.map(runs.site, inventories))


def assert_converged(homes, inventory: Path) -> None:
    """Assert that a run changes nothing any more."""
    run = runs.site(inventory)
    assert run.rc == 0, run.tail
    for home in homes:
        assert run.count(home.name, "changed") == 0, run.tail


@pytest.fixture(scope="module")
def alone(homes) -> dict[str, dict[str, list[str]]]:
    """Return the files that each declaration alone leads to; the scenario begins with the plain one."""
    return {"plain": files(homes)}


def test_two_runs_of_the_same_declaration_do_what_one_does(homes, inventories, alone):
    both = at_once(inventories["one"], inventories["one"])
    assert [run.rc for run in both] == [0, 0], "".join(run.tail for run in both)
    alone["one"] = files(homes)
    assert_converged(homes, inventories["one"])
    assert files(homes) == alone["one"]


@pytest.mark.long
def test_two_runs_of_different_declarations_end_as_one_of_them(homes, inventories, alone):
    run = runs.site(inventories["two"])
    assert run.rc == 0, run.tail
    both = at_once(inventories["plain"], inventories["one"])
    assert [run.rc for run in both] == [0, 0], "".join(run.tail for run in both)
    after = files(homes)
    for home in homes:
        assert after[home.name] in (alone["plain"][home.name], alone["one"][home.name])


@pytest.mark.long
def test_a_renewal_in_the_middle_of_a_run_is_served_afterwards(homes, inventories):
    """The hook reloads nginx beside us; what it loaded is unknown to the record, and settled by one reload at most."""
    run, renewals = with_renewal(homes, inventories["two"], "Bring the site files in line and have nginx serve them")
    assert run.rc == 0, run.tail
    assert renewals, f"the task did not begin: {run.tasks}"
    for done in renewals:
        assert done.rc == 0, done
    settled = runs.site(inventories["two"])
    assert settled.rc == 0, settled.tail
    assert_converged(homes, inventories["two"])
    for home in homes:
        on_disk = home.host.check_output(
            "openssl x509 -noout -serial -in /etc/letsencrypt/live/%s/cert.pem", home.domain
        )
        served = home.host.check_output(
            f"echo | openssl s_client -connect 127.0.0.1:443 -servername {home.domain} 2>/dev/null"
            " | openssl x509 -noout -serial"
        )
        assert served == on_disk


def with_renewal(homes, inventory: Path, task: str) -> tuple[runs.Run, list[Any]]:
    """Run site.yml and have the certificates renewed on every host as soon as a task begins."""
    lines: list[str] = []
    renewals: list[Any] = []
    with (
        subprocess.Popen(
            ["ansible-playbook", "-i", str(inventory), str(runs.SITE)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=runs.os.environ | runs.PLAIN,
        ) as process,
        ThreadPoolExecutor(len(homes)) as pool,
    ):
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if not renewals and re.match(rf"TASK \[(.* : )?{re.escape(task)}\]", line):
                renewals = [pool.submit(home.host.run, RENEW, home.domain) for home in homes]
    return runs.Run(process.returncode, "".join(lines)), [each.result() for each in renewals]
