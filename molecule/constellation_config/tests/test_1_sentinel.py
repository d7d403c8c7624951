# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentinels on other machines than their server. The tests build on each other.

The machines have been converged once: the server listened on http://+:8088/, and the sentinels, whose Mono does not
trust the test CA, called it there.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

import pytest
import runs
from lab.progress import poll
from machines import ALL_STEPS, KEY, answers, listens, ports, sentinels

OLD, NEW = "http://+:8088/", "http://+:8088/constellation/"
SENTINELS = sentinels()
# Starts a program that connects to nothing when its file names the address under test.
DEAF = """#!/bin/sh
grep -q //home- Constellation.Sentinel.exe.config && exec sleep 600
exec /usr/bin/mono Constellation.Sentinel.exe
"""
# A certificate of an authority with an ECDSA key, and a site that serves it in front of the same server.
ELLIPTIC = """
mkdir -p /etc/nginx/elliptic && cd /etc/nginx/elliptic
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ca.key -out ec-ca.pem -days 30 \\
    -subj '/CN=Elliptic Lab' -addext basicConstraints=critical,CA:true
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.csr -subj /CN=ec.example.org
echo subjectAltName=DNS:ec.example.org > ec.ext
openssl x509 -req -in ec.csr -CA ec-ca.pem -CAkey ca.key -CAcreateserial -days 20 -out ec.pem -extfile ec.ext
cat > /etc/nginx/conf.d/ec.conf <<'END'
server {
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name ec.example.org;
    ssl_certificate elliptic/ec.pem;
    ssl_certificate_key elliptic/ec.key;
    location / { proxy_pass http://127.0.0.1:8088; proxy_buffering off; proxy_http_version 1.1; }
}
END
systemctl reload nginx
"""
ROOT, CA = (f"/usr/local/share/ca-certificates/{name}.crt" for name in ("constellation-edge-lab-root", "elliptic"))
STORE = "/usr/share/.mono/new-certs/Trust"


def by_hand(file: str) -> str:
    """Return the command that has Mono trust an authority, as the summary tells it."""
    return f'cp {file} "{STORE}/$(openssl x509 -noout -hash -in {file}).0"'


@pytest.fixture(scope="module")
def server(homes):
    """Return the home whose server the sentinels call."""
    return homes[0]


@pytest.fixture(scope="module")
def public(server) -> str:
    """Return the address that the sentinels are to call."""
    return f"https://{server.domain}/constellation/"


def test_what_cannot_move_keeps_its_uri(server):
    assert listens(server.host) == [OLD, NEW]
    for sentinel in SENTINELS:
        assert sentinel.uri == f"http://{server.name}:8088/"
        assert sentinel.peers(8088) == [server.ipv4]


def test_the_port_is_open_to_the_sentinels_alone(server, client):
    assert [line.split()[2] for line in ports(server.host)] == [sentinel.ipv4 for sentinel in SENTINELS]
    assert all(answers(sentinel.host, server.ipv4) for sentinel in SENTINELS)
    assert not answers(client.host, server.ipv4)


@pytest.mark.long
def test_the_next_run_changes_nothing_and_tells_the_remedy(server):
    processes = [sentinel.process for sentinel in SENTINELS]
    run = runs.site()
    assert run.rc == 0, run.tail
    assert run.count(server.name, "changed") == 0, run.tail
    assert [sentinel.process for sentinel in SENTINELS] == processes
    for sentinel in SENTINELS:
        assert run.count(sentinel.name, "changed") == 0, run.tail
        kept = f"the sentinel on {sentinel.name} could not move and keeps http://{server.name}:8088/"
        why = f"this host trusts the certificate of {server.domain}, and Mono does not"
        remedy = "run update-ca-certificates"
        if not sentinel.syncs:
            why = f"Mono trusts no certificate on this host, nor that of {server.domain}"
            remedy = (
                "apt-get install ca-certificates-mono, or, where the system has no such package: "
                f"mkdir -p {STORE} && {by_hand(ROOT)}"
            )
        assert f"{kept}: {why}" in run.text
        assert f"port 8088 stays open to {sentinel.ipv4} alone" in run.text
        assert f"what to do on {sentinel.name}: {remedy}" in run.text.replace('\\"', '"')


@pytest.mark.long
def test_a_run_that_leaves_the_sentinels_out_closes_nothing(server):
    """Where they call from is not in the inventory: nobody knows which of the firewall's rules is theirs."""
    before = ports(server.host)
    run = runs.site(runs.INVENTORY, "--limit", server.name)
    assert run.rc == 0, run.tail
    assert run.count(server.name, "changed") == 0, run.tail
    assert ports(server.host) == before
    for sentinel in SENTINELS:
        assert f"from which address the sentinel on {sentinel.name} calls is not known" in " ".join(run.text.split())


