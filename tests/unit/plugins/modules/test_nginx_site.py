# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Site files in a folder of the test's own; check mode shows them and writes none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import step
from module_runs import done, refused

SITE = {"name": "a", "servers": [{"server_name": ["a.example.org"], "listen": [80], "directives": {"return": 404}}]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return nginx's folder on a host where nginx is not installed yet."""
    monkeypatch.setattr(step, "find", lambda _name: None)
    (tmp_path / "sites-available").mkdir()
    return str(tmp_path)


def test_check_mode_shows_the_file_and_its_link_and_writes_none(root: str) -> None:
    answer = done("nginx_site", check=True, root=root, validate=False, sites=[SITE])
    assert (answer["changed"], answer["reloaded"], answer["backup_files"]) == (True, False, [])
    path = f"{root}/sites-available/a"
    assert answer["sites"] == [{"name": "a", "path": path, "changed": True, "problem": None}]
    assert [part["after_header"] for part in answer["diff"]] == [path, f"{root}/sites-enabled/a"]
    assert "return 404;" in answer["diff"][0]["after"]
    assert not Path(path).exists()


def test_a_file_of_ours_that_holds_something_of_its_owner_stays_with_a_warning(root: str) -> None:
    old = Path(root, "sites-available", "old")
    old.write_text("# mine\nserver { # constellation.edge\n    listen 80;\n    # mine, too\n}\n")
    answer = done("nginx_site", check=True, root=root, validate=False, sites=[])
    assert [site["name"] for site in answer["sites"]] == ["old"]
    assert answer["sites"][0]["problem"] in answer["warnings"]
    assert str(old) in answer["warnings"][0]


def test_a_site_that_cannot_be_is_refused_with_the_report(root: str) -> None:
    Path(root, "sites-available", "a").write_text("server { # broken\n")
    answer = refused("nginx_site", check=True, root=root, validate=False, sites=[SITE])
    assert "Nothing was changed" in answer["msg"]
    assert answer["sites"][0]["problem"] in answer["msg"]


def test_a_name_that_is_no_file_is_refused(root: str) -> None:
    message = refused("nginx_site", check=True, root=root, sites=[{**SITE, "name": "a/b"}])["msg"]
    assert message.startswith("site 'a/b': a site's name is the name of its file")


def test_users_are_answered_by_their_names_alone(root: str) -> None:
    users = {"home": {"anna": "correct horse", "bert": "$6$abc$" + "a" * 86}}
    answer = done("nginx_site", check=True, root=root, validate=False, sites=[SITE], password_files=users)
    assert answer["logins"] == {"home": {"added": ["anna", "bert"], "changed": [], "removed": []}}
    (shown,) = (part for part in answer["diff"] if part["after_header"] == f"{root}/constellation-edge/users/home")
    assert (shown["before"], shown["after"]) == ("", "anna\nbert\n")
    assert not any(each in shown_of(answer) for each in ("horse", "$6$"))
    assert not Path(root, "constellation-edge").exists()


@pytest.mark.parametrize(
    ("users", "words"),
    [
        ({"anna": "$2y$10$hunter2"}, "bcrypt of cost 10, which costs nginx about 50 ms"),
        ({"anna:hunter2": "x"}, "a user's name has a colon"),
    ],
)
def test_a_password_that_is_refused_is_not_answered(root: str, users: dict[str, str], words: str) -> None:
    answer = refused("nginx_site", check=True, root=root, sites=[], password_files={"home": users})
    assert words in answer["msg"]
    assert "hunter2" not in shown_of(answer)


def shown_of(answer: dict[str, Any]) -> str:
    """Return what anybody sees: ansible-core 2.22 tells itself which values to mask, and takes them out."""
    return str({name: value for name, value in answer.items() if name != "_ansible_new_secrets"})
