# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a bare server over killed runs and a name without DNS to the whole job; the tests build on each other."""

from __future__ import annotations

import re

import pytest
import runs
from lab.progress import poll

# Right after nginx was configured; in the middle of the work of the CA.
KILLED_AT = ("Install certbot", "Have the certificates issued that are missing")
CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
# All that a run may write to; logs and certbot's own folder aside.
WRITTEN = "/etc/nginx /etc/ufw /etc/fail2ban /etc/constellation-edge /opt"


def late_name(home) -> str:
    """Return the name that the CA cannot resolve at first."""
    return f"camera.{home.domain}"


def attempts(home) -> int:
    """Return how often certbot was asked for a certificate on a home server, by the arguments in its log."""
    return int(home.host.check_output("cat /var/log/letsencrypt/* | grep -c 'Arguments: .*--cert-name'"))


def issuer(client, home, name: str) -> str:
    """Return who signed the certificate that is served for a name."""
    command = "echo | openssl s_client -connect %s -servername %s 2>/dev/null | openssl x509 -noout -issuer"
    return str(client.host.check_output(command, f"{home.ipv4}:443", name))


def files(home) -> set[str]:
    """Return what a run may write, as lines of digest and path."""
    command = f"find {WRITTEN} -xdev -type f ! -name '*.log' -exec sha256sum {{}} +"
    return set(home.host.check_output(command).splitlines())


@pytest.fixture(scope="module")
def first(lab, homes) -> runs.Run:
    """Return the first run that was allowed to end, after some that were killed; one name has no address yet."""
    for home in homes:
        lab.dns(late_name(home))
    for task in KILLED_AT:
        killed = runs.site_killed_at(task)
        assert killed.rc < 0, f"no task {task!r}: {killed.tail}"
    return runs.site()


@pytest.fixture(scope="module")
def attempted(first, homes) -> dict[str, int]:
    """Return how often certbot was asked before the second run."""
    return {home.name: attempts(home) for home in homes}


@pytest.fixture(scope="module")
def second(attempted) -> runs.Run:
    """Return the run after it, still before the DNS is there."""
    return runs.site()


@pytest.fixture(scope="module")
def unfinished(second, homes) -> dict[str, set[str]]:
    """Return what was written before the name got its address."""
    return {home.name: files(home) for home in homes}


@pytest.fixture(scope="module")
def finished(unfinished, lab, homes) -> runs.Run:
    """Give the names their addresses; return the next run."""
    for home in homes:
        lab.dns(late_name(home), home.ipv4, home.ipv6)
    return runs.site()


class TestTheFirstRunThatEnds:
    """Everything is done but the certificate of one name."""

    def test_it_succeeds(self, first):
        assert first.rc == 0, first.tail

    def test_it_says_what_is_missing_and_how_to_finish(self, first, homes):
        for home in homes:
            said = re.search(rf"MISSING certificate of {re.escape(late_name(home))}: the name has no .*", first.text)
            assert said, first.tail
            assert "create an A (or AAAA) record" in said[0]
            assert "Run the playbook again" in said[0]
            assert f"MISSING certificate of {home.domain}" not in first.text
        assert "served with a self-signed certificate" in first.text

    def test_the_late_site_answers_with_a_certificate_of_its_own(self, first, homes, client):
        for home in homes:
            name = late_name(home)
            assert "Pebble" not in issuer(client, home, name)
            assert client.status(home, f"https://{name}/", "--insecure") == "200"
            redirect = client.curl(home, f"http://{name}/", "-o", "/dev/null", "-w", "%{redirect_url}").stdout
            assert redirect == f"https://{name}/"

    def test_the_other_site_is_finished(self, first, homes, client):
        for home in homes:
            assert "Pebble" in issuer(client, home, home.domain)
            for path in ("constellation", "zm", "jeedom"):
                assert client.status(home, f"https://{home.domain}/{path}/") == "200"

    def test_the_firewall_is_closed(self, first, homes, client):
        for home in homes:
            assert "Status: active" in home.host.check_output("ufw status")
            closed = client.host.run("curl -s -o /dev/null --max-time 3 http://%s:8088/constellation/", home.ipv4)
            assert closed.rc != 0

    @pytest.mark.parametrize("jail", ["sshd", "nginx-http-auth"])
    def test_the_jails_are_alive(self, first, homes, jail):
        for home in homes:
            assert home.host.run("fail2ban-client status %s", jail).rc == 0

    def test_constellation_moved(self, first, homes):
        for home in homes:
            assert home.host.file(CONFIG).contains('listenUri="http://+:8088/constellation/"')

    def test_nothing_is_left_of_the_killed_runs(self, first, homes):
        for home in homes:
            left = home.host.check_output(f"find {WRITTEN} -xdev -type f '(' -name '.*' -o -name '*.tmp' ')'")
            assert left == ""
            assert home.host.run("nginx -t").rc == 0
            assert home.host.check_output("dpkg --audit") == ""


class TestASecondRunBeforeTheDnsIsThere:
    """It asks the CA once more and changes nothing."""

    def test_it_changes_nothing(self, second, homes):
        assert second.rc == 0, second.tail
        for home in homes:
            assert second.count(home.name, "changed") == 0, second.tail
            assert f"MISSING certificate of {late_name(home)}" in second.text

    def test_the_ca_was_asked_once(self, second, attempted, homes):
        assert {home.name: attempts(home) - attempted[home.name] for home in homes} == {home.name: 1 for home in homes}


class TestTheRunsAfterTheDnsIsThere:
    """The next run finishes it; the one after that has nothing to do."""

    def test_it_is_finished(self, finished, homes, client):
        assert finished.rc == 0, finished.tail
        assert "MISSING" not in finished.text, finished.tail
        for home in homes:
            name = late_name(home)
            poll("the certificate", lambda home=home, name=name: "Pebble" in issuer(client, home, name), 60)
            assert client.status(home, f"https://{name}/") == "200"

    def test_only_the_site_of_the_new_certificate_was_written(self, finished, unfinished, homes):
        for home in homes:
            assert finished.count(home.name, "changed") == 2, finished.tail  # issued, and served
            # What was a placeholder may go with it.
            touched = {line.split()[1] for line in files(home) ^ unfinished[home.name]}
            assert touched
            assert all(late_name(home) in path for path in touched), touched

    @pytest.mark.long
    def test_the_run_after_that_changes_nothing(self, finished, homes):
        last = runs.site()
        assert last.rc == 0, last.tail
        assert all(last.count(home.name, "changed") == 0 for home in homes), last.tail

    @pytest.mark.long
    def test_verify_proves_it(self, finished):
        proof = runs.playbook(runs.VERIFY)
        assert proof.rc == 0, proof.tail