@pytest.fixture(scope="module")
def trusting() -> None:
    """Have done what the summary told to do."""
    for sentinel in SENTINELS:
        command = f"mkdir -p {STORE} && {by_hand(ROOT)}"
        sentinel.host.check_output("update-ca-certificates" if sentinel.syncs else command)


@pytest.mark.long
def test_a_dry_run_tells_of_the_move(server, public, trusting):
    before = [sentinel.file for sentinel in SENTINELS]
    run = runs.playbook(ALL_STEPS, runs.INVENTORY, "--check", "--diff")
    assert run.rc == 0, run.tail
    assert f'-<add key="ConstellationServerURI" value="http://{server.name}:8088/" />' in run.text
    assert f'+<add key="ConstellationServerURI" value="{public}" />' in run.text
    assert not KEY.search(run.text)
    assert [sentinel.file for sentinel in SENTINELS] == before
    assert listens(server.host) == [OLD, NEW]


def test_a_sentinel_that_trusts_moves_and_closes_the_door(server, client, public, trusting):
    run = runs.site()
    assert run.rc == 0, run.tail
    assert "could not move" not in run.text
    assert listens(server.host) == [NEW]
    assert ports(server.host) == []
    for sentinel in SENTINELS:
        assert sentinel.uri == public
        assert server.ipv4 in sentinel.peers(443) or server.ipv6 in sentinel.peers(443)
        assert not answers(sentinel.host, server.ipv4)
    assert not answers(client.host, server.ipv4)


@pytest.mark.long
def test_the_run_after_that_changes_nothing(server):
    processes = [sentinel.process for sentinel in SENTINELS]
    run = runs.site()
    assert run.rc == 0, run.tail
    for name in (server.name, *(sentinel.name for sentinel in SENTINELS)):
        assert run.count(name, "changed") == 0, run.tail
    assert [sentinel.process for sentinel in SENTINELS] == processes


def asked(server, client, path: str) -> str:
    return str(client.status(server, f"https://{server.domain}/constellation/{path}"))


@pytest.mark.long
def test_a_login_before_the_server_cuts_no_known_sentinel_off(server, client):
    """The preset knows what asks for a key; from where a sentinel gets its packages, nobody does."""
    addresses = [sentinel.ipv4 for sentinel in SENTINELS]
    route = {"path": "/constellation/", "app": "constellation"}
    users = {
        "otto": "$6$saltsalt$sQ.gHTA6aOr1Ux7cjEtxQVKur7/2i5GQHlY8anYmItPw8AgL1WPS08yMUxyLVNhmPcNYn4qpfFRCwdkGkpCoW1"
    }
    names = ["{{ inventory_hostname }}.example.org", "www.{{ inventory_hostname }}.example.org"]

    def run(**access) -> runs.Run:
        sites = [{"server_name": names, "routes": [{**route, **access}]}]
        return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites, "edge_users": users}))

    refused = run(access="login")
    assert refused.rc != 0
    for sentinel in SENTINELS:
        assert f"access would keep the sentinel on {sentinel.name} ({sentinel.ipv4}) out" in " ".join(
            refused.text.split()
        )
        assert sentinel.peers(443)
    try:
        done = run(access=["lan", "login"], allow=addresses)
        assert done.rc == 0, done.tail
        for sentinel in SENTINELS:
            # Who is refused has a connection, too: only what it prints tells that its stream was opened.
            sentinel.host.check_output("supervisorctl stop constellation-sentinel")
            sentinel.host.check_output("supervisorctl clear constellation-sentinel")
            sentinel.host.check_output("supervisorctl start constellation-sentinel")
            printed = functools.partial(sentinel.host.check_output, "supervisorctl tail constellation-sentinel")
            poll(f"{sentinel.name}: a stream", lambda printed=printed: "connected to https://" in printed(), 60)
        assert client.ipv4 not in addresses
        paths = ("", "rest/consumer/CheckAccess", "signalr/ping")
        assert [asked(server, client, path) for path in paths] == ["401", "403", "200"]
    finally:
        assert runs.site().rc == 0


@pytest.fixture(scope="module")
def other(server) -> str:
    """Return another address of the same server, which the sentinels call from now on."""
    uri = f"https://www.{server.domain}/constellation/"
    for sentinel in SENTINELS:
        sentinel.calls(uri)
    for sentinel in SENTINELS:
        connected(sentinel)
    return uri


def stays(sentinel, run: runs.Run, why: str) -> None:
    """Assert that a run left a sentinel where it was, and says why."""
    assert run.rc == 0, run.tail
    assert run.count(sentinel.name, "changed") == 0, run.tail
    assert why in " ".join(run.text.split()), run.tail


