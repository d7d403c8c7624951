# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside our jails, an owner's exemptions and stricter values hold: fail2ban is asked, with our file and without."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.constellation.edge.plugins import module_utils
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.jail import LOOPBACK, seconds, unite
from lab.containers import folder_files

from judge.nginx import Judge
from judge.texts import chances

PROGRAM = Path(__file__).with_name("inside_bans.py")
OURS = {path: file.content for path, file in folder_files(Path(module_utils.__path__[0]), "module_utils").items()}
SEED = 1601
BATCHES, JAILS, TIMES, BROKEN = 21, 100, 2500, 20
STRICTER = {"bantime": max, "findtime": max, "maxretry": min}
DEFAULTS = {"bantime": 3600.0, "findtime": 600.0, "maxretry": 5.0}
WORDS = (
    *("127.0.0.1/8", "192.0.2.1", "203.0.113.0/24", "::1", "2001:db8::/32", "fe80::1%%eth0", "home.example.org"),
    *("office", "#", "%(lan)s", "%(mine)s", "10.0.0.1#x", "a;b"),
)
GAPS = (
    *(
        " ",
        "  ",
        ",",
        ", ",
        "\n    ",
        "\n\t",
        " ; office\n  ",
        "\t;x\n ",
        " # office\n  ",
        "\n# a line\n  ",
        "\n  ; b\n  ",
    ),
    *("\n\n    ", ",\n   ", "\n;x = y\n  ", " ,, "),
)
UNITS = (
    "",
    "s",
    "sec",
    "m",
    "min",
    "mm",
    "h",
    "hour",
    "d",
    "day",
    "days",
    "w",
    "week",
    "mo",
    "mon",
    "months",
    "y",
    "year",
)
# What is not written in a plain way, or not at all.
ODD_TIMES = (
    *("-1", "1h+30min", "1year-6mo", "2*1h", "1d # mine", "(1+1)*1h", "soon", "1 fortnight", "010", "1,5h", "1h,"),
    *("", "1e3", "0x10", "1_000", "--1", "1.h", ".5h", "5 minutes 3", "1h 2", "1H", "1MO", "1M", "-1d", "1 - 2"),
)
C1 = "[DEFAULT]\nignoreip = 127.0.0.1/8\n    192.0.2.1 ; office\n    192.0.2.2 ; phone\n    203.0.113.0/24\n"
ENABLED = "enabled = true\nfilter = judged\nbackend = auto\naction =\nlogpath = /dev/null\n"


def time(chance: Random, odd: float = 0.02) -> str:
    """Return a time, in most cases one that people write."""
    if chance.random() < odd:
        return chance.choice(ODD_TIMES)
    parts = [
        f"{chance.choice((0, 1, 2, 5, 10, 30, 90, 600, 3601, 1.5))}{chance.choice(('', ' '))}{chance.choice(UNITS)}"
        for _part in range(chance.choice((1, 1, 1, 2, 3)))
    ]
    return chance.choice((" ", "")).join(parts)


def ignoreip(chance: Random) -> str:
    """Return a value of ignoreip in one of its spellings."""
    words = [chance.choice(WORDS) for _word in range(chance.randint(0, 5))]
    value = "".join(word + chance.choice(GAPS) for word in words)
    return value + chance.choice(("", "", " ; end", " # end", "\n  "))


def entries(chance: Random) -> str:
    """Return lines of a section."""
    lines = []
    if chance.random() < 0.7:
        key = chance.choice(("ignoreip", "ignoreip", "IgnoreIP", "ignoreip "))
        lines.append(f"{key}{chance.choice((' = ', '=', ': ', ' : '))}{ignoreip(chance)}\n")
    lines += [
        f"{key} = {time(chance)}{chance.choice(('', '', ' ; mine'))}\n"
        for key in ("bantime", "findtime")
        if chance.random() < 0.5
    ]
    if chance.random() < 0.5:
        lines.append(f"maxretry = {chance.choice(('1', '2', '3', '5', '10', '0', '3 ; mine', '3x', ''))}\n")
    chance.shuffle(lines)
    return "".join(lines)


def owner(chance: Random) -> dict[str, str]:
    """Return the files of one owner with many jails."""
    names = [f"j{number}" for number in range(JAILS)]
    lan = "lan = 10.1.0.0/16 10.2.0.1\nmine = 10.3.0.0/24\n"
    files = {"jail.local": f"[DEFAULT]\n{lan}{entries(chance)}\n"}
    files["jail.local"] += "\n".join(f"[{name}]\n{ENABLED}{entries(chance)}" for name in names)
    for path in ("jail.d/a.conf", "jail.d/own.local"):
        some = [f"[{name}]\n{entries(chance)}" for name in names if chance.random() < 0.2]
        files[path] = "\n".join([f"[DEFAULT]\n{entries(chance)}" if chance.random() < 0.4 else "", *some])
    if chance.random() < 0.3:
        files = {path: text.replace("\n", "\r\n") for path, text in files.items()}
    return files


