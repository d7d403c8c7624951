# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One client holds thousands of connections whose headers never end, and takes nothing from another one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import runs
from lab.progress import poll

LIMIT = 256
TABLE = "inet constellation_edge"
UNIT = "constellation-edge-limit.service"
# Holds connections to a port, with headers that never end, until its input ends; what is closed is opened again. Says
# `ready` after some seconds. The first bytes follow at once: nginx takes a connection without any for another client.
_HOLD = """
import selectors, socket, sys, time
address, count = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ':' in address else socket.AF_INET
waiting = selectors.DefaultSelector()
waiting.register(sys.stdin, selectors.EVENT_READ)
def begin():
    one = socket.socket(family)
    one.setblocking(False)
    one.connect_ex((address, 80))
    waiting.register(one, selectors.EVENT_WRITE)
for number in range(count):
    begin()
started, said = time.monotonic(), False
while True:
    for key, event in waiting.select(0.3):
        if key.fileobj is sys.stdin:
            sys.exit()
        try:
            if event & selectors.EVENT_WRITE:
                key.fileobj.send(b'GET / HTTP/1.1\\r\\nHost: slow.example.org\\r\\nX-Slow: ')
                waiting.modify(key.fileobj, selectors.EVENT_READ)
                continue
            ended = not key.fileobj.recv(4096)
        except OSError:
            ended = True
        if ended:
            waiting.unregister(key.fileobj)
            key.fileobj.close()
            begin()
    if not said and time.monotonic() - started > 4:
        said = True
        print('ready', flush=True)
"""
# What `flush ruleset` does to our table, and to no other one: the lab's own name resolution stands in those.
_FLUSHING = """[Service]
ExecStart=
ExecStart=/usr/sbin/nft delete table inet constellation_edge
ExecReload=
ExecReload=/usr/sbin/nft delete table inet constellation_edge
ExecStop=
"""
_DROP_IN = "/run/systemd/system/nftables.service.d/00-test.conf"


@contextlib.contextmanager
def holding(lab, machine, address: str, count: int) -> Iterator[None]:
    """Have a machine hold connections during the block."""
    command = ["docker", "exec", "-i", lab.container_name(machine.name), "python3", "-c", _HOLD, address, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            assert process.stdin
            process.stdin.close()


def module(home, name: str, **arguments: Any) -> dict[str, Any]:
    """Run a module of ours on one host, and return what it said."""
    words = ["ansible", home.name, "-i", str(runs.INVENTORY), "-m", f"constellation.edge.{name}"]
    command = [*words, *(["-a", json.dumps(arguments)] if arguments else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | runs.PLAIN)
    # What it says begins with `home-debian13 | CHANGED => {`.
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])
    return result


def limited(home, **arguments: Any) -> dict[str, Any]:
    """Bring the limit in line with the arguments."""
    return module(home, "edge_connection_limit", **arguments)


def open_from(home, source: str) -> int:
    """Return how many connections of a source the host has on the port for HTTP."""
    lines = home.host.check_output("ss -Htn state established sport = :80").splitlines()
    return sum(f"{source}:" in line or f"[{source}]:" in line for line in lines)


def served(home, client, family: int = 4, requests: int = 10) -> int:
    """Return how many requests of the other client are answered."""
    url = f"https://{home.domain}/zm/"
    return sum(client.status(home, url, "--max-time", "5", family=family) == "200" for _request in range(requests))


def ipv6_address(machine) -> str:
    """Return a machine's IPv6 address."""
    shown = machine.host.check_output("ip -6 -o address show scope global")
    return str(shown.split("inet6 ")[1].partition("/")[0])


def has_table(home) -> bool:
    return home.host.run(f"nft list table {TABLE}").rc == 0


def test_three_thousand_connections_of_one_take_nothing_from_another(home, lab, client, attacker):
    with holding(lab, attacker, home.ipv4, 3000):
        assert served(home, client) == 10
        assert 0 < open_from(home, attacker.ipv4) <= LIMIT
    assert limited(home)["refused"] > 0


