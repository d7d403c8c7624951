# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose nginx came after its service's settings: confined from its first start, and everything works."""

from __future__ import annotations

import re

import pytest
import service
from lab.progress import poll

# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE.
CAPABILITIES = 1 << 0 | 1 << 1 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10
# The measured bar.
EXPOSURE = 3.0
KILLS = 20
# Seconds: when it counts as down for good. How fast it comes back is a figure of `make chaos`.
DOWN_SECONDS = 15.0

_KILL = """
import os, subprocess, sys, time, urllib.request
def master():
    show = ["systemctl", "show", "nginx", "-p", "MainPID", "-p", "ActiveState"]
    words = dict(l.split("=") for l in subprocess.run(show, capture_output=True, text=True).stdout.split())
    return int(words["MainPID"]) if words["ActiveState"] == "active" else 0
slowest = 0.0
for number in range(int(sys.argv[1])):
    old = master()
    while not old:
        time.sleep(0.05)
        old = master()
    os.kill(old, 9)
    began = time.monotonic()
    while time.monotonic() - began < float(sys.argv[2]):
        try:
            pid = int(open("/run/nginx.pid").read() or 0)
            if pid != old and urllib.request.urlopen("http://127.0.0.1:9000/", timeout=1).status == 200:
                break
        except (OSError, ValueError):
            pass
        time.sleep(0.01)
    slowest = max(slowest, time.monotonic() - began)
print(slowest)
"""


def test_the_first_start_is_confined(home):
    said = service.confinement(home)
    assert (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")
    assert int(said["CapBnd"], 16) == CAPABILITIES


def test_nginx_writes_where_it_must_and_nowhere_else(home):
    assert not any(service.writes(home, folder) for folder in ("/etc", "/etc/nginx", "/usr", "/var/lib", "/opt"))
    assert all(service.writes(home, folder) for folder in ("/run", "/var/log/nginx", "/var/cache/nginx"))


def test_the_exposure_is_within_the_bar(home):
    said = home.host.check_output("systemd-analyze --no-pager security nginx.service | tail -1")
    found = re.search(r"(\d+\.\d+)", said)
    assert found, said
    assert float(found[1]) <= EXPOSURE, said


@pytest.mark.parametrize("path", ["address", "name", "socket", "cached"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_services_are_reached(home, scheme, path):
    assert service.ask(home, f"{scheme}://home.example.org/{path}/x") == f"service /{path}/x"


def test_ipv6_and_acme(home):
    assert service.ask(home, "https://[::1]/address/six", "-H Host:home.example.org") == "service /address/six"
    assert service.ask(home, "http://home.example.org/.well-known/acme-challenge/token") == "answer"


def test_logs_are_rotated_and_opened_again(home):
    home.host.check_output("logrotate --force /etc/logrotate.d/nginx")
    log = "/var/log/nginx/access.log"

    def logged() -> bool:
        service.ask(home, "http://home.example.org/address/rotated")
        return "/address/rotated" in home.host.run(f"cat {log}").stdout

    poll("the new log file", logged, timeout=60)
    assert home.host.file(log).user == "www-data"


def test_a_second_call_changes_nothing_and_tries_nothing(home):
    told = service.call(home, {})
    assert told["changed"] is False, told["diff"]
    assert told["trial"].startswith("not needed")
    assert told["pending_restart"] is False
    assert told["omitted"] == {}


def test_reload_stop_and_start(home):
    before = service.master(home)
    home.host.check_output("systemctl reload nginx")
    assert service.master(home) == before
    home.host.check_output("systemctl stop nginx")
    assert service.shown(home, "nginx", "Result") == "success"
    home.host.check_output("systemctl start nginx")
    assert service.confinement(home)["Seccomp"] == "2"


def test_a_master_that_is_killed_comes_back(home):
    slowest = float(home.host.check_output("python3 -c %s %s %s", _KILL, str(KILLS), str(DOWN_SECONDS)))
    print(f"{home.name}: {KILLS} times killed, the slowest return took {slowest:.2f} s")
    assert slowest < DOWN_SECONDS
    assert service.confinement(home)["Seccomp"] == "2"


def test_the_package_is_installed_again(home):
    service.settled(home)
    installed = home.host.check_output("dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' 'nginx*'").splitlines()
    names = [line.split()[1] for line in installed if line.startswith("ii")]
    home.host.check_output(f"DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall {' '.join(names)}")
    service.settled(home)
    assert service.confinement(home)["Seccomp"] == "2"
    assert service.ask(home, "https://home.example.org/address/x") == "service /address/x"
    told = service.call(home, {})
    assert told["changed"] is False, told["diff"]