def broken(chance: Random) -> dict[str, str]:
    """Return an owner's file that fail2ban may refuse."""
    fault = chance.choice(
        (
            *(
                "ignoreip = %(known/ignoreip)s 192.0.2.1\n",
                "ignoreip = %(nope)s\n",
                "ignoreip = 50%\n",
                "bantime = %(bantime)s\n",
                "ignoreip\n",
                "[sshd\n",
                "[]\n",
            ),
            *("ignoreip = 1.1.1.1\nignoreip = 1.1.1.2\n", "[sshd]\nbantime = 1h\n", "= 5\n", "\x00\n", "%\n"),
        )
    )
    return {
        "jail.local": f"[DEFAULT]\n{entries(chance)}mine = 10.0.0.1\nlan =\n[sshd]\n{ENABLED}{fault}{entries(chance)}"
    }


def asked(judge: Judge, cases: list[dict[str, str]]) -> Any:
    """Return what fail2ban says of each owner's files, without ours and with it."""
    return judge.run(PROGRAM, {**OURS, "cases.json": json.dumps(cases).encode()}, "/judge")


def expected(alone: dict[str, Any]) -> dict[str, Any]:
    """Return what a jail has to have beside our file."""
    values: dict[str, float] = {}
    for key, best in STRICTER.items():
        theirs = alone.get(key, [None, None])[1]
        if theirs is not None and theirs < 0:
            theirs = math.inf if key == "bantime" else None
        values[key] = DEFAULTS[key] if theirs is None else best(theirs, DEFAULTS[key])
    return {"ignored": unite(LOOPBACK, alone["ignored"]), **values}


def found(beside: dict[str, Any]) -> dict[str, Any]:
    """Return what a jail has."""
    amounts = {key: beside[key][1] for key in STRICTER}
    values = {key: math.inf if amount is not None and amount < 0 else amount for key, amount in amounts.items()}
    return {"ignored": beside["ignored"], **values}


def test_c1_continuation_lines_with_comments_keep_their_exemptions(judge: Judge) -> None:
    for comment in (";", "#"):
        text = C1.replace(";", comment) + f"[sshd]\n{ENABLED}"
        (said,) = asked(judge, [{"jail.local": text}])
        ignored = said["beside"]["sshd"]["ignored"]
        assert {"127.0.0.1/8", "192.0.2.1", "192.0.2.2", "203.0.113.0/24"} <= set(ignored)


def test_c2_stricter_values_of_the_owner_stay(judge: Judge) -> None:
    own = f"[DEFAULT]\nbantime = -1\nfindtime = 1d\n[sshd]\n{ENABLED}maxretry = 3\n"
    (said,) = asked(judge, [{"jail.local": own}])
    values = [said["beside"]["sshd"][key][0] for key in STRICTER]
    assert values == ["-1", "1d", 3]


def test_every_odd_time_is_judged_by_fail2ban(judge: Judge) -> None:
    sections = [
        f"[j{key}{number}]\n{ENABLED}{key} = {text}\n"
        for key in ("bantime", "findtime")
        for number, text in enumerate(ODD_TIMES)
    ]
    (said,) = asked(judge, [{"jail.local": "".join(sections)}])
    pairs = [(said["alone"][name], said["beside"][name]) for name in said["alone"] if name[0] == "j"]
    assert len(pairs) == 2 * len(ODD_TIMES)
    assert [pair for pair in pairs if expected(pair[0]) != found(pair[1])] == []


def test_two_thousand_jails_keep_what_their_owner_says(judge: Judge) -> None:
    chance = chances(SEED)
    verdicts = asked(judge, [owner(chance) for _batch in range(BATCHES)])
    pairs = [
        (said["alone"][name], said["beside"][name]) for said in verdicts for name in said["alone"] if name[0] == "j"
    ]
    assert len(pairs) == BATCHES * JAILS
    differing = [pair for pair in pairs if expected(pair[0]) != found(pair[1])]
    assert differing == []


def test_what_fail2ban_refuses_is_refused(judge: Judge) -> None:
    chance = chances(SEED)
    verdicts = asked(judge, [broken(chance) for _case in range(BROKEN)])
    assert [said for said in verdicts if (said["alone"] is None) != (said["beside"] is None)] == []
    assert all(said["refusal"].startswith("fail2ban cannot read") for said in verdicts if said["beside"] is None)
    assert {said["beside"] is None for said in verdicts} == {True, False}


def test_a_time_that_we_understand_is_fail2bans(judge: Judge) -> None:
    chance = chances(SEED)
    times = [*ODD_TIMES, *(time(chance, odd=0.1) for _time in range(TIMES))]
    judged = judge.run(PROGRAM, {**OURS, "times.json": json.dumps(times).encode()}, "/judge", "times")
    pairs = [(text, seconds(text), said) for text, said in zip(times, judged, strict=True)]
    ours = [(text, mine, math.inf if said is not None and said < 0 else said) for text, mine, said in pairs]
    assert [each for each in ours if each[1] is not None and each[1] != each[2]] == []
    assert sum(mine is not None for _text, mine, _said in ours) > 2000
