# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose owner's nginx serves already: no restart, and what its configuration does not bear is left out."""

from __future__ import annotations

import pytest
import service

_OWNER = r"""
set -eu
mkdir -p /home/owner/www /srv/logs /srv/cache /opt/state
chmod 755 /home/owner
echo hello >/home/owner/www/index.html
rm -f /etc/nginx/conf.d/home.conf
cat >/etc/nginx/conf.d/owner.conf <<'END'
proxy_cache_path /srv/cache/deep keys_zone=z:1m;

server {
    listen 443 ssl;
    listen [::]:443 ssl ipv6only=on default_server;
    server_name home.example.org;
    ssl_certificate /etc/letsencrypt/live/home.example.org/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/home.example.org/privkey.pem;
    root /home/owner/www;
    access_log /srv/logs/access.log;
}
server { return 200 "no address of its own"; }
END
echo 'pcre_jit on;' >/etc/nginx/modules-enabled/99-owner.conf
systemctl restart nginx
"""
# An owner's nginx that does not bear the sandbox in a way that no directive shows.
_FRAGILE = r"""#!/bin/sh
case "$1" in -t|-T|-v|-V) ;; *) touch /opt/state/started || exit 1 ;; esac
exec /usr/sbin/nginx.real "$@"
"""
_FILES = (service.ARCHIVE, service.UNIT, service.DROP_IN)


@pytest.fixture(scope="session")
def adopted(home):
    """Make a host its owner's, without anything of ours; return its master and which of our files are left."""
    service.call(home, {"state": "absent"})
    service.settled(home)
    home.host.check_output("bash -c %s", _OWNER)
    service.settled(home)
    left = [path for path in _FILES if home.host.file(path).exists]
    return service.master(home), left, service.confinement(home)


@pytest.fixture(scope="session")
def told(home, adopted):
    """Call the module: in check mode, for good, and once more."""
    return {
        "checked": service.call(home, {}, "--check", "--diff"),
        "done": service.call(home, {}, "--diff"),
        "again": service.call(home, {}),
    }


def test_absent_leaves_nothing(home, adopted):
    _master, left, confinement = adopted
    assert left == []
    assert confinement["Seccomp"] == "0"


def test_check_mode_predicts_and_a_second_call_changes_nothing(home, told):
    assert told["checked"]["changed"] is True
    assert told["done"]["changed"] is True
    assert told["checked"]["diff"] == told["done"]["diff"]
    assert [each["after_header"] for each in told["done"]["diff"]] == list(_FILES)
    assert told["again"]["changed"] is False, told["again"]["diff"]
    assert told["again"]["trial"].startswith("not needed")


def test_what_the_configuration_needs_is_left_out_by_name(home, told):
    done = told["done"]
    assert done["trial"].startswith("made"), done["trial"]
    assert done["omitted"] == {"ProtectHome": "root /home/owner/www", "MemoryDenyWriteExecute": "pcre_jit on"}
    assert done["writable"] == ["/srv/cache/deep", "/srv/logs"]


def test_nginx_was_not_restarted_and_the_result_says_so(home, adopted, told):
    assert service.master(home) == adopted[0]
    assert all(told[name]["pending_restart"] for name in ("done", "again"))
    assert all("hold from its next start" in told[name]["notes"][-1] for name in ("done", "again"))
    assert service.confinement(home)["Seccomp"] == "0"
    assert any("from its next start" in each for each in told["done"]["warnings"])


def test_nothing_of_the_trial_is_left(home, told):
    assert "constellation-edge-trial" not in home.host.check_output("systemctl list-units --all; ls /run /tmp")


def test_an_nginx_that_is_not_confined_yet_reloads_and_stops(home, told):
    home.host.check_output("systemctl reload nginx")
    assert service.ask(home, "https://home.example.org/") == "hello\n"


def test_the_next_start_is_confined_and_serves_the_same(home, told):
    home.host.check_output("systemctl restart nginx")
    assert service.shown(home, "nginx", "Result") == "success"
    assert service.confinement(home)["Seccomp"] == "2"
    assert service.ask(home, "https://home.example.org/") == "hello\n"
    assert not service.writes(home, "/etc")
    assert service.writes(home, "/srv/logs")


def test_nothing_is_pending_then(home, told):
    again = service.call(home, {})
    assert again["changed"] is False, again["diff"]
    assert again["pending_restart"] is False


@pytest.fixture(scope="session")
def fragile(home, told):
    """Give a host an nginx that the sandbox would break, and call the module."""
    home.host.check_output("mv /usr/sbin/nginx /usr/sbin/nginx.real")
    home.host.check_output("printf %s %s > /usr/sbin/nginx && chmod 755 /usr/sbin/nginx", "%s", _FRAGILE)
    home.host.check_output(f"rm -f {service.STATE}/nginx-service.json")
    yield service.call(home, {})
    home.host.check_output("mv /usr/sbin/nginx.real /usr/sbin/nginx")


def test_a_restriction_that_breaks_nginx_is_found_by_the_trial(home, fragile):
    assert set(fragile["omitted"]) == {"ProtectHome", "MemoryDenyWriteExecute", "ProtectSystem"}, fragile["omitted"]
    assert any("goes without ProtectSystem" in each for each in fragile["warnings"])
    assert "SystemCallFilter" in fragile["restrictions"]


def test_the_owner_decides(home, fragile):
    assert service.call(home, {"omit": ["PrivateTmp", "UMask"]}, "--check")["omitted"]["PrivateTmp"] == "asked for"
    assert service.call(home, {"sandbox": False}, "--check")["restrictions"] == []


def test_without_a_trial_the_sandbox_stays_and_without_any_there_is_none(home, fragile):
    record = f"{service.STATE}/nginx-service.json"
    home.host.check_output("printf 'refused;' > /etc/nginx/conf.d/refused.conf")
    kept = service.call(home, {}, "--check")
    home.host.check_output(f"mv {record} /root/record.json")
    none = service.call(home, {}, "--check")
    home.host.check_output(f"mv /root/record.json {record} && rm /etc/nginx/conf.d/refused.conf")
    assert (kept["changed"], kept["restrictions"]) == (False, fragile["restrictions"])
    assert none["restrictions"] == []
    assert all("nginx refuses the configuration on disk" in each["trial"] for each in (kept, none))
