# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that its owner set up by hand is adopted: what clients see of it, what his files lose, what it costs.

All owners move in one run, as in a fleet, while a client asks every old URL five times a second.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import inventory
import pytest
import runs
from conftest import SCENARIO, Home, side_by_side
from lab.containers import File
from owners import CONSTELLATION, OWNERS, Owner

WATCH = (runs.ROOT / "molecule" / "watch.py").read_text(encoding="utf-8")
PAUSE = "0.2"
OURS = "# constellation.edge"
# What a route decides on in a location that it takes over; whatever else stands there is its owner's.
TAKEN = ("proxy_", "client_max_body_size ")
CHALLENGE = "/var/lib/constellation-edge/acme/.well-known/acme-challenge"
CERTBOT = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt certbot --non-interactive"


def owner_of(home: Home) -> Owner:
    """Return what was done to a host."""
    return OWNERS[home.name.split("-", 2)[2]]


def of(home: Home, text: str) -> str:
    """Put a host's own names and addresses into a text."""
    services = SCENARIO["services"]
    for word, value in {
        "DOMAIN": home.domain,
        "ZONEMINDER": services["zoneminder"],
        "JEEDOM": services["jeedom"],
    }.items():
        text = text.replace(word, value)
    return text


@dataclass
class Seen:
    """What a client saw of one host: for each round the answer of each URL, as `watch.py` writes it."""

    process: subprocess.Popen[str]
    urls: list[str]
    rounds: list[list[str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def end(self) -> None:
        """Stop asking."""
        for line in self.process.communicate(timeout=120)[0].splitlines():
            began, *answers = line.split()
            self.times.append(float(began))
            self.rounds.append(answers)

    @property
    def statuses(self) -> list[list[int]]:
        """The rounds without what they say of the certificate."""
        return [[int(each.partition("/")[0]) for each in one] for one in self.rounds]

    @property
    def certificates(self) -> set[str]:
        """Every certificate that was shown."""
        return {each.partition("/")[2] for one in self.rounds for each in one}


@dataclass(frozen=True)
class Before:
    """A host as its owner left it."""

    site_file: str
    digests: dict[str, str]
    lineages: str


def prepare(lab: Any, home: Home) -> None:
    """Do to a host what its owner did."""
    owner = owner_of(home)
    lab.put(home.name, {path: File(of(home, text).encode()) for path, text in owner.files.items()})
    domains = " ".join(f"-d {of(home, name)}" for name in owner.names)
    account = f"--agree-tos --email me@example.org --server {SCENARIO['pebble']['directory']}"
    for name in owner.names:
        lab.dns(of(home, name), home.ipv4)
    script = f"""set -e
rm -f /etc/nginx/sites-enabled/default
{of(home, owner.commands)}
systemctl enable --now nginx
systemctl reload nginx
{CERTBOT} --nginx --redirect {account} {domains}
ufw allow 80,443/tcp && ufw allow ssh && ufw --force enable
systemctl enable --now fail2ban
"""
    done = home.host.run("bash -c %s", script)
    assert done.rc == 0, done.stdout + done.stderr


def look(home: Home) -> Before:
    """Remember what must not get lost."""
    digests = home.host.check_output("find /etc/nginx /etc/letsencrypt -type f -exec sha256sum {} +").splitlines()
    lineages = home.host.check_output("ls -l --time-style=full-iso /etc/letsencrypt/archive/*")
    by_path = {path: digest for digest, path in (line.split(maxsplit=1) for line in digests)}
    return Before(str(home.host.file(owner_of(home).site_file).content_string), by_path, lineages)


def written_inventory(homes: list[Home], path: Any, **changes: object) -> Any:
    """Write the fewest lines with which the owners move; `changes` go into each site."""
    groups = inventory.inventory()
    hosts = {}
    for home in homes:
        sites = json.loads(of(home, json.dumps(owner_of(home).sites)))
        machine = SCENARIO["machines"][home.name]
        hosts[home.name] = {
            "container_name": machine["container"],
            "edge_probe_address": machine["ipv4"],
            "edge_sites": [{**site, **changes} for site in sites],
        }
    path.write_text(json.dumps({"edge": {"hosts": hosts, "vars": groups["edge"]["vars"]}}), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Move:
    """Everything about the move of all owners."""

    before: dict[str, Before]
    refused: runs.Run
    checked: runs.Run
    unchanged: dict[str, Before]
    done: runs.Run
    again: runs.Run
    seen: dict[str, Seen]
    inventory: Any


@pytest.fixture(scope="session")
def moved(lab, homes, client, tmp_path_factory) -> Move:
    """Prepare every host, try without `adopt`, look first, move, and move again, while a client asks."""
    side_by_side(homes, lambda home: prepare(lab, home))
    before = {home.name: look(home) for home in homes}
    folder = tmp_path_factory.mktemp("inventory")
    without = written_inventory(homes, folder / "without.yml", adopt=False)
    path = written_inventory(homes, folder / "hosts.yml")
    refused = runs.site(without)
    seen = {home.name: watch(client, home, owner_of(home).answers) for home in homes}
    try:
        checked = runs.site(path, "--check", "--diff")
        unchanged = {home.name: look(home) for home in homes}
        done = runs.site(path, "--diff")
        again = runs.site(path)
    finally:
        for each in seen.values():
            each.end()
    return Move(before, refused, checked, unchanged, done, again, seen, path)


def watch(client, home: Home, wanted: Iterable[str]) -> Seen:
    """Begin to ask a host's URLs from another machine."""
    urls = [of(home, url) for url in wanted]
    targets = [f"https://{url}={home.ipv4}" for url in urls]
    command = ["docker", "exec", "-i", client.host.backend.name, "python3", "-c", WATCH, PAUSE, *targets]
    return Seen(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True), urls)


def test_without_adopt_every_conflict_is_told_before_anything_is_changed(moved, homes):
    assert moved.refused.rc == 2, moved.refused.tail
    for home in homes:
        assert moved.refused.count(home.name, "changed") == 0
        said = moved.refused.text
        for site in owner_of(home).sites:
            name = of(home, site["server_name"])
            (place,) = set(
                re.findall(rf"site {re.escape(name)}: [^:]+ is served already by (\S+), which leads to", said)
            )
            assert place.startswith("/etc/nginx/")
    assert moved.refused.tasks[1:] == []


def test_the_move_succeeds_and_a_second_run_changes_nothing(moved, homes):
    assert moved.checked.rc == 0, moved.checked.tail
    assert moved.done.rc == 0, moved.done.tail
    assert moved.again.rc == 0, moved.again.tail
    for home in homes:
        assert moved.again.count(home.name, "changed") == 0, moved.again.changed(home.name)


def test_looking_first_changes_nothing_and_shows_what_the_run_then_writes(moved, homes):
    assert moved.unchanged == moved.before
    for home in homes:
        assert site_diff(moved.checked, home) == site_diff(moved.done, home) != []


def site_diff(run: runs.Run, home: Home) -> list[str]:
    """Return the lines of the first diff of a site file that a run shows."""
    path = owner_of(home).site_file
    shown = run.text.split("TASK [")
    for task in shown:
        parts = re.split(r"(?m)^--- before: ", task)
        for part in parts[1:]:
            if part.startswith(path + "\n") and f"changed: [{home.name}]" in task and home.domain in part:
                return part.split("\n\n")[0].splitlines()
    return []


def test_no_request_got_another_answer_or_another_certificate(moved, homes, capsys):
    for home in homes:
        seen = moved.seen[home.name]
        statuses = list(owner_of(home).answers.values())
        assert len(seen.rounds) > 50
        failed = [each for each in seen.statuses if each != statuses]
        with capsys.disabled():
            asked = len(seen.rounds) * len(seen.urls)
            print(f"\n{home.name}: {asked} requests, {len(failed)} rounds with another answer than before", flush=True)
        assert failed == [], failed[:5]
        assert len(seen.certificates) == 1, seen.certificates


def test_no_certificate_was_issued(moved, homes):
    for home in homes:
        assert look(home).lineages == moved.before[home.name].lineages


def test_nothing_of_the_owner_is_lost(moved, homes):
    for home in homes:
        was, now = moved.before[home.name], look(home)
        site_file = owner_of(home).site_file
        changed = [path for path, digest in was.digests.items() if now.digests.get(path) != digest]
        assert changed == [site_file]
        gone = Counter(statements(was.site_file)) - Counter(statements(now.site_file))
        assert all(each.startswith(TAKEN) for each in gone), gone
        assert ("\r\n" in was.site_file) == ("\r\n" in now.site_file)


def statements(text: str) -> list[str]:
    """Return the directives, heads of blocks and comments of a file, as they are written."""
    return [each.strip() for each in re.split(r"[;{}\n]", text) if each.strip()]


def test_his_login_and_his_own_locations_go_on(moved, homes, client):
    for home in homes:
        if home.name.endswith("-routes"):
            assert client.status(home, f"https://{home.domain}/zm/", "-u", "owner:camera") == "200"
            assert client.curl(home, f"https://{home.domain}/hello").stdout == "hello\n"
        if home.name.endswith("-hand-made"):
            assert client.status(home, f"https://{home.domain}/private/", "-u", "owner:camera") != "401"


def test_his_headers_go_on(moved, homes, client):
    for home in homes:
        way = {"-routes": ("zm", "-u", "owner:camera"), "-hand-made": ("constellation",)}
        for end, (path, *options) in way.items():
            if home.name.endswith(end):
                said = json.loads(client.curl(home, f"https://{home.domain}/{path}/echo", *options).stdout)
                headers = {name.lower(): value for name, value in said["headers"].items()}
                assert (headers["x-of-the-house"], headers["host"]) == ("yes", home.domain)
                assert headers["x-forwarded-for"] == client.ipv4


def test_his_fail2ban_stays_stricter(moved, homes):
    for home in homes:
        asked = [
            home.host.check_output(f"fail2ban-client get sshd {key}") for key in ("bantime", "findtime", "maxretry")
        ]
        assert asked == (["604800", "600", "2"] if home.name.endswith("-article") else ["3600", "600", "5"])


def test_his_firewall_has_no_second_rule_for_the_web(moved, homes):
    for home in homes:
        rules = home.host.check_output("ufw status")
        assert re.findall(r"(?m)^(80\S*|443\S*) .*ALLOW", rules) == ["80,443/tcp", "80,443/tcp"], rules


def test_a_challenge_is_answered_whatever_stands_at_the_top(moved, homes, client):
    for home in homes:
        home.host.check_output(f"mkdir -p {CHALLENGE} && echo answer > {CHALLENGE}/token")
        for name in owner_of(home).names:
            url = f"http://{of(home, name)}/.well-known/acme-challenge/token"
            assert client.curl(home, url, "--resolve", f"{of(home, name)}:80:{home.ipv4}").stdout == "answer\n"


def test_a_real_challenge_succeeds_by_our_way(moved, homes):
    """The last of the tests that look at certificates: it has one issued."""
    for home in homes:
        names = " ".join(f"-d {of(home, name)}" for name in owner_of(home).names)
        way = f"--webroot -w /var/lib/constellation-edge/acme --cert-name trial {names}"
        server = f"--server {SCENARIO['pebble']['directory']}"
        done = home.host.run(f"{CERTBOT.partition(' ')[0]} certbot certonly --non-interactive {server} {way}")
        assert done.rc == 0, done.stdout + done.stderr


def test_every_route_is_proven(moved):
    done = runs.playbook(runs.VERIFY, moved.inventory)
    assert done.rc == 0, done.tail


def test_what_stays_of_his_tls_is_told(moved, homes):
    for home in homes:
        notes = re.findall(
            r"NOTE (\S+:\d+): ssl_protocols[^\"]* as /etc/letsencrypt/options-ssl-nginx.conf", moved.done.text
        )
        assert len([place for place in notes if place.startswith(owner_of(home).site_file)]) >= 1


def test_leaving_takes_our_lines_and_nothing_else(moved, homes, client):
    """The sites leave, and what the owner had goes on."""
    arguments = '{"sites": []}'
    argv = ["ansible", "edge", "-i", str(moved.inventory), "-m", "constellation.edge.nginx_site", "-a", arguments]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for home in homes:
        served = "find /etc/nginx/sites-enabled/ /etc/nginx/conf.d/ -follow -type f -exec cat {} +"
        assert OURS not in home.host.check_output(served)
        assert home.host.run("nginx -t").rc == 0
        for url, status in owner_of(home).answers.items():
            name = of(home, url).partition("/")[0]
            assert client.status(home, f"https://{of(home, url)}", "--resolve", f"{name}:443:{home.ipv4}") == str(
                status
            )


def test_who_moves_the_server_below_a_path_has_readers_of_old_addresses_sent_on(moved, homes, client, tmp_path, capsys):
    """Behind the leaving: his file is as he wrote it, and adoption and move are one run."""
    for home in (each for each in homes if each.name.endswith("-article")):
        path = written_inventory([home], tmp_path / f"{home.name}.yml", routes=[CONSTELLATION])
        was = look(home)
        seen = watch(client, home, ["DOMAIN/", "DOMAIN/constellation/"])
        try:
            done = runs.site(path)
        finally:
            seen.end()
        assert done.rc == 0, done.tail
        assert re.search(
            rf"NOTE https://{home.domain}/ sends readers on to https://{home.domain}/constellation/", done.text
        )
        old = max(at for at, (root, _path) in enumerate(seen.statuses) if root == 200)
        new = min(at for at, (_root, path) in enumerate(seen.statuses) if path == 200)
        with capsys.disabled():
            gap = seen.times[new] - seen.times[old]
            print(
                f"\n{home.name}: below a path, {gap:.1f} s between the last old answer and the first new one",
                flush=True,
            )
        assert [root for root, _path in seen.statuses[: old + 1]] == [200] * (old + 1)
        assert seen.statuses[new + 1 :] == [[308, 200]] * (len(seen.statuses) - new - 1) != []
        assert len(seen.certificates) == 1
        assert look(home).lineages == was.lineages
        gone = Counter(statements(was.site_file)) - Counter(statements(look(home).site_file))
        assert not gone
        answer = client.curl(home, f"https://{home.domain}/rest/a%20b?c=1", "-o", "/dev/null", "-w", "%{redirect_url}")
        assert answer.stdout == f"https://{home.domain}/constellation/rest/a%20b?c=1"
        assert client.status(home, f"https://{home.domain}/rest/a", "-d", "") == "404"
        again = runs.site(path)
        assert again.count(home.name, "changed") == 0, again.changed(home.name)


@pytest.mark.long
def test_what_was_closed_is_not_opened_by_taking_the_file_away(moved, homes, tmp_path):
    """Behind all others: an owner takes his file out of sites-enabled, as he does who wants a fresh start."""
    guarded = [home for home in homes if home.name.endswith("-routes")]
    for home in guarded:
        home.host.check_output("rm /etc/nginx/sites-enabled/constellation && systemctl reload nginx")
    opened = runs.site(written_inventory(guarded, tmp_path / "guarded.yml", adopt=False), "--check")
    assert opened.rc == 2, opened.tail
    for path, name in (("/zm/", "auth_basic"), ("/zm/", "limit_req"), ("/jeedom/", "deny")):
        place = r"\(/etc/nginx/[^)]*constellation:\d+\)"
        said = rf"{path} would be served without what protects {path}: [^.]*{name} {place}"
        assert re.search(said, opened.text), opened.tail
