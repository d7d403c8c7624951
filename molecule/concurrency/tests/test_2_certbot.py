# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot's nginx plugin beside us: killed in the middle, at work while we want to write, and started while we do."""

from __future__ import annotations

import re

import parts
import pytest
from conftest import SCENARIO
from lab.containers import File

NAME = "beside"
TRUST = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt"
SITE = "/etc/nginx/sites-available/beside"
MAIN = "/etc/nginx/nginx.conf"
CHECKPOINT, INSTALLATION = "/var/lib/letsencrypt/temp_checkpoint", "/var/lib/letsencrypt/IN_PROGRESS"
HELD, GO, SEEN = "/opt/under-test/held", "/opt/under-test/go", "/opt/under-test/seen"
CONTROL = "/opt/under-test/nginx-for-certbot"
# Certbot's nginx: its first reload, with the challenge in the files, ends certbot, or lets it wait until it may go on.
KILLS = b"""#!/bin/sh
case "$*" in *"-s reload"*) kill -9 $PPID;; *) exec nginx "$@";; esac
"""
WAITS = f"""#!/bin/sh
case "$*" in *"-s reload"*)
    touch {SEEN}
    while [ -e {HELD} ] && [ ! -e {GO} ]; do sleep 0.1; done
esac
exec nginx "$@"
""".encode()
TEXT = 'server {\n    listen 80;   # mine\n    server_name NAME;\n    location / { return 200 "one\\n"; }\n}\n'

RESOLVE = """
from module_utils._certbot.checkpoint import resolve
print(json.dumps(resolve(check_mode="check" in sys.argv)))
"""
READ = """
from module_utils._certbot.checkpoint import Certbot, beside_certbot
from module_utils._host.errors import EdgeError
try:
    with beside_certbot(certbot=Certbot(timeout=float(sys.argv[1]))) as notes:
        print(json.dumps([notes, open(sys.argv[2]).read()]))
except EdgeError as error:
    print(json.dumps(str(error)))
"""
# Starts certbot with both locks of a run in hand.
HOLD = """
import subprocess
from module_utils._certbot.checkpoint import beside_certbot
from module_utils._transaction.transaction import Write, apply
with beside_certbot():
    before = open(sys.argv[1], "rb").read()
    done = subprocess.run(sys.argv[2:], capture_output=True, text=True)
    # The staged copy of nginx's folder opens and closes the lock file: a lock of certbot's own kind would be lost.
    apply([Write(sys.argv[1], before + b"# ours\\n", original=before)])
    again = subprocess.run(sys.argv[2:], capture_output=True, text=True)
print(json.dumps([done.returncode, done.stdout + done.stderr, again.returncode, again.stdout + again.stderr]))
"""


def certbot(home, *more: str) -> str:
    """Return certbot's command for a certificate of its own by the nginx plugin."""
    words = [
        *("env", TRUST, "certbot", "--nginx", "--non-interactive"),
        *("--agree-tos", "--register-unsafely-without-email", "--server", SCENARIO["pebble"]["directory"]),
        *("--domain", f"{NAME}.{home.domain}", "--no-redirect", *more),
    ]
    return " ".join(words)


def text(home) -> str:
    """Return the owner's site file."""
    return TEXT.replace("NAME", f"{NAME}.{home.domain}")


@pytest.fixture
def site(lab, home):
    """Have the owner's site, nothing of certbot's, and the name in the DNS; in the end all is as before."""
    parts.bring(lab, home)
    main = home.host.file(MAIN).content_string
    home.host.check_output(f"rm -rf {CHECKPOINT}* {INSTALLATION}* {HELD} {GO} {SEEN}")
    lab.put(home.name, {SITE: File(text(home).encode())})
    home.host.check_output(f"ln -sf {SITE} /etc/nginx/sites-enabled/{NAME} && nginx -t && systemctl reload nginx")
    lab.dns(f"{NAME}.{home.domain}", home.ipv4)
    yield home
    lineage = f"{NAME}.{home.domain}"
    home.host.run(f"touch {GO}; certbot delete --non-interactive --cert-name {lineage}")
    # Where another certbot had not ended, it deletes nothing; and with a certificate there is no challenge to watch.
    folders = " ".join(f"/etc/letsencrypt/{folder}/{lineage}" for folder in ("live", "archive"))
    home.host.check_output(f"rm -rf {folders} /etc/letsencrypt/renewal/{lineage}.conf")
    lab.put(home.name, {MAIN: File(main.encode())})
    home.host.check_output(
        f"rm -rf {CHECKPOINT}* {INSTALLATION}* {HELD} {SITE} /etc/nginx/sites-enabled/{NAME}; systemctl reload nginx"
    )


def kill_certbot(lab, home, *more: str) -> None:
    """Kill certbot in the middle of its challenge."""
    lab.put(home.name, {CONTROL: File(KILLS, 0o755)})
    done = home.host.run(certbot(home, "--nginx-ctl", CONTROL, *more))
    assert done.rc == 137, done
    assert "acme-challenge" in home.host.file(SITE).content_string
    assert "le_http_01_cert_challenge.conf" in home.host.file(MAIN).content_string


@pytest.fixture
def killed(lab, site):
    """Kill certbot in the middle of its challenge; return the main file as it was before."""
    before = site.host.file(MAIN).content_string
    kill_certbot(lab, site)
    return before


