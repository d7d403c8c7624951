# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of users: written with the sites, byte-equal while their passwords are, gone with them, and never shown."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.logins import openssl
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.info import describe_host
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._transaction import transaction
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import (
    TransactionError,
    diffs,
    pending,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

USERS = {"anna": "correct horse", "Zoë": "ä€"}
READY = "$6$abc$" + "a" * 86


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "nginx"
    for name in ("sites-available", "sites-enabled", "conf.d"):
        (found / name).mkdir(parents=True)
    (found / "nginx.conf").write_text("user www-data;\nhttp { include conf.d/*.conf; include sites-enabled/*; }\n")
    return found


def planned(root: Path, users: dict[str, Any], *, named: bool = True, **more: Any) -> SitePlan:
    directives = {"auth_basic": "Home", "auth_basic_user_file": f"{root}/constellation-edge/users/home"}
    server = {"server_name": ["a.test"], "listen": ["80"], "directives": directives if named else {}}
    server |= {"owns": [*directives]}
    return plan([{"name": "a.test", "servers": [server]}], root=str(root), passwords=users, **more)


def run(root: Path, users: dict[str, Any], **more: Any) -> SitePlan:
    """Carry out a plan as one transaction."""
    found = planned(root, users, **more)
    assert not found.problems
    transaction.apply(found.changes, root=str(root), test=False, host=places(root))
    return found


def places(root: Path) -> Places:
    return Places(str(root.parent / "state"), str(root.parent / "lock"), "no-nginx")


def file(root: Path, name: str = "home") -> Path:
    return root / "constellation-edge/users" / name


def hash_of(root: Path, user: str) -> str:
    lines = dict(line.split(":", 1) for line in file(root).read_text(encoding="utf-8").splitlines())
    return lines[user]


def test_a_file_has_its_users_in_their_order_and_nginx_alone_may_read_it(root: Path) -> None:
    found = run(root, {"home": USERS})
    assert [line.partition(":")[0] for line in file(root).read_text(encoding="utf-8").splitlines()] == ["anna", "Zoë"]
    assert openssl.fits("correct horse", hash_of(root, "anna"))
    assert openssl.fits("ä€", hash_of(root, "Zoë"))
    status = file(root).stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert (status.st_uid, status.st_gid) == (os.getuid(), grp.getgrnam("www-data").gr_gid)
    assert found.logins == {"home": {"added": ["anna", "Zoë"], "changed": [], "removed": []}}


def test_a_second_run_changes_nothing_and_one_with_another_password_its_line_alone(root: Path) -> None:
    run(root, {"home": USERS})
    before, zoe = file(root).read_bytes(), hash_of(root, "Zoë")
    again = planned(root, {"home": USERS})
    assert (pending(again.changes), again.logins) == ([], {})
    changed = run(root, {"home": {**USERS, "anna": "battery staple"}})
    assert changed.logins == {"home": {"added": [], "changed": ["anna"], "removed": []}}
    assert file(root).read_bytes() != before
    assert hash_of(root, "Zoë") == zoe
    assert openssl.fits("battery staple", hash_of(root, "anna"))


def test_who_goes_is_told_and_the_file_goes_with_its_last_name(root: Path) -> None:
    run(root, {"home": USERS})
    zoe = hash_of(root, "Zoë")
    assert run(root, {"home": {"Zoë": "ä€"}}).logins["home"]["removed"] == ["anna"]
    assert file(root).read_text(encoding="utf-8") == f"Zoë:{zoe}\n"
    assert run(root, {}).logins == {}
    assert file(root).exists()
    assert run(root, {}, named=False).logins == {"home": {"added": [], "changed": [], "removed": ["Zoë"]}}
    assert not file(root).exists()


@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("secret", ["correct horse", "its hash"])
def test_who_has_his_password_in_another_file_loses_no_login(root: Path, secret: str, hashes: bool) -> None:
    """A site has got another name, or users of its own."""
    run(root, {"home": USERS})
    users = {"anna": hash_of(root, "anna") if secret == "its hash" else secret}
    found = planned(root, {"other": users}, named=False, hashes=hashes)
    assert found.logins["home"] == {"added": [], "changed": [], "removed": ["Zoë"]}
    assert [each["before"] for each in diffs(found.changes) if each["before_header"] == str(file(root))] == [
        "anna\nZoë\n"
    ]
    assert "home" not in planned(root, {"other": {**USERS, **users}}, named=False, hashes=hashes).logins


@pytest.mark.parametrize("secret", ["battery staple", READY])
def test_who_has_another_password_there_loses_the_one_that_he_had(root: Path, secret: str) -> None:
    run(root, {"home": USERS})
    found = planned(root, {"other": {"anna": secret, "bert": "correct horse"}}, named=False)
    assert found.logins["home"]["removed"] == ["anna", "Zoë"]


def test_a_file_that_is_named_elsewhere_or_not_purged_stays(root: Path) -> None:
    run(root, {"home": USERS})
    (root / "conf.d/own.conf").write_text("auth_basic_user_file constellation-edge/users/home;\n")
    assert run(root, {}, named=False).logins == {}
    (root / "conf.d/own.conf").write_text("auth_basic_user_file constellation-edge/users/home.2;\n")
    assert run(root, {}, named=False, purge=False).logins == {}
    assert run(root, {}, named=False).logins["home"]["removed"] == ["anna", "Zoë"]


def test_what_no_directive_names_yet_is_written_and_stays(root: Path) -> None:
    run(root, {"home": USERS}, named=False)
    assert file(root).exists()
    assert pending(planned(root, {"home": USERS}, named=False).changes) == []


def test_a_ready_hash_is_written_as_it_is_and_a_password_that_fits_it_leaves_it(root: Path) -> None:
    (ready,) = openssl.hashed(["correct horse"])
    run(root, {"home": {"anna": ready}})
    assert file(root).read_text() == f"anna:{ready}\n"
    assert pending(planned(root, {"home": {"anna": "correct horse"}}).changes) == []
    assert run(root, {"home": {"anna": READY}}).logins["home"]["changed"] == ["anna"]


def test_no_diff_has_a_hash(root: Path) -> None:
    first = planned(root, {"home": USERS})
    run(root, {"home": USERS})
    old = hash_of(root, "anna")
    other = planned(root, {"home": {"bert": "tr0ub4dor", "anna": "battery staple"}})
    gone = planned(root, {}, named=False)
    shown = [
        each
        for found in (first, other, gone)
        for each in diffs(found.changes)
        if each["after_header"] == str(file(root))
    ]
    assert [(each["before"], each["after"]) for each in shown] == [
        ("", "anna\nZoë\n"),
        ("anna\nZoë\n", "bert\nanna: password changed\n"),
        ("anna\nZoë\n", ""),
    ]
    text = str(shown)
    assert not any(each in text for each in ("$6$", old, "staple", "horse"))


def test_a_file_that_others_may_read_is_closed_again(root: Path) -> None:
    run(root, {"home": USERS})
    before = file(root).read_bytes()
    file(root).chmod(0o644)
    os.chown(file(root), -1, 0)
    found = planned(root, {"home": USERS})
    (shown,) = diffs(found.changes)
    assert shown["after"] == "anna\nZoë\n(the file alone: order, owner, group or mode)\n"
    run(root, {"home": USERS})
    assert stat.S_IMODE(file(root).stat().st_mode) == 0o640
    assert file(root).stat().st_gid == grp.getgrnam("www-data").gr_gid
    assert file(root).read_bytes() == before


def test_a_file_of_somebody_else_is_read_as_nginx_does(root: Path) -> None:
    one, other = openssl.hashed(["correct horse", "other"])
    file(root).parent.mkdir(parents=True)
    file(root).write_bytes(f"# note\n\nanna:{one}:comment\r\nanna:{other}\nold:x\n".encode() + b"\xff:y\nwithout\n")
    found = run(root, {"home": {"anna": "correct horse"}})
    assert file(root).read_text() == f"anna:{one}\n"
    assert found.logins["home"]["removed"] == ["old", "\\xff"]


def test_in_check_mode_no_hash_is_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "hashed", lambda _passwords: pytest.fail("made"))
    found = planned(root, {"home": USERS}, hashes=False)
    assert found.logins == {"home": {"added": ["anna", "Zoë"], "changed": [], "removed": []}}
    assert not file(root).exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"../x": USERS}, "'../x': is no name of a file"),
        ({".x": USERS}, "is no name of a file"),
        ({"home": {}}, "with at least one"),
        ({"home": ["anna"]}, "must be a mapping"),
        ({"home": {"anna:hunter2": "x"}}, "a user's name has a colon"),
        ({"home": {"anna": ""}}, "the password of 'anna' is empty"),
        ({"home": {"anna": "{PLAIN}hunter2"}}, "the password of 'anna' is a hash that is no protection"),
    ],
)
def test_what_is_refused_is_told_without_a_password(root: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=r"^password_files, ") as caught:
        planned(root, given)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_group_is_that_of_nginx_and_one_that_is_not_there_is_told(root: Path) -> None:
    for user, group in (("root", "root"), ("nobody www-data", "www-data")):
        (root / "nginx.conf").write_text(f"user {user};\nhttp {{ include sites-enabled/*; }}\n")
        run(root, {"home": USERS})
        assert file(root).stat().st_gid == grp.getgrnam(group).gr_gid
    (root / "nginx.conf").write_text("user nobody-here;\nhttp { include sites-enabled/*; }\n")
    with pytest.raises(ConfigError, match="'nobody-here', which this host does not have: correct `user`"):
        planned(root, {"home": USERS})