def test_the_addresses_of_one_ipv6_network_are_one_client(home, lab, client, attacker):
    """Both machines are in the lab's one network of 64 bits: they share the limit."""
    with holding(lab, attacker, home.ipv6, 600), holding(lab, client, home.ipv6, 600):
        assert served(home, client, family=4) == 10
        assert 0 < sum(open_from(home, ipv6_address(each)) for each in (attacker, client)) <= LIMIT
    poll("the end of the connections", lambda: served(home, client, family=6, requests=4) == 4, 120)


def test_who_is_exempt_is_not_limited(home, lab, client, attacker):
    assert limited(home, exempt=[attacker.ipv4])["changed"]
    try:
        with holding(lab, attacker, home.ipv4, LIMIT + 100):
            assert open_from(home, attacker.ipv4) > LIMIT
            assert served(home, client) == 10
    finally:
        assert limited(home)["changed"]


def test_a_run_that_changes_nothing_leaves_the_counters(home, lab, attacker):
    with holding(lab, attacker, home.ipv4, LIMIT + 100):
        again = limited(home)
    assert (again["changed"], again["limit"]) == (False, LIMIT)
    assert again["refused"] > 0


def test_a_table_that_somebody_deleted_comes_back(home):
    home.host.check_output(f"nft delete table {TABLE}")
    proofs = module(home, "edge_host_probe", jails=[], nginx=False, renewal=False, fail=False)["proofs"]
    assert [proof["ok"] for proof in proofs if proof["subject"] == "connection limit"] == [False]
    assert limited(home)["changed"]
    assert has_table(home)
    home.host.check_output(f"nft flush chain {TABLE} count")
    assert limited(home)["changed"]
    assert not limited(home)["changed"]
    proofs = module(home, "edge_host_probe", jails=[], nginx=False, renewal=False)["proofs"]
    assert [proof["ok"] for proof in proofs if proof["subject"] == "connection limit"] == [True]


def test_it_comes_back_with_nftables_service(home):
    host = home.host
    host.check_output("mkdir -p %s && printf %%s %s > %s", os.path.dirname(_DROP_IN), _FLUSHING, _DROP_IN)
    host.check_output("systemctl daemon-reload")
    try:
        for word in ("start", "reload", "restart"):
            handle = host.check_output(f"nft -a list table {TABLE}").splitlines()[0]
            host.check_output(f"systemctl {word} nftables")

            def is_another(handle: str = handle) -> bool:
                shown = host.run(f"nft -a list table {TABLE}")
                return shown.rc == 0 and shown.stdout.splitlines()[0] != handle

            poll(f"the table after `systemctl {word} nftables`", is_another, 60)
    finally:
        host.check_output(f"systemctl stop nftables; rm {_DROP_IN}; systemctl daemon-reload")
    assert not limited(home)["changed"]
    assert host.service(UNIT).is_running


def test_the_rules_of_others_stay(home):
    host = home.host
    foreign = "add table inet foreign; add chain inet foreign input { type filter hook input priority 10; }"
    host.check_output("nft %s", f"{foreign}; add rule inet foreign input tcp dport 80 counter")
    others = "nft list tables | grep -v constellation_edge; ufw status numbered; nft -s list table inet foreign"
    before = host.check_output(others)
    assert "443" in before
    try:
        assert limited(home, limit=300)["changed"]
        assert limited(home, limit=0)["changed"]
        assert limited(home)["changed"]
        assert host.check_output(others) == before
    finally:
        host.check_output("nft delete table inet foreign")


def test_no_limit_leaves_nothing(home):
    host = home.host
    try:
        assert limited(home, limit=0)["changed"]
        assert not limited(home, limit=0)["changed"]
        assert not has_table(home)
        assert not host.file("/etc/constellation-edge/connection-limit.nft").exists
        assert host.run(f"find /etc/systemd -name '{UNIT}'").stdout == ""
        assert host.run(f"systemctl cat {UNIT}").rc != 0
    finally:
        assert limited(home)["changed"]
    assert has_table(home)
