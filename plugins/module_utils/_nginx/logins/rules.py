# SPDX-License-Identifier: GPL-3.0-or-later

"""Which user names, passwords and ready hashes are taken. No text here contains a password, or says its length.

nginx checks a password again at every request, inside the worker that serves everybody else meanwhile. A check may cost
at most 5 ms. It calls the C library's `crypt`, which is libxcrypt on Debian 12 and 13, Ubuntu 22.04, 24.04 and 26.04.
"""

from __future__ import annotations

import re
import unicodedata

# What a check costs grows with the password that a client sends, right or not: measured as below, 1.3 ms for 13 bytes
# and ten times as much for the 511 that libxcrypt takes. So a longer header has to be refused before nginx checks it,
# and no right one may be longer.
MAX_PASSWORD_BYTES = 72
MAX_NAME_BYTES = 64
#: how long the value of `Authorization` is at most where a login is right (RFC 7617): `Basic `, and base64
LONGEST_AUTHORIZATION = len("Basic ") + -(-(MAX_NAME_BYTES + 1 + MAX_PASSWORD_BYTES) // 3) * 4
# What `crypt` itself takes where no rounds are written (Drepper, SHA-crypt 0.6, 2016).
_USUAL_ROUNDS = 5000
_FEWEST_ROUNDS = 1000

# Milliseconds of processor time, the median of 15 calls of libxcrypt's `crypt` on one core of an AMD EPYC of 2026, in
# containers of the five systems: SHA-512 with 5,000 rounds 1.3, with 656,000 rounds 164 to 226; SHA-256 with 5,000
# rounds 2.0; bcrypt of cost 5, 10 and 12: 1.7, 50 and 202; yescrypt at its usual cost (j9T) 19.
_MS_PER_ROUND = {"5": 2.0 / 5000, "6": 1.25 / 5000}
_MS_OF_BCRYPT = 50 / 2**10
_MS_OF_YESCRYPT = 19

#: the command that makes a hash; it asks for the password
HASHING = "`openssl passwd -6`"
LOCKING = "`ansible-vault encrypt_string`"
_GOOD = f"make one of SHA-512 with {HASHING}, or give the password itself, locked by {LOCKING}"

_HASH = re.compile(r"\$[0-9a-z]{1,8}\$|\{[A-Z0-9-]+\}|\$2\$")
_SHA = re.compile(r"\$([56])\$(?:rounds=([1-9][0-9]{0,8})\$)?[./0-9A-Za-z]{1,16}\$([./0-9A-Za-z]+)\Z")
_SHA_LETTERS = {"5": 43, "6": 86}
# nginx computes it itself; what Apache's `htpasswd` makes by default.
_APR1 = re.compile(r"\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}\Z")
_BCRYPT = re.compile(r"\$2[abxy]?\$([0-9]{2})\$")


def name_fault(name: object) -> str:
    """Return what is wrong with a user's name, "" where nothing is."""
    if not isinstance(name, str):
        return "is no text: put it in quotes"
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return f"has to have 1 to {MAX_NAME_BYTES} bytes"
    if ":" in name:
        return "has a colon, which ends the name in HTTP and in nginx's file (RFC 7617): leave it out"
    if name.startswith("#"):
        return "begins with #, which nginx reads as a comment: begin with another sign"
    if name != name.strip() or not name.isprintable():
        return "has a control character, or a space at an end: leave it out"
    if unicodedata.normalize("NFC", name) != name:
        return "is not in the composed form (NFC) that browsers send: write it anew"
    return ""


def is_hash(secret: str) -> bool:
    """Whether a value is meant as a ready hash, a right one or not, and not as a password."""
    return bool(_HASH.match(secret))


def secret_fault(name: str, secret: object) -> str:
    """Return what is wrong with a user's password or ready hash, "" where nothing is."""
    if not isinstance(secret, str):
        return "is no text: put it in quotes"
    return _hash_fault(secret) if is_hash(secret) else _password_fault(name, secret)


def _password_fault(name: str, password: str) -> str:
    if not password:
        return "is empty: give one"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in password):
        return "has a line end or another control character, which nobody can type: leave it out"
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        return f"is too long for nginx to check it at every request: take at most {MAX_PASSWORD_BYTES} bytes"
    if password.casefold() == name.casefold():
        return "is the name of its user: give another one"
    return ""


def _hash_fault(secret: str) -> str:
    if _APR1.match(secret):
        return ""
    if found := _SHA.match(secret):
        kind, rounds, digest = found[1], int(found[2] or _USUAL_ROUNDS), found[3]
        if len(digest) == _SHA_LETTERS[kind]:
            return _rounds_fault(kind, rounds)
    if found := _BCRYPT.match(secret):
        # Above 31 it is no cost of bcrypt, and no number that a sentence needs.
        cost = min(int(found[1]), 31)
        return _costly(f"a hash by bcrypt of cost {cost}", _MS_OF_BCRYPT * 2**cost)
    if secret.startswith(("$y$", "$gy$", "$7$")):
        return _costly("a hash by yescrypt or scrypt", _MS_OF_YESCRYPT)
    if secret.startswith("{"):
        return f"is a hash that is no protection once the file is read ({secret.partition('}')[0]}}}): {_GOOD}"
    return (
        f"begins like a ready hash and is none that is taken: {_GOOD}. Taken are SHA-512 ($6$) and SHA-256 ($5$) with "
        f"{_FEWEST_ROUNDS:,} to {_USUAL_ROUNDS:,} rounds, and $apr1$; a password does not begin like this"
    )


def _rounds_fault(kind: str, rounds: int) -> str:
    if rounds > _USUAL_ROUNDS:
        return _costly(f"a hash with {rounds:,} rounds", _MS_PER_ROUND[kind] * rounds)
    if rounds < _FEWEST_ROUNDS:
        return f"is a hash with {rounds} rounds, which `crypt` does not take: {_GOOD}"
    return ""


def _costly(what: str, milliseconds: float) -> str:
    return (
        f"is {what}, which costs nginx about {milliseconds:,.0f} ms at every request, while nobody else is served: "
        f"{_GOOD}. A check by SHA-512 with {_USUAL_ROUNDS:,} rounds takes about 1 ms"
    )
