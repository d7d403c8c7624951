# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that their owners set up by hand are adopted: what clients see of it, what files lose, what it costs."""

from __future__ import annotations

import re
from collections import Counter

import runs
from conftest import SCENARIO, Home
from moving import CERTBOT, look, of, owner_of, statements
from owners import JAILS

pytest_plugins = ["whole_move"]

# What a route decides on in a location that it takes over; whatever else stands there is its owner's.
TAKEN = ("proxy_", "client_max_body_size ")
CHALLENGE = "/var/lib/constellation-edge/acme/.well-known/acme-challenge"


def test_without_adopt_every_conflict_is_told_before_anything_is_changed(moved, movers):
    assert moved.refused.rc == 2, moved.refused.tail
    for home in movers:
        assert moved.refused.count(home.name, "changed") == 0
        said = moved.refused.text
        for site in owner_of(home).sites:
            name = of(home, site["server_name"])
            (place,) = set(
                re.findall(rf"site {re.escape(name)}: [^:]+ is served already by (\S+), which leads to", said)
            )
            assert place.startswith("/etc/nginx/")
    assert moved.refused.tasks[1:] == []


def test_the_move_succeeds_and_a_second_run_changes_nothing(moved, movers):
    assert moved.checked.rc == 0, moved.checked.tail
    assert moved.done.rc == 0, moved.done.tail
    assert moved.again.rc == 0, moved.again.tail
    for home in movers:
        assert moved.again.count(home.name, "changed") == 0, moved.again.changed(home.name)


def test_looking_first_changes_nothing_and_shows_what_the_run_then_writes(moved, movers):
    assert moved.unchanged == moved.before
    for home in movers:
        for path in owner_of(home).site_files:
            assert site_diff(moved.checked, home, path) == site_diff(moved.done, home, path) != []
        for path in renewal_files(home):
            assert site_diff(moved.checked, home, path) == site_diff(moved.done, home, path) != []


def site_diff(run: runs.Run, home: Home, path: str) -> list[str]:
    """Return the lines of the first diff of a site file that a run shows."""
    shown = run.text.split("TASK [")
    for task in shown:
        parts = re.split(r"(?m)^--- before: ", task)
        for part in parts[1:]:
            if part.startswith(path + "\n") and f"changed: [{home.name}]" in task and home.domain in part:
                return part.split("\n\n")[0].splitlines()
    return []


def test_no_request_got_another_answer_or_another_certificate(moved, movers, capsys):
    for home in movers:
        seen = moved.seen[home.name]
        statuses = list(owner_of(home).answers.values())
        assert len(seen.rounds) > 50
        failed = [each for each in seen.statuses if each != statuses]
        with capsys.disabled():
            rate = len(seen.rounds) / (seen.times[-1] - seen.times[0])
            print(
                f"\n{home.name}: {len(seen.urls)} URLs asked {len(seen.rounds)} times, {rate:.1f} times a second; "
                f"{len(failed)} times another answer than before",
                flush=True,
            )
        assert failed == [], failed[:5]
        assert [len(each) for each in seen.certificates] == [1] * len(seen.urls), seen.certificates


def test_no_certificate_was_issued(moved, movers):
    for home in movers:
        assert look(home).lineages == moved.before[home.name].lineages


def test_nothing_of_the_owner_is_lost(moved, movers):
    for home in movers:
        was, now = moved.before[home.name], look(home)
        changed = [path for path, digest in was.digests.items() if now.digests.get(path) != digest]
        # Of nginx's main file one number, as scenario `default` proves.
        expected = sorted({*was.texts, "/etc/nginx/nginx.conf", *renewal_files(home)})
        assert sorted(path for path in changed if not path.startswith("/etc/ufw/")) == expected
        for path, text in was.texts.items():
            gone = Counter(statements(text)) - Counter(statements(now.texts[path]))
            assert all(each.startswith(TAKEN) for each in gone), gone
            assert ("\r\n" in text) == ("\r\n" in now.texts[path])


def renewal_files(home: Home) -> list[str]:
    """Return the renewal files that a run changes: those of an owner without certbot's nginx plugin."""
    if not owner_of(home).later:
        return []
    return [f"/etc/letsencrypt/renewal/{of(home, names[0])}.conf" for names in owner_of(home).lineages]


def test_his_fail2ban_stays_stricter(moved, movers):
    for home in movers:
        asked = [
            home.host.check_output(f"fail2ban-client get sshd {key}") for key in ("bantime", "findtime", "maxretry")
        ]
        assert tuple(asked) == owner_of(home).sshd


def test_c1_whom_his_fail2ban_never_bans_is_not_banned(moved, movers):
    for home in movers:
        if JAILS in owner_of(home).files.values():
            ignored = home.host.check_output("fail2ban-client get sshd ignoreip")
            assert {"192.0.2.1", "192.0.2.2", "203.0.113.0/24"} <= set(re.findall(r"[0-9./]{7,}", ignored)), ignored


def test_his_firewall_keeps_its_rules_and_has_no_second_one_for_the_web(moved, movers):
    for home in movers:
        assert [rule for rule in moved.before[home.name].rules if rule not in look(home).rules] == []
        rules = home.host.check_output("ufw status")
        assert re.findall(r"(?m)^(80\S*|443\S*) .*ALLOW", rules) == ["80,443/tcp", "80,443/tcp"], rules


def test_a_challenge_is_answered_whatever_stands_at_the_top(moved, movers, client):
    for home in movers:
        home.host.check_output(f"mkdir -p {CHALLENGE} && echo answer > {CHALLENGE}/token")
        for site in owner_of(home).sites:
            url = f"http://{of(home, site['server_name'])}/.well-known/acme-challenge/token"
            assert client.curl(home, url).stdout == "answer\n"


def test_a_real_challenge_succeeds_by_our_way(moved, movers):
    """The last of the tests that look at certificates: it has one issued."""
    for home in movers:
        names = " ".join(f"-d {of(home, site['server_name'])}" for site in owner_of(home).sites)
        way = f"--webroot -w /var/lib/constellation-edge/acme --cert-name trial {names}"
        server = f"--server {SCENARIO['pebble']['directory']}"
        done = home.host.run(f"{CERTBOT.partition(' ')[0]} certbot certonly --non-interactive {server} {way}")
        assert done.rc == 0, done.stdout + done.stderr


def test_every_route_is_proven(moved):
    done = runs.playbook(runs.VERIFY, moved.inventory)
    assert done.rc == 0, done.tail


def test_what_stays_of_his_tls_is_told(moved, movers):
    for home in movers:
        notes = re.findall(
            r"NOTE (\S+:\d+): ssl_protocols[^\"]* as /etc/letsencrypt/options-ssl-nginx.conf", moved.done.text
        )
        assert all(any(place.startswith(path) for place in notes) for path in owner_of(home).site_files)
