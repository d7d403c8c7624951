# SPDX-License-Identifier: GPL-3.0-or-later

"""Hashes of passwords by `openssl passwd`, which reads them from its input: no list of processes shows one."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from ..._host.command import run
from ..text.tokens import ConfigError
from .rules import secret_fault

# Python's own `crypt` is gone in 3.13.
_PROGRAM = ("openssl", "passwd")
_HASH = re.compile(r"\$(apr1|5|6)\$((?:rounds=\d+\$)?[./0-9A-Za-z]+)\$")


def hashed(passwords: Sequence[str]) -> list[str]:
    """Return a new hash of each, by SHA-512 with 5,000 rounds and a salt of its own. Raises ConfigError."""
    return _asked(("-6",), passwords) if passwords else []


def fits(password: str, known: str) -> bool:
    """Whether a password is that of a known hash, of a kind that is taken. Raises ConfigError."""
    found = _HASH.match(known)
    if not found or secret_fault("", known):
        return False
    (again,) = _asked((f"-{found[1]}", "-salt", found[2]), [password])
    return hmac.compare_digest(again, known)


def _asked(options: Sequence[str], passwords: Sequence[str]) -> list[str]:
    answer = run([*_PROGRAM, *options, "-stdin"], given="".join(f"{each}\n" for each in passwords).encode())
    found = answer.out.split()
    if answer.rc or len(found) != len(passwords) or not all(map(_HASH.match, found)):
        # Its own words could repeat what it was given.
        said = "is not installed" if answer.unanswered else f"failed with code {answer.rc}"
        raise ConfigError(f"openssl passwd {said}, so no password can be hashed: `apt-get install --reinstall openssl`")
    return found
