# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in by name and password: the example of docs/guides/access.md, and what nobody may read of it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import runs
from conftest import Client, Home
from guide import blocks

HOST = "{{ inventory_hostname }}"
(GUIDE,) = next(block for block in blocks("access.md") if "users" in block[0])
ANNA, BERT = "correct horse ä:$(id)", "battery staple"
HASH = subprocess.run(
    ["openssl", "passwd", "-6", "-stdin"], input=BERT, capture_output=True, text=True, check=True
).stdout.strip()
FILES = "/etc/nginx/constellation-edge/users"
# Who comes in gets what the service answers, which has nothing there; everybody else gets 401 of nginx.
IN, OUT = "served", "401"


def run(client: Client, users: list[str], *options: str) -> runs.Run:
    """Run the playbook with the guide's site and these users; who tries wrong passwords here is not banned for it."""
    (route,) = GUIDE["routes"]
    routes = [{**route, "upstream": "http://127.0.0.1:8088/constellation/"}]
    site = {**GUIDE, "server_name": f"{HOST}.example.org", "users": users, "routes": routes}
    known = {"edge_users": {"anna": ANNA, "bert": HASH}, "edge_sites": [site]}
    return runs.site(runs.INVENTORY, *options, "-e", json.dumps({**known, "edge_fail2ban_ignoreip": [client.ipv4]}))


def came(client: Client, home: Home, url: str, *options: str) -> str:
    """Return what came of a request: the status, or that the service answered."""
    status = client.status(home, url, *options)
    return IN if status in ("400", "404") else status


@pytest.fixture(scope="module")
def first(client: Client) -> runs.Run:
    """Return the run with both users, which says all that it can say."""
    return run(client, ["anna", "bert"], "--diff", "-vvv")


def test_the_run_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


def test_a_right_name_with_its_password_comes_in_and_nobody_else(
    first: runs.Run, homes: list[Home], client: Client
) -> None:
    wanted = {
        f"anna:{ANNA}": (IN, IN),
        f"bert:{BERT}": (IN, OUT),
        f"anna:{BERT}": (OUT, OUT),
        f"anna:{ANNA}x": (OUT, OUT),
        "anna:": (OUT, OUT),
        f"Anna:{ANNA}": (OUT, OUT),
        f"bert:{HASH}": (OUT, OUT),
        "carl:x": (OUT, OUT),
    }
    for home in homes:
        for login, expected in wanted.items():
            paths = (f"https://{home.domain}/", f"https://{home.domain}/admin/")
            assert tuple(came(client, home, path, "-u", login) for path in paths) == expected, login
        assert came(client, home, f"https://{home.domain}/") == OUT


def test_nginx_alone_reads_the_files_and_no_output_or_log_has_a_secret(first: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        shown = home.host.run(f"stat -c '%a %U %G' {FILES}/*").stdout.splitlines()
        assert {*shown} == {"640 root www-data"}
        lines = home.host.run(f"cat {FILES}/*").stdout
        assert f"bert:{HASH}" in lines
        hashes = re.findall(r"\$6\$\S+", lines)
        assert len(hashes) == 3
        logs = home.host.run(
            "journalctl --no-pager 2>/dev/null; cat /var/log/syslog 2>/dev/null; ls -laR /var/lib/constellation-edge"
        )
        kept = home.host.run(
            "find /var/lib/constellation-edge /etc/nginx /root/.ansible -type f -perm -o+r -exec cat {} +"
        )
        for secret in (ANNA, json.dumps(ANNA)[1:-1], BERT, *hashes):
            assert secret not in first.text
            assert secret not in logs.stdout
            assert secret not in kept.stdout
    assert "anna\n" in first.text


def test_who_is_taken_out_is_out_after_the_run_and_all_other_lines_stay(
    first: runs.Run, homes: list[Home], client: Client
) -> None:
    before = {home.name: home.host.run(f"grep -h ^anna: {FILES}/*").stdout for home in homes}
    again = run(client, ["anna"], "--diff")
    assert again.rc == 0, again.tail
    for home in homes:
        assert home.host.run(f"grep -h ^anna: {FILES}/*").stdout == before[home.name]
        asked = [came(client, home, f"https://{home.domain}/", "-u", each) for each in (f"bert:{BERT}", f"anna:{ANNA}")]
        assert asked == [OUT, IN]
        assert again.changed(home.name) == ["Bring the site files in line and have nginx serve them"]
