# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file itself: what is shown beforehand is what is written; link, mode, owner, access list and label stay."""

from __future__ import annotations

import base64
from typing import Any

import plays
import pytest
from texts import KEPT

PATH = f"{plays.SITES}/kept"
LINK = f"{plays.NGINX}/sites-enabled/kept"
LOGS = "/var/log/nginx"
PROXY = {
    "proxy_pass": "http://127.0.0.1:9000",
    "proxy_set_header": "Host $host",
    "access_log": f"{LOGS}/predicted.log",
}
LOCATIONS = [
    {"location": "/new/", "directives": PROXY},
    {"location": "= /", "state": "exact", "directives": {"return": "204"}},
]
SERVER = {"server_name": ["kept.example.org"], "listen": ["82"], "directives": {"server_tokens": False}}
SITE = [{"name": "kept", "adopt": True, "servers": [SERVER]}]
UNTESTED = [{"location": "/untested/", "directives": "return 204;"}]
EXPIRES = [{"location": "/new/", "directives": {"expires": "1h"}}]
DOUBTFUL = [{"location": "/doubtful/", "directives": {"unknown": "directive"}}]
# What a file has beside its content.
AROUND = ("kind", "mode", "owner", "group", "attributes")


def changes() -> tuple[plays.Step, plays.Step]:
    """Return a step of each module that changes the file."""
    return plays.locations("location", LINK, LOCATIONS, adopt=True), plays.sites("site", SITE, purge=False)


@pytest.fixture(scope="session")
def prepared() -> plays.Told:
    """Make the file, with a link, an owner, an access list and a label."""
    return plays.tell(
        plays.fresh(),
        plays.put("kept", PATH, KEPT),
        plays.enable("enabled", "kept"),
        plays.shell(
            "access",
            f"chown www-data:adm {PATH}",
            f"chmod 0640 {PATH}",
            f"setfacl -m u:nobody:r {PATH}",
            f"""python3 -c 'import os; os.setxattr("{PATH}", "user.label", b"theirs")'""",
        ),
        plays.shell("no_log", f"rm -f {LOGS}/predicted.log"),
        plays.reload("loaded"),
        plays.look("before"),
        logs("logs_before"),
    )


def logs(name: str) -> plays.Step:
    """List the logs: nginx makes those of a configuration that it tests."""
    return plays.Step(name, "ansible.builtin.command", {"argv": ["ls", LOGS]}, {"check_mode": False})


@pytest.fixture(scope="session")
def predicted(prepared) -> plays.Told:
    """Play both changes with `--check --diff`, and one that nginx would refuse."""
    doubtful = plays.locations("doubtful", LINK, DOUBTFUL)
    options = ("--check", "--diff")
    return plays.tell(*changes(), doubtful, plays.look("after"), logs("logs_after"), options=options)


@pytest.fixture(scope="session")
def done(predicted) -> plays.Told:
    """Play the changes really; that of the site is predicted once more, on what it then finds."""
    location, site = changes()
    return plays.tell(
        location,
        plays.look("after_location"),
        plays.Step("site_predicted", site.module, site.arguments, {"check_mode": True, "diff": True}),
        site,
        plays.look("after_site"),
        plays.shell("access_list", f"getfacl --omit-header --absolute-names {PATH}"),
        plays.locations("untested", LINK, UNTESTED, validate=False),
        plays.locations("untested_again", LINK, UNTESTED, validate=False),
        plays.look("before_backup"),
        plays.locations("backup", LINK, EXPIRES, backup=True),
        plays.Step("copies", "ansible.builtin.slurp", {"src": "{{ item }}"}, {"loop": "{{ backup.backup_files }}"}),
        plays.locations("backup_again", LINK, EXPIRES, backup=True),
        plays.reload("reloaded"),
        plays.ask("asked", "http://127.0.0.1:82/new/page", "kept.example.org"),
    )


