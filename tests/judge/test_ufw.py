# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ufw's files are read as ufw reads them: its own reader is asked about files that people and programs wrote."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.constellation.edge.plugins import module_utils
from lab.containers import folder_files

from judge.nginx import Judge
from judge.texts import chances

PROGRAM = Path(__file__).with_name("inside_ufw.py")
OURS = {path: file.content for path, file in folder_files(Path(module_utils.__path__[0]), "module_utils").items()}
SEED = 1615
FILES = 4000
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
PARTS = {
    "action": (
        *("allow", "deny", "reject", "limit", "allow_log", "deny_log-all", "route:allow", "route:deny_log", "ALLOW"),
        *("accept", "allow_logs", "route:", "x:y:z", "allow_", "allow_LOG", "_log", "allow__log"),
    ),
    "proto": ("any", "tcp", "udp", "esp", "ah", "gre", "igmp", "ipv6", "vrrp", "TCP", "icmp", "6"),
    "port": (
        *("any", "22", "80,443", "1:65535", "6000:6007", "20,21,22:30", "0", "65536", "99999", "ssh", "http", "domain"),
        *("nosuch", ",22", "22,", ":22", "22:", "5:5", "9:2", "1:2:3", "022", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"),
        *("ANY", "-1", "2-3", "s", "ssh,80", "1:ssh", "٣"),
    ),
    "place": (
        *("0.0.0.0/0", "::/0", "any", "192.0.2.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "2001:db8::1", "2001:DB8::/32"),
        *("Any", "10.0.0.0/33", "10.0.0", "::1/129", "fe80::1%eth0", "10.0.0.0/8/8", "0.0.0.0/0.0.0.0", "1.2.3.4/0"),
        *("::ffff:10.0.0.1", "10.0.0.0/255.0.0.256", "10.0.0.0/", "example.org", "-", "10.0.0.0/0.0", "::/0.0.0.0"),
    ),
    "app": ("-", "OpenSSH", "Nginx%20Full", "a%41b", "-", "%20"),
    "way": (
        *(
            "in",
            "out",
            "in",
            "in",
            "in_eth0",
            "out_eth0",
            "in_eth0!out_eth1",
            "out_a!in_b",
            "IN",
            "in_",
            "out_",
            "inx_a",
        ),
        *(
            "in_eth0:1",
            "in_0123456789abcdef",
            "in_.",
            "in_a!b",
            "forward",
            "in_a_b",
            "in_wg-0",
            "in!out",
            "in_a!out_",
            "-",
        ),
    ),
    "comment": (
        *("", "", "", " comment=73736820", " comment=4a6", " comment=ssh", " comment=", " comment=ff", " comment=e9e9"),
        *(" comment=41 comment=42", " comment=41 42", " comment='41'", " comment=41  ", "\tcomment=41", " comment=0"),
    ),
    "begin": ("### tuple ### ", "### tuple ###", "### tuple ###  ", "###tuple### ", " ### tuple ### ", "## tuple ## "),
    "end": (
        "\n",
        "\n",
        "\n",
        "\r\n",
        " \n",
        "\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n",
        "",
        "\x0b\n",
        "\u2028\n",
    ),
}


def pick(chance: Random, part: str, usual: int, odd: float) -> str:
    """Return one form of a part, mostly one of the first and usual ones."""
    forms = PARTS[part]
    return chance.choice(forms if chance.random() < odd else forms[:usual])


def line(chance: Random) -> str:
    """Return one line as ufw, another program or a person has written it."""
    odd = chance.choice((0, 0.05, 0.3))
    words = [pick(chance, "action", 8, odd), pick(chance, "proto", 3, odd)]
    words += [pick(chance, "port", 6, odd), pick(chance, "place", 6, odd)]
    words += [pick(chance, "port", 3, odd), pick(chance, "place", 8, odd)]
    if chance.random() < 0.2:
        words += [pick(chance, "app", 3, odd), pick(chance, "app", 3, odd)]
    if chance.random() < 0.9:
        words.append(pick(chance, "way", 7, odd))
    if chance.random() < odd / 4:
        del words[chance.randint(0, len(words) - 1) :]
    if chance.random() < odd / 4:
        words += chance.choices(("in", "x", "-"), k=chance.randint(1, 3))
    gap = "  " if chance.random() < odd / 2 else " "
    return (
        pick(chance, "begin", 1, odd / 2)
        + gap.join(words)
        + pick(chance, "comment", 4, odd)
        + pick(chance, "end", 3, odd)
    )


def asked(judge: Judge, cases: list[tuple[int, str]]) -> Any:
    """Return ufw's reading and ours of each file."""
    return judge.run(PROGRAM, {**OURS, "cases.json": json.dumps(cases).encode()}, "/judge")


def test_four_thousand_files_are_read_as_ufw_reads_them(judge: Judge) -> None:
    chance = chances(SEED)
    cases = [
        (chance.choice((4, 6)), "".join(line(chance) for _line in range(chance.choice((1, 1, 1, 3)))))
        for _each in range(FILES)
    ]
    verdicts = asked(judge, cases)
    differing = [(case, *said) for case, said in zip(cases, verdicts, strict=True) if said[0] != said[1]]
    assert differing == []
    kinds = ["fails" if said == "fails" else "rules" if said else "skips" for said, _ours in verdicts]
    assert all(kinds.count(kind) > 100 for kind in ("fails", "rules", "skips"))


def test_c15_comments_that_are_no_hexadecimal(judge: Judge) -> None:
    rule = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment="
    odd, no_digits = asked(judge, [(4, f"{rule}4a6\n"), (4, f"{rule}ssh\n")])
    assert odd[0] == odd[1]
    # ufw 0.36.1 fails at it.
    assert odd[0] == "fails" if judge.system == "ubuntu2204" else odd[0][0]["comment"] == "J"
    assert no_digits == ["fails", "fails"]
