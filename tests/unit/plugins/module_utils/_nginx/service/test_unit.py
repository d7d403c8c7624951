# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of the units, and what of the sandbox a configuration does not bear."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service._needs import needs
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.unit import (
    RECOVERY_TEXT,
    RESTRICTIONS,
    drop_in,
    properties,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from ansible_collections.constellation.edge.plugins.modules import nginx_service


def test_a_restriction_that_is_left_out_is_nowhere_in_the_drop_in() -> None:
    for name, lines in RESTRICTIONS.items():
        text = drop_in([each for each in RESTRICTIONS if each != name])
        assert not set(lines) & set(text.splitlines())
        assert text.count("\n") == drop_in(RESTRICTIONS).count("\n") - len(lines) - (name == "ProtectSystem")


def test_without_a_sandbox_nginx_comes_back_all_the_same() -> None:
    text = drop_in([])
    assert properties([]) == []
    assert {"Restart=on-failure", "RestartSec=1s", "StartLimitIntervalSec=0"} <= set(text.splitlines())
    assert "Wants=constellation-edge-recover.service" in text
    assert "Before=nginx.service" in RECOVERY_TEXT


def test_recovery_starts_where_either_journal_is_left() -> None:
    """Of conditions with `|`, one is enough (systemd.unit(5))."""
    assert [line for line in RECOVERY_TEXT.splitlines() if line.startswith("Condition")] == [
        "ConditionPathExists=|/var/lib/constellation-edge/journal.json",
        "ConditionPathExists=|/var/lib/constellation-edge/journal.done.json",
    ]


def test_folders_to_write_come_in_a_fixed_order() -> None:
    lines = properties(["ProtectSystem"], {"/srv/b", "/srv/a"})
    assert lines[-1] == "ReadWritePaths=-/run -/var/log -/var/cache -/var/lib/nginx -/srv/a -/srv/b"


def test_the_documentation_lists_every_restriction() -> None:
    options = yaml.safe_load(nginx_service.DOCUMENTATION)["options"]
    assert options["omit"]["choices"] == list(RESTRICTIONS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("root /home/me/www;", "ProtectHome"),
        ("ssl_certificate_key /root/key.pem;", "ProtectHome"),
        ("fastcgi_pass unix:/run/user/1000/app.sock;", "ProtectHome"),
        ("alias /home/me/$1;", "ProtectHome"),
        ("set $base /home/me/www; root $base;", "ProtectHome"),
        ("map $host $base { default /home/me/www; }", "ProtectHome"),
        ("proxy_pass http://unix:/tmp/app.sock:/x;", "PrivateTmp"),
        ("upstream a { server unix:/var/tmp/app.sock; }", "PrivateTmp"),
        ("listen unix:/tmp/in.sock;", "PrivateTmp"),
        ("content_by_lua_block { ngx.say('}') }", "MemoryDenyWriteExecute"),
        ("lua_shared_dict a 1m;", "MemoryDenyWriteExecute"),
        ("pcre_jit on;", "MemoryDenyWriteExecute"),
        ("dav_methods PUT DELETE;", "ProtectSystem"),
        ("proxy_store on;", "ProtectSystem"),
    ],
)
def test_what_would_be_taken_away_is_left_out(text: str, name: str) -> None:
    assert list(needs(parse(text)).omit) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "location /home/ { return 200; }",
        "rewrite ^/tmp/(.*) /home/$1;",
        "map $uri $x { /home/a 1; }",
        "proxy_pass http://192.0.2.1/home/;",
        "try_files /home/x =404;",
        "pcre_jit off;",
        "dav_methods off;",
        "root /var/www/html;",
        "access_log /var/log/nginx/access.log;",
        "access_log off;",
        "error_log stderr;",
        "error_log syslog:server=unix:/dev/log;",
        "listen unix:/run/in.sock;",
        "pid /run/nginx.pid;",
        "proxy_cache_path /var/cache/nginx/a keys_zone=a:1m;",
    ],
)
def test_what_the_sandbox_leaves_alone(text: str) -> None:
    found = needs(parse(text))
    assert (found.omit, found.writable) == ({}, set())


def test_a_link_to_a_home_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "www").symlink_to("/home/me/www")
    assert "ProtectHome" in needs(parse(f"root {tmp_path}/www;")).omit


def test_folders_that_nginx_writes_to(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    text = "".join(
        f"{directive} {tmp_path}/{name};"
        for directive, name in [
            ("proxy_cache_path", "cache"),
            ("proxy_temp_path", "new"),
            ("access_log", "logs/$host.log"),
            ("listen", "unix"),
        ]
    )
    assert needs(parse(text)).writable == {str(tmp_path / "cache"), str(tmp_path)}
    assert needs(parse("access_log /nowhere/a.log;")).writable == set()
    assert needs(parse(f'access_log "{tmp_path}/a b/c.log";')).writable == {str(tmp_path)}


def test_sockets_that_a_death_leaves_behind_are_removed_before_a_start() -> None:
    found = needs(parse("listen unix:/run/b.sock ssl; listen 80; listen unix:/srv/a.sock; listen 'unix:/run/a b';"))
    assert found.sockets == {"/run/b.sock", "/srv/a.sock"}
    lines = drop_in([], (), found.sockets).splitlines()
    assert lines[-1].startswith("ExecStartPre=-/usr/bin/python3 -I ")
    assert lines[-1].endswith("/edge.pyz free /run/b.sock /srv/a.sock")