def shown(result: dict[str, Any]) -> dict[str, str]:
    """Return what a diff says that the file holds before and after, a character for a byte."""
    (entry,) = [each for each in result["diff"] if each["after_header"] in (PATH, LINK)]
    return {when: entry[when].encode().decode("latin-1") for when in ("before", "after")}


@pytest.mark.parametrize("name", ["location", "site", "doubtful"])
def test_check_mode_says_that_it_would_change_and_writes_nothing(prepared, predicted, home, name):
    plays.assert_done(predicted[home.name][name], changed=True)
    assert plays.seen(predicted[home.name]["after"]) == plays.seen(prepared[home.name]["before"])
    assert predicted[home.name]["logs_after"]["stdout"] == prepared[home.name]["logs_before"]["stdout"]


def test_check_mode_warns_of_what_nginx_would_refuse(predicted, home):
    (warning,) = predicted[home.name]["doubtful"]["warnings"]
    assert 'unknown directive "unknown"' in warning


def test_the_diff_of_a_location_is_what_is_written(prepared, predicted, done, home):
    plays.assert_done(done[home.name]["location"], changed=True)
    written = plays.text(done[home.name]["after_location"], PATH)
    assert shown(predicted[home.name]["location"]) == {"before": KEPT, "after": written}
    assert shown(done[home.name]["location"]) == {"before": KEPT, "after": written}
    assert "listen 82;\r\n" in written
    assert "\n" not in written.replace("\r\n", "")


def test_the_diff_of_a_site_is_what_is_written(done, home):
    plays.assert_done(done[home.name]["site_predicted"], changed=True)
    plays.assert_done(done[home.name]["site"], changed=True)
    expected = {
        "before": plays.text(done[home.name]["after_location"], PATH),
        "after": plays.text(done[home.name]["after_site"], PATH),
    }
    assert shown(done[home.name]["site_predicted"]) == shown(done[home.name]["site"]) == expected


@pytest.mark.parametrize("when", ["after_location", "after_site", "before_backup"])
def test_link_mode_owner_access_list_and_label_stay(prepared, done, home, when):
    before, after = plays.seen(prepared[home.name]["before"]), plays.seen(done[home.name][when])
    assert after[LINK] == before[LINK]
    assert {name: after[PATH][name] for name in AROUND} == {name: before[PATH][name] for name in AROUND}
    assert after[PATH]["mode"] == "0o640"
    assert after[PATH]["attributes"]["user.label"] == b"theirs".hex()
    assert "system.posix_acl_access" in after[PATH]["attributes"]
    assert "user:nobody:r--" in done[home.name]["access_list"]["stdout"]


def test_only_the_file_that_was_meant_changes(prepared, done, home):
    before, after = plays.seen(prepared[home.name]["before"]), plays.seen(done[home.name]["before_backup"])
    assert sorted(before) == sorted(after)
    assert [path for path in before if before[path] != after[path]] == [plays.SITES, PATH]


def test_without_nginx_s_judgement_a_second_run_changes_nothing_either(done, home):
    plays.assert_done(done[home.name]["untested"], changed=True)
    plays.assert_done(done[home.name]["untested_again"], changed=False)


def test_a_backup_has_the_old_bytes_and_none_is_made_for_nothing(done, home):
    steps = done[home.name]
    plays.assert_done(steps["backup"], changed=True)
    assert len(steps["backup"]["backup_files"]) == 1
    (copy,) = steps["copies"]["results"]
    assert not copy["source"].startswith(f"{plays.NGINX}/")
    assert base64.b64decode(copy["content"]).decode("latin-1") == plays.text(steps["before_backup"], PATH)
    plays.assert_done(steps["backup_again"], changed=False)
    assert steps["backup_again"]["backup_files"] == []


def test_nginx_serves_the_new_location(done, home):
    assert done[home.name]["asked"]["content"].split() == ["kept.example.org", "/new/page"]
