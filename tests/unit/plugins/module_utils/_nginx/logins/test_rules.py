# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, passwords and hashes: what is taken, what is refused, and that no refusal has a password."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.logins.rules import (
    LONGEST_AUTHORIZATION,
    MAX_NAME_BYTES,
    MAX_PASSWORD_BYTES,
    is_hash,
    name_fault,
    secret_fault,
)

SHA_512 = "q2YZbPhm1LySTIzZVDisu/y2CX1McrFsw529ViOLMxoKT.sfgjBo4aFu.hwtGjEDxRb6mn/TZMj7V4/1AUTLi1"
SHA_256 = "eLlGDRRp0Ru9mPmgmlr4LXrFitzWX28EZT5eMNr5fN6"
COMMANDS = ("`openssl passwd -6`", "`ansible-vault encrypt_string`")


@pytest.mark.parametrize("name", ["anna", "a", "Zoë", "anna@example.org", "anna b", "-x", "a#b", "ä" * 32])
def test_a_name_that_is_taken(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "1 to 64 bytes"),
        ("a" * 65, "1 to 64 bytes"),
        ("ä" * 33, "1 to 64 bytes"),
        ("anna:x", "colon"),
        ("#anna", "begins with #"),
        (" anna", "space at an end"),
        ("anna\n", "control character"),
        ("an\0na", "control character"),
        ("an\u202ena", "control character"),
        ("zoe\u0308", "composed form"),
        (7, "no text"),
        (None, "no text"),
    ],
)
def test_a_name_that_is_refused(name: object, words: str) -> None:
    assert words in name_fault(name)


@pytest.mark.parametrize(
    "secret",
    [
        f"$6$abcdefghijklmnop${SHA_512}",
        f"$6$rounds=5000$a${SHA_512}",
        f"$6$rounds=1000$abc${SHA_512}",
        f"$5$abc${SHA_256}",
        "$apr1$abc$51YrpNiEtKAQp4coykJmu.",
    ],
)
def test_a_hash_that_is_taken(secret: str) -> None:
    assert is_hash(secret)
    assert secret_fault("anna", secret) == ""


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        # Measured: 164 to 226 ms, 50 ms and 202 ms.
        (f"$6$rounds=656000$abc${SHA_512}", "656,000 rounds, which costs nginx about 164 ms"),
        (f"$5$rounds=535000$abc${SHA_256}", "535,000 rounds, which costs nginx about 214 ms"),
        (f"$6$rounds=5001$abc${SHA_512}", "5,001 rounds"),
        (
            "$2y$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu",
            "bcrypt of cost 10, which costs nginx about 50",
        ),
        ("$2b$12$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu", "about 200 ms"),
        ("$y$j9T$abcdefghijklmnop$0Hi8KsZH/hAMRN9Bam6ce3nmi5QAIz3R/KeaXG/c7p9", "yescrypt or scrypt, which costs"),
        (f"$6$rounds=999$abc${SHA_512}", "999 rounds, which `crypt` does not take"),
        ("{PLAIN}hunter2", "no protection once the file is read ({PLAIN})"),
        ("{SSHA}hunter2", "({SSHA})"),
        ("{SHA}hunter2", "({SHA})"),
        ("$6$hunter2", "none that is taken"),
        (f"$6$a:b${SHA_512}", "none that is taken"),
        (f"$6$abc${SHA_512}x", "none that is taken"),
        (f"$6$abc${SHA_512}\n", "none that is taken"),
        ("$1$abcdefgh$y6iHhJNbuC0xpbk0w9pm80", "none that is taken"),
    ],
)
def test_a_hash_that_is_refused_with_what_it_costs_and_the_command_for_another(secret: str, words: str) -> None:
    said = secret_fault("anna", secret)
    assert words in said
    assert all(each in said for each in COMMANDS)
    assert "hunter2" not in said
    assert secret not in said


@pytest.mark.parametrize("secret", ["correct horse", "p", "ä€", "a:b", "#x", "x" * MAX_PASSWORD_BYTES, "$5.00", "{x}"])
def test_a_password_that_is_taken(secret: str) -> None:
    assert not is_hash(secret)
    assert secret_fault("anna", secret) == ""


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "is empty"),
        ("hunter2\n", "line end"),
        ("hun\0ter2", "control character"),
        ("hunter2\udce9", "control character"),
        ("hunter2" * 40, "too long"),
        ("ä" * 37, "too long"),
        ("Anna", "is the name of its user"),
        (1234, "in quotes"),
        (None, "in quotes"),
        (["hunter2"], "in quotes"),
    ],
)
def test_a_password_that_is_refused_and_not_told(secret: object, words: str) -> None:
    said = secret_fault("anna", secret)
    assert words in said
    assert "hunter2" not in said
    assert "280" not in said


def test_the_longest_login_has_the_longest_header() -> None:
    login = f"{'n' * MAX_NAME_BYTES}:{'p' * MAX_PASSWORD_BYTES}"
    assert len(f"Basic {base64.b64encode(login.encode()).decode()}") == LONGEST_AUTHORIZATION == 190
