# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C14: what lines in ufw's files let in is asked by packets, and what we tell of them is held against that."""

from __future__ import annotations

import itertools
import json
import zlib
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.constellation.edge.plugins import module_utils
from lab.containers import folder_files

from judge.packets import PacketJudge
from judge.texts import chances

PROGRAM = Path(__file__).with_name("inside_ufw_lines.py")
OURS = {path: file.content for path, file in folder_files(Path(module_utils.__path__[0]), "module_utils").items()}
# For each system, which has its own: two thousand on the two that are asked unless all are.
CASES = 1000
# The first port of each part of the ports that the lines below treat alike; the last one is behind all.
BORDERS = (1, 22, 23, 80, 81, 443, 444, 1024, 3306, 3307, 9001, 30001, 65536)
NEARLY_ALL = 65535 - 6000
# What holds for everybody, and what holds for nobody who asks here: only for others.
ALWAYS = (
    *("-s 0.0.0.0/0", "-d 0.0.0.0/0", "-i +", "-m conntrack --ctstate NEW", "-m state --state NEW,ESTABLISHED"),
    *("-m addrtype --dst-type LOCAL", '-m comment --comment "open # all"', "-d 198.18.0.1", "-p all"),
)
NEVER = (
    *("-s 10.0.0.0/8", "-i wg0", "-i lo", "-m conntrack --ctstate RELATED,ESTABLISHED", "-d 224.0.0.251"),
    *("-m conntrack --ctstate INVALID", "-m addrtype --dst-type MULTICAST", "-p icmp --icmp-type echo-request"),
)
# What we do not understand, on purpose or not.
ODD = (
    "! -i wg0",
    "! -s 10.0.0.0/8",
    "! -d 10.0.0.1",
    "-m length --length 0:65535",
    "-m limit --limit 9999/s",
    "-p 0x6",
)
PORTS = ("1:65535", ":", "1024:", "1:1023", "1:30000", "30001:65535", "22", "3306", "1:9000", "9001:", ":443")
MANY = ("80,443", "1:30000,30001:65535", "22,1024:", "1:3305,3307:65535", "443,9001:")
CHAINS = ("ufw-before-input",) * 6 + ("ufw-after-input", "ufw-track-input", "ufw-reject-input", "INPUT", "own", "more")


def matches(chance: Random, odd: bool) -> list[str]:
    """Return the conditions of a line."""
    said = []
    if chance.random() < 0.7:
        said.append(chance.choice((f"-p {chance.choice(('tcp', 'udp', '6', '17'))}", "-p tcp --syn", "-p tcp -m tcp")))
        negated = "! " if chance.random() < 0.15 else ""
        if "--syn" not in said[0] and chance.random() < 0.7:
            way = chance.choice(("--dport", "--destination-port", "-m multiport --dports"))
            said.append(way.replace("--d", f"{negated}--d") + " " + chance.choice(MANY if "multi" in way else PORTS))
    if chance.random() < 0.3:
        said.append(chance.choice(ALWAYS))
    if chance.random() < 0.15:
        said.append(chance.choice(NEVER))
    if odd and chance.random() < 0.3:
        said.append(chance.choice(ODD))
    # One protocol is enough.
    return [one for index, one in enumerate(said) if not (one.startswith("-p ") and index)]


def line(chance: Random, odd: bool) -> str:
    """Return one line as people write it."""
    chain = chance.choice(CHAINS)
    target = chance.choice(("ACCEPT",) * 5 + ("DROP", "DROP", "RETURN", "LOG", "own", "more"))
    if target in ("own", "more") and chain in ("own", "more"):
        target = "ACCEPT"
    if target == "RETURN" and chain == "INPUT":
        target = "DROP"  # to the policy, which is a last line here
    command = chance.choice(("-A", "-A", "-A", "--append", "-I", "[3:4] -A"))
    return " ".join([command, chain, *matches(chance, odd), "-j", target])


def case(chance: Random, odd: bool) -> dict[str, Any]:
    """Return what stands in ufw's two files."""
    texts = []
    for name in ("before", "after"):
        own = [f":ufw-{name}-input - [0:0]"] + ([":own - [0:0]", ":more - [0:0]"] if name == "before" else [])
        lines = [line(chance, odd) for _each in range(chance.choice((0, 1, 2, 4)))]
        texts.append("\n".join(["*filter", *own, *lines, "COMMIT", ""]))
    return {"before": texts[0], "after": texts[1], "reject": chance.random() < 0.2, "odd": odd}


def asked(packets: PacketJudge, cases: list[dict[str, Any]]) -> list[tuple[bool, bool, list[str]]]:
    """Return of each case whether it was taken, whether nearly every port is open, and what we tell of it."""
    given = json.dumps({"ports": BORDERS[:-1], "cases": cases}).encode()
    sizes = {low: high - low for low, high in itertools.pairwise(BORDERS)}
    return [
        (taken, any(sum(sizes[port] for port in ports) >= NEARLY_ALL for ports in found), told)
        for taken, *found, told in packets.run(PROGRAM, {**OURS, "cases.json": given}, "/judge")
    ]


def mended(case: dict[str, Any], told: list[str]) -> dict[str, Any]:
    """Return a case without the lines that are told."""
    texts = {
        name: "".join(
            text for number, text in enumerate(case[name].splitlines(True), 1) if f"{name}:{number}" not in told
        )
        for name in ("before", "after")
    }
    return {**case, **texts}


def test_c14_what_is_told_is_open_and_closed_without_those_lines(packets: PacketJudge) -> None:
    chance = chances(zlib.crc32(packets.system.encode()))
    cases = [case(chance, odd=index % 3 == 0) for index in range(CASES)]
    verdicts = [(each, *said) for each, said in zip(cases, asked(packets, cases), strict=True) if said[0]]
    assert len(verdicts) > CASES * 0.8
    false_alarms = [said for said in verdicts if said[3] and not said[2]]
    assert false_alarms == []
    missed = [said for said in verdicts if said[2] and not said[3] and not said[0]["odd"]]
    assert missed == []
    opened = [said for said in verdicts if said[3]]
    assert CASES * 0.1 < len(opened) < CASES * 0.9
    closed = [mended(each, told) for each, _taken, _is_open, told in opened if not each["odd"]]
    still_open = [said for said in zip(closed, asked(packets, closed), strict=True) if said[1][1] or said[1][2]]
    assert still_open == []


def test_the_distributions_own_files_are_not_told(packets: PacketJudge) -> None:
    before, after = packets.run(PROGRAM, {}, "own")
    assert asked(packets, [{"before": before, "after": after, "reject": False}]) == [(True, False, [])]