@pytest.mark.long
def test_without_us_an_idle_renewal_writes_old_copies_over_newer_files(site, lab):
    """What all of this is for: should it fail one day, certbot has learnt."""
    site.host.check_output(certbot(site))
    installed = site.host.file(SITE).content_string
    kill_certbot(lab, site, "--force-renewal")
    lab.put(site.name, {SITE: File(b"# newer\n" + installed.encode())})
    idle = site.host.run("certbot renew")
    assert idle.rc == 0
    assert "No renewals were attempted" in idle.stdout + idle.stderr
    assert site.host.file(SITE).content_string == installed


def test_what_it_left_is_taken_back_byte_for_byte_and_cannot_come_again(site, killed, lab):
    command = parts.program(lab, site, "resolve", RESOLVE)
    (would,) = parts.json.loads(site.host.check_output(f"{command} check"))
    assert re.search(rf"would be taken back in .*{MAIN}", would)
    assert "acme-challenge" in site.host.file(SITE).content_string
    (note,) = parts.json.loads(site.host.check_output(command))
    assert "changed by somebody else" not in note
    assert site.host.file(SITE).content_string == text(site)
    assert site.host.file(MAIN).content_string == killed
    assert site.host.run("nginx -t").rc == 0
    lab.put(site.name, {SITE: File(b"# newer\n" + text(site).encode())})
    assert site.host.run("certbot renew").rc == 0
    assert site.host.file(SITE).content_string == "# newer\n" + text(site)
    assert parts.json.loads(site.host.check_output(command)) == []


def test_a_change_since_then_stays_and_only_the_challenge_goes(site, killed, lab):
    site.host.check_output(f"sed -i 's/one/two/' {SITE}")
    (note,) = parts.told(lab, site, "resolve", RESOLVE)
    assert re.search(rf"changed by somebody else since then, and kept: [^;]*/{NAME}", note)
    assert site.host.file(SITE).content_string.split() == text(site).replace("one", "two").split()
    assert site.host.file(MAIN).content_string == killed
    assert site.host.run("nginx -t").rc == 0


def test_an_installation_that_was_cut_off_is_taken_back(site, lab):
    """Killed when it names its checkpoint as done, with the certificate in the files."""
    kill = f"strace -f -o /dev/null -P {INSTALLATION} -e trace=rename -e inject=rename:signal=SIGKILL"
    site.host.run(f"{kill} {certbot(site)}")
    assert site.host.file(INSTALLATION).exists
    assert "ssl_certificate " in site.host.file(SITE).content_string
    (note,) = parts.told(lab, site, "resolve", RESOLVE)
    assert "changed by somebody else" not in note
    assert site.host.file(SITE).content_string == text(site)
    assert not site.host.file(INSTALLATION).exists
    assert site.host.run("nginx -t").rc == 0


def test_the_temporary_edits_of_a_certbot_at_work_are_not_read(site, lab):
    lab.put(site.name, {CONTROL: File(WAITS, 0o755), HELD: File(b"")})
    read = parts.program(lab, site, "read", READ)
    site.host.check_output(f"{certbot(site, '--nginx-ctl', CONTROL)} > /opt/under-test/certbot.log 2>&1 &")
    site.host.check_output(f"timeout 60 sh -c 'until [ -e {SEEN} ]; do sleep 0.1; done'")
    assert "acme-challenge" in site.host.file(SITE).content_string
    refused = parts.json.loads(site.host.check_output(f"{read} 0.5 {SITE}"))
    assert re.match(
        r"/etc/nginx/\.certbot\.lock: certbot \(process \d+\) has been at work for more than 0\.5 s, so nginx's",
        refused,
    )
    # It goes on as soon as we wait, and is through with the files when our turn comes.
    going_on = f"(sleep 1; touch {GO}) > /dev/null 2>&1 &"
    notes, seen = parts.json.loads(site.host.check_output(f"{going_on} {read} 120 {SITE}"))
    assert notes == []
    assert "acme-challenge" not in seen
    assert "ssl_certificate " in seen, site.host.file("/opt/under-test/certbot.log").content_string
    assert seen == site.host.file(SITE).content_string


def test_a_certbot_that_starts_while_we_write_is_refused_and_changes_nothing(site, lab):
    hold = parts.program(lab, site, "hold", HOLD)
    one, said, two, again = parts.json.loads(site.host.check_output(f"{hold} {SITE} {certbot(site)}"))
    assert (one, two) == (1, 1)
    for each in (said, again):
        assert re.search(r"Unable to lock\s+/etc/nginx", each), each
    assert site.host.file(SITE).content_string == text(site) + "# ours\n"
    assert site.host.run(certbot(site)).rc == 0
    assert "# ours" in site.host.file(SITE).content_string


@pytest.mark.long
def test_a_renewal_by_webroot_is_not_kept_out(site, lab):
    site.host.check_output("test -e /etc/letsencrypt/options-ssl-nginx.conf")
    renew = f"env {TRUST} certbot renew --force-renewal --cert-name {site.domain}"
    hold = parts.program(lab, site, "hold", HOLD)
    one, said, two, again = parts.json.loads(
        site.host.check_output(f"{hold} {SITE} {renew} --no-random-sleep-on-renew")
    )
    assert (one, two) == (0, 0), said + again
