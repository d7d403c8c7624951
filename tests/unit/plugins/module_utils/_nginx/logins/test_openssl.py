# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hashes by the distribution's own program, which no list of processes betrays."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import command
from ansible_collections.constellation.edge.plugins.module_utils._nginx.logins.openssl import fits, hashed
from ansible_collections.constellation.edge.plugins.module_utils._nginx.logins.rules import (
    MAX_PASSWORD_BYTES,
    secret_fault,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError

PASSWORDS = ["correct horse", "ä€", "a:b $(id) `id` \\ '\"", " x ", "#", "x" * MAX_PASSWORD_BYTES]


def made(kind: str, password: str, salt: str = "abc") -> str:
    command = ["openssl", "passwd", f"-{kind}", "-salt", salt, "-stdin"]
    return subprocess.run(command, input=password.encode(), capture_output=True, check=True).stdout.decode().strip()


def test_each_password_has_a_hash_that_is_taken_and_fits_it_alone() -> None:
    found = hashed(PASSWORDS)
    assert [secret_fault("anna", each) for each in found] == [""] * len(PASSWORDS)
    assert all(each.startswith("$6$") and "rounds=" not in each for each in found)
    for password, known in zip(PASSWORDS, found, strict=True):
        assert [fits(each, known) for each in PASSWORDS] == [each == password for each in PASSWORDS]
    assert not fits("x" * (MAX_PASSWORD_BYTES - 1), found[-1])
    assert hashed([]) == []


def test_equal_passwords_have_other_salts() -> None:
    one, other = hashed(["same", "same"])
    assert one != other
    assert fits("same", one)
    assert fits("same", other)


@pytest.mark.parametrize("kind", ["6", "5", "apr1"])
def test_a_hash_that_another_program_made_fits_its_password(kind: str) -> None:
    assert fits("x", made(kind, "x"))
    assert not fits("y", made(kind, "x"))


def test_a_hash_with_fewer_rounds_fits_too() -> None:
    assert fits("x", made("6", "x", "rounds=1000$abc"))


@pytest.mark.parametrize("known", ["", "?", "x", "{PLAIN}x", "$6$abc$", "$1$abc$", "-in /etc/passwd"])
def test_what_is_no_hash_that_is_taken_fits_nothing(known: str) -> None:
    assert not fits("x", known)


def test_a_costly_hash_is_made_anew() -> None:
    assert not fits("x", made("6", "x", "rounds=9000$abc"))


def test_no_argument_has_a_password_and_no_message_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "openssl"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\nenv > {tmp_path}/environment\ncat >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ConfigError, match="openssl passwd failed with code 1") as caught:
        hashed(["hunter2"])
    with pytest.raises(ConfigError, match="openssl passwd failed"):
        fits("hunter2", "$6$abc$" + "a" * 86)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in (tmp_path / "arguments").read_text() + (tmp_path / "environment").read_text()


def test_without_the_program_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find", lambda _name: None)
    with pytest.raises(ConfigError, match=r"is not installed.*apt-get install"):
        hashed(["hunter2"])
