# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Case C13: renewal files that people edited are read as certbot reads them: the same verdict, the same values."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from ansible_collections.constellation.edge.plugins.module_utils._certbot._interpolation import RenewalError
from ansible_collections.constellation.edge.plugins.module_utils._certbot._renewal import RenewalFile

from judge.certbot import CertbotJudge
from judge.nginx import FOLDER

PROGRAM = Path(__file__).with_name("inside_renewal.py")
COUNT = 6000
# What stands in a text in any order: its grammar's signs, what only looks like one, and what people write.
PARTS = (
    *("a", "b", "key", "webroot_path", "authenticator", "nginx", "None", "x.org", "/srv/a", "\\", ";", ":", "$a"),
    *(" ", "  ", "\t", "=", "= ", " = ", ",", ", ", "#", " # x", "'", '"', "'''", '"""', "[", "]", "[[", "]]"),
    *("[renewalparams]", "[[webroot_map]]", "\n", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\ufeff"),
    *("\u00e9", "%(a)s", "%(b)s", "%", "%%"),
)
# The values of the case and its like, each right for certbot.
VALUES = (
    *(
        "webroot # was nginx",
        "systemctl reload nginx # keep",
        "/srv/acme # x",
        "'/srv/web # root'",
        '"a, b"',
        "a, 'b, c'",
    ),
    *("/srv/acme,", ",", "", "  # nothing", "'''it's \"so\"''' # x", '"""a\nb"""', "sh -c 'x; y'", "http-01,", "a = b"),
)
KEYS = ("a", "b", "authenticator", "webroot_path", "'q k'", '"a"', "x.org", "a b", "renew_hook")
HEADS = ("[[webroot_map]]", "[[ 'webroot_map' ]] # x", "[other]", "[[[x]]]", "[renewalparams]", "[[a]]", "[DEFAULT]")
BEGINNINGS = ("", *["[renewalparams]\n"] * 4, "\ufeff[renewalparams]\r\n", "a = 1\n[renewalparams]\n")


def generated(number: int) -> bytes:
    """Return the text of a number, the same at each run: of pieces, of lines, or of lines that are mostly right."""
    chosen = random.Random(number)  # noqa: S311 - not for secrets

    def pieces(most: int) -> str:
        return "".join(chosen.choice(PARTS) for _each in range(chosen.randint(0, most)))

    def entry() -> str:
        value = pieces(5) if number % 3 == 1 else chosen.choice(VALUES)
        return chosen.choice(("", " ", "\t")) + chosen.choice(KEYS) + chosen.choice(("=", " = ")) + value

    def line() -> str:
        kind = chosen.random()
        if kind < 0.75:
            return entry()
        if kind < 0.9:
            return chosen.choice(("# c", "", "  ", *HEADS))
        return (
            f"{chosen.choice(KEYS)} = '''{pieces(3)}\n{chosen.choice(('y', chr(39)))}'''{chosen.choice(('', ' # c'))}"
        )

    if number % 3 == 0:
        return (chosen.choice(BEGINNINGS) + pieces(9)).encode()
    lines = [line() for _each in range(chosen.randint(1, 4))]
    text = chosen.choice(BEGINNINGS) + chosen.choice(("\n", "\n", "\r\n")).join(lines) + chosen.choice(("", "\n"))
    return text.encode() + (b"\xff" if number % 100 == 1 else b"")


def ours(content: bytes) -> list[Any] | None:
    """Return what the collection reads, None where it refuses."""
    try:
        file = RenewalFile(content)
    except RenewalError:
        return None
    assert file.dump() == content
    return [file.entries("renewalparams"), file.entries("renewalparams", "webroot_map")]


def test_c13_a_renewal_file_is_read_as_certbot_reads_it(certbot: CertbotJudge) -> None:
    texts = [generated(number) for number in range(COUNT)]
    files = {"files.json": json.dumps([text.decode("latin-1") for text in texts]).encode()}
    said = certbot.run(PROGRAM, files, FOLDER)
    different = [(text, one, other) for text, one in zip(texts, said, strict=True) if one != (other := ours(text))]
    assert not different, f"{len(different)} of {COUNT}: {different[:3]}"
    # Neither all nor nothing may be refused: both kinds have to be among them.
    assert COUNT // 4 < sum(answer is not None for answer in said) < COUNT - COUNT // 4