def test_what_is_no_file_in_its_place_is_refused(root: Path) -> None:
    file(root).mkdir(parents=True)
    with pytest.raises(ConfigError, match="users/home: stands where a file of users belongs; move it away"):
        planned(root, {"home": USERS})
    assert run(root, {}).logins == {}


def test_a_host_is_described_without_them(root: Path) -> None:
    run(root, {"home": USERS})
    described = describe_host(str(root))
    assert [each.get("files") for each in described["sites"]] == [None]
    assert "$6$" not in str(described)


def test_a_step_that_fails_puts_a_file_back_as_it_was(root: Path) -> None:
    run(root, {"home": USERS})
    before, status = file(root).read_bytes(), file(root).stat()

    def fail() -> None:
        seen = [*file(root).parent.iterdir()]
        # The new file, the old one's second name and what it was exchanged with.
        assert len(seen) > 1
        assert {stat.S_IMODE(path.stat().st_mode) for path in seen} == {0o640}
        raise RuntimeError("lost")

    found = planned(root, {"home": {"bert": "x"}, "new": {"bert": "x"}})
    with pytest.raises(TransactionError, match="every file was put back as it was"):
        transaction.apply(found.changes, root=str(root), test=False, after=fail, host=places(root))
    assert [each.name for each in file(root).parent.iterdir()] == ["home"]
    after = file(root).stat()
    assert file(root).read_bytes() == before
    assert (after.st_mode, after.st_uid, after.st_gid) == (status.st_mode, status.st_uid, status.st_gid)
    with pytest.raises(TransactionError, match="every file was put back as it was"):
        transaction.apply(
            planned(root, {}, named=False).changes, root=str(root), test=False, after=fail_at_once, host=places(root)
        )
    assert file(root).read_bytes() == before


def fail_at_once() -> None:
    raise RuntimeError("lost")
