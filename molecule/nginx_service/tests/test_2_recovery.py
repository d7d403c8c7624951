# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every start of nginx puts back first what was cut off: by hand, after a death, at boot. It cannot keep nginx down."""

from __future__ import annotations

import pytest
import service
from lab.progress import poll

SITE = "/etc/nginx/conf.d/home.conf"
JOURNAL = f"{service.STATE}/journal.json"
# As `_transaction` leaves a change that is cut off after its rename: the site file is one that nginx refuses.
_CUT_OFF = f"""
import hashlib, json, os
path, state = "{SITE}", "{service.STATE}"
kept = "/etc/nginx/conf.d/.home.conf.0a0a0a0a.old"
old, new = open(path, "rb").read(), b"refused;\\n"
os.rename(path, kept)
open(path, "wb").write(new)
mark = lambda content: "file:" + hashlib.sha256(content).hexdigest()
entry = {{"path": path, "kept": kept, "temporary": kept[:-3] + "new", "before": mark(old), "after": mark(new)}}
open(state + "/journal.json", "w").write(json.dumps({{"entries": [entry], "folders": []}}))
"""
_HOLD = (
    "import fcntl, os, time; d = os.open('/run/constellation-edge.lock', os.O_RDWR | os.O_CREAT, 0o600);"
    " fcntl.flock(d, fcntl.LOCK_EX); os.pwrite(d, b'%d ' % os.getpid(), 0); print('held', flush=True); time.sleep({})"
)


@pytest.fixture
def cut_off(home):
    """Leave a change that was cut off."""
    service.settled(home)
    home.host.check_output("python3 -c %s", _CUT_OFF)
    assert home.host.run("nginx -t").rc != 0
    yield home
    home.host.check_output(f"python3 -I {service.ARCHIVE} recover")


def assert_serves(home, *more: str) -> None:
    poll("nginx", lambda: service.ask(home, "https://home.example.org/address/x") == "service /address/x", timeout=60)
    assert not home.host.file(JOURNAL).exists
    assert home.host.run("nginx -t").rc == 0
    assert home.host.check_output("ls -A /etc/nginx/conf.d").split() == sorted(["home.conf", "service.conf", *more])


def test_a_restart_recovers(cut_off):
    cut_off.host.check_output("systemctl restart nginx")
    assert_serves(cut_off)
    log = cut_off.host.check_output("journalctl --no-pager --unit constellation-edge-recover --output cat")
    assert f"put back as it was before a change that was cut off: {SITE}" in log


def test_a_death_recovers(cut_off):
    cut_off.host.check_output(f"kill -9 {service.master(cut_off)}")
    assert_serves(cut_off)


def test_a_boot_recovers(cut_off, lab):
    lab.restart(cut_off.name)
    assert_serves(cut_off)


def test_a_start_waits_no_longer_than_a_moment_for_a_change_under_way(cut_off):
    holder = _HOLD.format(300)
    cut_off.host.run(f'systemd-run --unit holder --collect /usr/bin/python3 -c "{holder}"')
    poll("the lock", lambda: "held" in cut_off.host.run("journalctl -u holder -o cat").stdout, timeout=60)
    done = cut_off.host.run(f"python3 -I {service.ARCHIVE} recover")
    assert done.rc == 0, done.stderr
    assert "left alone, as another process is changing files now" in done.stderr
    assert cut_off.host.check_output("systemctl is-active holder") == "active"
    assert cut_off.host.file(JOURNAL).exists
    cut_off.host.check_output("systemctl stop holder")


@pytest.mark.parametrize(
    ("hide", "show"),
    [
        ("mv /usr/bin/python3 /usr/bin/python3.away", "mv /usr/bin/python3.away /usr/bin/python3"),
        (f"mount --bind -o ro {service.STATE} {service.STATE}", f"umount {service.STATE}"),
        (f"mv {service.ARCHIVE} {service.ARCHIVE}.away", f"mv {service.ARCHIVE}.away {service.ARCHIVE}"),
    ],
    ids=["no python", "read-only state", "no archive"],
)
def test_what_cannot_recover_stops_no_nginx(home, hide, show):
    service.settled(home)
    home.host.check_output(f"echo '{{}}' > {JOURNAL}")
    home.host.check_output(hide)
    try:
        home.host.check_output("systemctl restart nginx")
        assert service.shown(home, "constellation-edge-recover", "Result") != "success"
    finally:
        home.host.check_output(show)
        home.host.run(f"rm -f {JOURNAL} {service.STATE}/journal.unreadable; systemctl reset-failed")
    assert service.ask(home, "http://home.example.org/address/x") == "service /address/x"


def test_nothing_to_recover_costs_nothing(home):
    home.host.check_output("systemctl restart nginx")
    assert service.shown(home, "constellation-edge-recover", "ConditionResult") == "no"


def test_a_socket_that_a_death_leaves_behind_is_removed(home):
    """Without that, nginx could not start again until somebody removed it."""
    service.settled(home)
    config = "/etc/nginx/conf.d/socket.conf"
    home.host.check_output(f"echo 'server {{ listen unix:/run/own.sock; }}' > {config}")
    told = service.call(home, {})
    assert (told["changed"], told["pending_restart"]) == (True, False)
    home.host.check_output("systemctl reload nginx")
    poll("the socket", lambda: home.host.file("/run/own.sock").exists, timeout=60)
    home.host.check_output(f"kill -9 {service.master(home)}")
    assert_serves(home, "socket.conf")
    home.host.check_output(f"rm {config}")
    assert service.call(home, {})["changed"] is True
    home.host.check_output("systemctl reload nginx")


def test_what_is_not_understood_is_told(home):
    done = home.host.run(f"python3 -I {service.ARCHIVE} nonsense")
    assert done.rc == 2
    assert "usage: python3 edge.pyz recover" in done.stderr