@pytest.fixture(scope="module")
def elliptic(server) -> Iterator[str]:
    """Return an address whose certificate ends in an ECDSA key, which every sentinel's system trusts."""
    server.host.check_output(ELLIPTIC)
    root = server.host.check_output("cat /etc/nginx/elliptic/ec-ca.pem")
    for sentinel in SENTINELS:
        sentinel.host.check_output("echo %s ec.example.org >> /etc/hosts", server.ipv4)
        sentinel.host.check_output("printf '%%s\\n' %s > %s && update-ca-certificates", root, CA)
    yield "https://ec.example.org/constellation/"
    server.host.check_output("rm -r /etc/nginx/elliptic /etc/nginx/conf.d/ec.conf && systemctl reload nginx")


def connected(sentinel) -> None:
    """Wait until a sentinel is connected to a proxy."""
    poll(f"{sentinel.name}: a connection", lambda: sentinel.peers(443), 60)


def starts(sentinel, command: str) -> None:
    """Have supervisor start the sentinel by another command."""
    conf = "/etc/supervisor/conf.d/constellation-sentinel.conf"
    sentinel.host.check_output("sed -i %s %s && supervisorctl update", f"s|^command=.*|command={command}|", conf)


@pytest.mark.long
@pytest.mark.parametrize("sentinel", SENTINELS, ids=lambda one: one.name)
class TestOne:
    """What keeps a sentinel where it is, each told with its remedy, and never a restart for nothing."""

    def test_a_name_that_does_not_resolve(self, sentinel, other):
        before = sentinel.file, sentinel.process
        run = sentinel.moves_to("https://nowhere.example.org/constellation/")
        stays(sentinel, run, "the name nowhere.example.org does not resolve on this host")
        assert (sentinel.file, sentinel.process) == before

    def test_a_path_that_nobody_serves(self, sentinel, other, server):
        before = sentinel.file, sentinel.process
        run = sentinel.moves_to(f"https://{server.domain}/elsewhere/")
        stays(sentinel, run, "has nothing under this path (404)")
        assert (sentinel.file, sentinel.process) == before

    def test_a_port_that_does_not_answer(self, sentinel, other, server):
        run = sentinel.moves_to(f"https://{server.domain}:8443/constellation/")
        stays(sentinel, run, "hairpin NAT")

    def test_an_authority_with_an_ecdsa_key_is_reached_by_the_remedy(self, sentinel, other, elliptic):
        run = sentinel.moves_to(elliptic)
        why = (
            "which cert-sync leaves out because its key is ECDSA" if sentinel.syncs else "its store lacks the authority"
        )
        stays(sentinel, run, why)
        assert by_hand(CA) in " ".join(run.text.split()), run.tail
        sentinel.host.check_output(by_hand(CA))
        run = sentinel.moves_to(elliptic)
        assert run.rc == 0, run.tail
        assert sentinel.uri == elliptic
        sentinel.calls(other)
        connected(sentinel)

    def test_one_that_does_not_connect_goes_back(self, sentinel, other, public):
        start = "/opt/constellation-sentinel/start.sh"
        sentinel.host.check_output("printf %%s %s > %s && chmod 755 %s", DEAF, start, start)
        starts(sentinel, start)
        before = sentinel.file
        try:
            run = sentinel.moves_to(public, "--extra-vars", "constellation_config_sentinel_timeout=5")
            stays(sentinel, run, "was not seen connected to it within 5 s")
            assert sentinel.file == before
            connected(sentinel)
            process = sentinel.process
            run = sentinel.moves_to(public, "--extra-vars", "constellation_config_sentinel_timeout=5")
            stays(sentinel, run, "when that was tried less than a day ago")
            assert sentinel.process == process
        finally:
            starts(sentinel, "/usr/bin/mono Constellation.Sentinel.exe")
        connected(sentinel)

    def test_a_call_that_is_killed_is_put_back_by_the_next(self, sentinel, other, public):
        before = sentinel.file
        with runs.killed_at_restart(sentinel.host.backend.name, "constellation-sentinel"):
            run = sentinel.moves_to(public)
        assert run.rc != 0
        assert sentinel.uri == public
        run = sentinel.moves_to("https://nowhere.example.org/")
        assert run.rc == 0, run.tail
        assert sentinel.file == before
        connected(sentinel)

    def test_the_final_slash_is_no_move(self, sentinel, other):
        process = sentinel.process
        run = sentinel.moves_to(other.rstrip("/"))
        assert run.count(sentinel.name, "changed") == 0, run.tail
        assert (sentinel.uri, sentinel.process) == (other, process)
