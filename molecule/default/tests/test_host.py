# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host behind the routes: certificates, renewal, nginx, the Constellation server and its sentinel."""

from __future__ import annotations

import re
import subprocess

from ansible_collections.constellation.edge.plugins.module_utils._host import names
from conftest import ROOT, SCENARIO, side_by_side
from lab.progress import poll

SERVER_CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
SENTINEL_CONFIG = "/opt/constellation-sentinel/Constellation.Sentinel.exe.config"


def _bytes(home, path: str) -> bytes:
    container = SCENARIO["machines"][home.name]["container"]
    return subprocess.run(["docker", "exec", container, "cat", path], capture_output=True, check=True).stdout


def test_nginx_runs_and_accepts_its_configuration(home):
    nginx = home.host.service("nginx")
    assert nginx.is_running
    assert nginx.is_enabled
    assert home.host.run("nginx -t").rc == 0


def test_nginx_is_confined_since_its_first_start_and_recovers_before_each(home):
    pid = home.host.check_output("systemctl show nginx --property MainPID --value")
    status = dict(line.split(":", 1) for line in home.host.check_output(f"cat /proc/{pid}/status").splitlines())
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
    assert "constellation-edge-recover.service" in home.host.check_output("systemctl show nginx --property Wants")
    assert home.host.run("python3 -I /usr/local/lib/constellation-edge/edge.pyz recover").rc == 0


def test_what_is_left_on_a_host_is_what_leaving_looks_for(home):
    found = home.host.run(f"find / -xdev -name '*{names.FILE_WORD}*' ! -name '*-edge-lab-*' -not -path '/proc/*'")
    known = {
        *names.TRACES,
        names.COMMON_SITE_PATH,
        names.COMMON_SITE_PATH.replace("available", "enabled"),
        names.STATE_FOLDER,
        names.PROGRAM_FOLDER,
        f"/etc/nginx/modules-enabled/{names.MAIN_FILE}",
        f"/etc/systemd/system/multi-user.target.wants/{names.LIMIT_UNIT}",
    }
    # What lies in a folder of ours goes with it.
    assert [path for path in found.stdout.split() if not any(f"{path}/".startswith(f"{one}/") for one in known)] == []
    # They are there only while a site names a client, which none does here.
    of_names = {names.CLIENT_NAMES_UNIT_PATH, names.CLIENT_NAMES_TIMER_PATH}
    of_names |= {names.CLIENT_NAMES_TIMER_LINK, names.CLIENT_NAMES_STAMP}
    assert [path for path in names.TRACES if home.host.file(path).exists is (path in of_names)] == []
    units = home.host.check_output(f"systemctl list-unit-files --no-legend '*{names.FILE_WORD}*' | cut -d' ' -f1")
    assert set(units.split()) == {names.RECOVERY_UNIT, names.LIMIT_UNIT}
    assert f"table {names.LIMIT_TABLE}" in home.host.check_output("nft list tables").splitlines()


def test_of_the_packages_own_files_one_number_has_changed(home):
    # Documentation is left out of small images; what counts is /etc.
    changed = home.host.run("dpkg --verify nginx nginx-common certbot fail2ban").stdout.splitlines()
    assert [line.split()[-1] for line in changed if "/etc/" in line] == ["/etc/nginx/nginx.conf"]
    back = "sed 's/ 4096; # constellation.edge, 768 before$/ 768;/' /etc/nginx/nginx.conf | md5sum"
    conffiles = home.host.check_output("dpkg-query -W -f '${Conffiles}' nginx-common nginx")
    assert home.host.check_output(back).split()[0] in conffiles


def test_the_certificate_is_the_test_authoritys_and_holds_every_name(home, client):
    served = "echo | timeout 20 openssl s_client -connect %s -servername %s 2>/dev/null"
    text = client.host.check_output(
        f"{served} | openssl x509 -noout -issuer -ext subjectAltName", f"{home.ipv4}:443", home.domain
    )
    assert "Pebble" in text
    assert f"DNS:{home.domain}" in text
    assert f"DNS:www.{home.domain}" in text


def test_renewal_is_scheduled_and_works_through_nginx(homes):
    side_by_side(homes, renews_in_a_dry_run)


def renews_in_a_dry_run(home) -> None:
    assert home.host.service("certbot.timer").is_running
    before = home.host.check_output("cat /etc/nginx/sites-enabled/* /etc/nginx/nginx.conf | sha256sum")
    # Without --server a dry run asks Let's Encrypt's staging, whatever the renewal file says.
    command = "certbot renew --dry-run --no-random-sleep-on-renew --server %s"
    dry_run = home.host.run(command, SCENARIO["pebble"]["directory"])
    assert dry_run.rc == 0, dry_run.stdout + dry_run.stderr
    assert home.host.check_output("cat /etc/nginx/sites-enabled/* /etc/nginx/nginx.conf | sha256sum") == before


def test_a_renewed_certificate_is_served(homes, client):
    side_by_side(homes, lambda home: serves_a_renewed_certificate(home, client))


def serves_a_renewed_certificate(home, client) -> None:
    serial = "echo | timeout 20 openssl s_client -connect %s -servername %s 2>/dev/null | openssl x509 -noout -serial"
    target = (f"{home.ipv4}:443", f"camera.{home.domain}")
    before = client.host.check_output(serial, *target)
    command = "certbot renew --force-renewal --no-random-sleep-on-renew --cert-name %s"
    renewal = home.host.run(command, f"camera.{home.domain}")
    assert renewal.rc == 0, renewal.stdout + renewal.stderr
    poll("the new certificate", lambda: client.host.check_output(serial, *target) != before, timeout=60)


def test_listen_uris_moved_and_nothing_else_changed(home, lab):
    shipped = (ROOT / "tests/lab/standins/constellation/Constellation.Server.exe.config").read_text(encoding="utf-8")
    expected = shipped.replace('listenUri="http://+:8088/"', 'listenUri="http://+:8088/constellation/"')
    assert expected != shipped
    current = _bytes(home, SERVER_CONFIG)
    assert current == b"\xef\xbb\xbf" + expected.rstrip("\n").replace("\n", "\r\n").encode()


def test_the_server_was_restarted_once(home):
    log = home.host.check_output("cat /var/log/supervisor/supervisord.log")
    assert len(re.findall(r"spawned: 'constellation-server'", log)) == 2


def test_the_sentinel_moved_and_is_connected(home):
    assert b'value="http://127.0.0.1:8088/constellation/"' in _bytes(home, SENTINEL_CONFIG)
    log = home.host.check_output("cat /var/log/constellation-sentinel.log").splitlines()
    connected = [
        number for number, line in enumerate(log) if line == "connected to http://127.0.0.1:8088/constellation/"
    ]
    assert connected, log[-5:]
    assert not any(line.startswith(("disconnected", "FATAL")) for line in log[connected[-1] :])


def test_the_server_answers_at_its_new_path_alone(home):
    ask = (
        "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 8088, timeout=10); "
        "c.request('GET', sys.argv[1]); print(c.getresponse().status)"
    )
    assert home.host.check_output("python3 -c %s /", ask) == "400"
    assert home.host.check_output("python3 -c %s /constellation/", ask) == "200"
