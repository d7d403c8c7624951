# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C14: lines of ufw's before.rules and after.rules with which nothing is closed; the judge asks by packets."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._ufw import host as ufw_host
from ansible_collections.constellation.edge.plugins.module_utils._ufw._lines import ports
from ansible_collections.constellation.edge.plugins.module_utils._ufw.wide_open import told

# The lines of the distributions' own files, the same on all five systems.
BEFORE = """#
# rules.before
#
*filter
:ufw-before-input - [0:0]
:ufw-before-output - [0:0]
:ufw-before-forward - [0:0]
:ufw-not-local - [0:0]
# End required lines
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-output -o lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp --icmp-type echo-request -j ACCEPT
-A ufw-before-input -p udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT
-A ufw-before-input -p udp -d 239.255.255.250 --dport 1900 -j ACCEPT
COMMIT
"""
BEFORE6 = """*filter
:ufw6-before-input - [0:0]
-A ufw6-before-input -i lo -j ACCEPT
-A ufw6-before-input -m rt --rt-type 0 -j DROP
-A ufw6-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw6-before-input -p icmpv6 --icmpv6-type echo-reply -j ACCEPT
-A ufw6-before-input -m conntrack --ctstate INVALID -j ufw6-logging-deny
-A ufw6-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw6-before-input -p icmpv6 --icmpv6-type 130 -s fe80::/10 -j ACCEPT
-A ufw6-before-input -p icmpv6 --icmpv6-type 151 -s fe80::/10 -m hl --hl-eq 1 -j ACCEPT
-A ufw6-before-input -p udp -s fe80::/10 --sport 547 -d fe80::/10 --dport 546 -j ACCEPT
-A ufw6-before-input -p udp -d ff02::fb --dport 5353 -j ACCEPT
COMMIT
"""
AFTER = """*filter
:ufw-after-input - [0:0]
-A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-after-input -m addrtype --dst-type BROADCAST -j ufw-skip-to-policy-input
COMMIT
"""
OWN = {
    "before.rules": BEFORE,
    "before6.rules": BEFORE6,
    "after.rules": AFTER,
    "after6.rules": AFTER.replace("ufw", "ufw6"),
}
B, ALL = "-A ufw-before-input", "-A ufw-before-input -j ACCEPT"


class Host:
    """A host with ufw's own files and what an owner adds."""

    def __init__(self, etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write ufw's own files into an empty folder."""
        self.etc, self.incoming = etc, "DROP"
        (etc / "ufw").mkdir()
        (etc / "default").mkdir()
        for name, text in OWN.items():
            (etc / "ufw" / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(ufw_host, "find", lambda name: name)

    def add(self, *lines: str, file: str = "before.rules") -> None:
        """Put lines before the last one of a file, which is COMMIT."""
        path = self.etc / "ufw" / file
        path.write_text(path.read_text("utf-8").replace("COMMIT\n", "\n".join([*lines, "COMMIT\n"])), "utf-8")

    def rule(self, *rules: str) -> None:
        """Write rules into user.rules."""
        (self.etc / "ufw" / "user.rules").write_text("".join(f"### tuple ### {rule}\n" for rule in rules), "utf-8")

    def told(self) -> list[str]:
        """Return what is told."""
        (self.etc / "default" / "ufw").write_text(f'IPV6=yes\nDEFAULT_INPUT_POLICY="{self.incoming}"\n', "utf-8")
        state = ufw_host.read_state(self.etc, lambda _command: Answer(0, "Status: active\n", ""))
        return told(state.managed, state.files, state.incoming)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host as its packages leave it."""
    return Host(tmp_path, monkeypatch)


def test_the_distributions_own_lines_are_not_told(host):
    assert host.told() == []


@pytest.mark.parametrize(
    "line",
    [
        ALL,
        f"  {ALL}  ",
        f"[12:345] {ALL}",
        "-I ufw-before-input -j ACCEPT",
        "-I ufw-before-input 3 -j ACCEPT",
        "-A ufw-not-local -m addrtype --dst-type LOCAL -j ACCEPT\n-I ufw-not-local -j ACCEPT",
        "-A ufw-track-input -j ACCEPT",
        "-A ufw-reject-input -j ACCEPT",
        f"{B} -p tcp -j ACCEPT",
        f"{B} -p udp -j ACCEPT",
        f"{B} -p 6 -j ACCEPT",
        f"{B} --protocol all --jump=ACCEPT",
        f"{B} -ptcp -jACCEPT",
        f"{B} -s 0.0.0.0/0 -d 0/0 -i + -j ACCEPT",
        f"{B} -d 192.168.0.2 -j ACCEPT",
        f"{B} -p tcp --dport 1:65535 -j ACCEPT",
        f"{B} -p tcp --dport : -j ACCEPT",
        f"{B} -p tcp ! --dport 3306 -j ACCEPT",
        f"{B} -p tcp -m multiport --dports 1:3305,3307:65535 -j ACCEPT",
        f"{B} -p udp --sport 53 -j ACCEPT",
        f"{B} -m state --state NEW,ESTABLISHED -j ACCEPT",
        f"{B} -m conntrack ! --ctstate INVALID -j ACCEPT",
        f"{B} -p tcp --syn -m comment --comment \"open # all\" -j ACCEPT",
        f"{B} -s 203.0.113.0/24 -j DROP\n{ALL}",
        f"{B} -d 224.0.0.0/4 -j DROP\n{B} -p udp --sport 53 -j DROP\n{ALL}",
        f"{B} -p tcp --dport 23 -m recent --update --seconds 60 --hitcount 4 -j DROP\n{ALL}",
        f"{B} -p tcp ! --syn -m state --state NEW -j DROP\n{ALL}",
        f":lan - [0:0]\n{B} -d 192.168.0.2 -j lan\n-A lan -j ACCEPT",
        f":lan - [0:0]\n{B} -j lan\n-A lan -s 10.0.0.0/8 -j RETURN\n-A lan -j ACCEPT",
        f"COMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n*filter\n{ALL}",
    ],
)  # fmt: skip
def test_c14_a_line_that_opens_everything(host, line):
    host.add(*line.split("\n"))
    number = BEFORE.count("\n") + line.count("\n")
    [text] = host.told()
    assert text.startswith(f"/etc/ufw/before.rules:{number}: this line lets everybody in on every port")
    assert text.endswith("delete the line, and then `ufw reload`")


@pytest.mark.parametrize(
    "line",
    [
        f"# {ALL}",
        f"{B} -p tcp --dport 8080 -j ACCEPT",
        f"{B} -p tcp --dport 6000:7000 -j ACCEPT",
        f"{B} -s 192.168.0.0/16 -j ACCEPT",
        f"{B} ! -s 192.168.0.0/16 -j ACCEPT",
        f"{B} -i wg0 -j ACCEPT",
        f"{B} ! -i eth0 -j ACCEPT",
        f"{B} -d 224.0.0.0/4 -j ACCEPT",
        f"{B} -p vrrp -j ACCEPT",
        f"{B} -m limit --limit 3/min -j ACCEPT",
        f"{B} -m set --match-set friends src -j ACCEPT",
        f"{B} -m conntrack ! --ctstate NEW -j ACCEPT",
        f"{B} -j ACCEPT # not a comment to iptables",
        f"{B} -j LOG --log-prefix \"[all] \"",
        f"{B}",
        "-A ufw-before-forward -j ACCEPT",
        "-A ufw-before-output -j ACCEPT",
        "-A nowhere -j ACCEPT",
        "-A ufw-user-input -j ACCEPT",
        "-A ufw-before-logging-input -j ACCEPT",
        ":INPUT ACCEPT [0:0]",
        "-P INPUT ACCEPT",
        f"{B} -j DROP\n{ALL}",
        f"{B} -s 0/0 -j REJECT --reject-with icmp-port-unreachable\n{ALL}",
        f"{B} ! -s 192.168.0.0/16 -j DROP\n{ALL}",
        f"{B} ! -d 192.168.0.1 -j DROP\n{ALL}",
        f"{B} -d 192.168.0.2 -j DROP\n{ALL}",
        f"{B} -m geoip ! --src-cc FR -j DROP\n{ALL}",
        f"{B} -m set ! --match-set friends src -j DROP\n{ALL}",
        f"{B} -p tcp -j DROP\n{B} -p udp -j DROP\n{ALL}",
        f"{B} -p tcp --dport 1024: -j DROP\n{B} -p udp --dport 1024: -j DROP\n{ALL}",
        f"{B} -p 0x6 -j DROP\n{B} -p 0x11 -j DROP\n{ALL}",
        f"{B} -p ip -j DROP\n{ALL}",
        f"{B} -g elsewhere\n{ALL}",
        f"{B} -j elsewhere\n{ALL}",
        f"{ALL}\n-D ufw-before-input -j ACCEPT",
        f"{ALL}\n-F ufw-before-input",
        f"{ALL}\n:ufw-before-input - [0:0]",
        f":a - [0:0]\n{B} -j a\n-A a -j a\n-A a -m geoip --src-cc FR -j RETURN\n-A a -j ACCEPT",
        f"COMMIT\n*nat\n{ALL}",
        f"COMMIT\n*filter\n{ALL}\n*filter",
        f"{B} -m comment --comment \"a\\\" -j ACCEPT",
        f"{B} -m comment --comment \"a -j ACCEPT",
        "-A", "-I", "-I ufw-before-input", "-j ACCEPT", "\u2028", "[0:0]", ":", "*", "!", f"{B} !", "\x00",
        "-I ufw-before-input 99999999999999 -j", f"{B} -p tcp --dport 99999:1,,x -j ACCEPT", f"{B} -p tcp --dport",
    ],
)  # fmt: skip
def test_what_leaves_something_closed_or_is_not_understood_is_not_told(host, line):
    host.add(*line.split("\n"))
    assert host.told() == []


def test_c14_a_line_of_each_file(host):
    host.add("-A ufw6-before-input -p tcp -j ACCEPT", file="before6.rules")
    host.add("-A ufw-after-input -j ACCEPT", file="after.rules")
    host.add("-A ufw6-after-input -j ACCEPT", "-A ufw6-after-input -p udp -j ACCEPT", file="after6.rules")
    places = [text.partition(": ")[0] for text in host.told()]
    # The last one of a file first: whoever deletes it finds the other one where it is said to be.
    assert places == [
        "/etc/ufw/after.rules:5",
        "/etc/ufw/after6.rules:6",
        "/etc/ufw/after6.rules:5",
        "/etc/ufw/before6.rules:13",
    ]


def test_c14_what_a_line_puts_into_input_has_to_be_taken_out_of_the_kernel(host):
    host.add('-I INPUT 1 -p tcp -m comment --comment "for all" -j ACCEPT')
    host.add("-A INPUT -j ACCEPT", file="before6.rules")
    texts = host.told()
    assert "`while iptables -D INPUT -p tcp -m comment --comment 'for all' -j ACCEPT; do :; done`" in texts[0]
    assert "`while ip6tables -D INPUT -j ACCEPT; do :; done`" in texts[1]


def test_behind_the_policy_reject_nothing_is_let_in(host):
    host.incoming = "REJECT"
    host.add("-A ufw-track-input -j ACCEPT", "-A INPUT -j ACCEPT")
    assert host.told() == []
    host.add("-A ufw-after-input -j ACCEPT", file="after.rules")
    assert len(host.told()) == 1


def test_a_rule_and_the_lines_around_it_are_seen_together(host):
    host.rule("allow any any 0.0.0.0/0 any 0.0.0.0/0 in")
    assert len(host.told()) == 1
    host.add("-A ufw-before-input -j DROP", file="after.rules")  # before the owner's rules
    assert host.told() == []
    host.rule("deny any any 0.0.0.0/0 any 0.0.0.0/0 in")
    host.add("-A ufw-after-input -j ACCEPT", file="after.rules")
    assert host.told() == []


def test_a_line_and_a_rule_open_everything_together(host):
    host.rule("allow tcp 1:30000 any any any in")
    host.add(f"{B} -p tcp --dport 30001: -j ACCEPT")
    rule, line = host.told()
    assert "`ufw delete allow in proto tcp from 0.0.0.0/0 to any port 1:30000`" in rule
    assert line.startswith("/etc/ufw/before.rules:")


def test_fifty_thousand_lines_and_chains_without_an_end(host):
    host.add(*(f"{B} -s 10.{number // 256}.{number % 256}.0/24 -j DROP" for number in range(50000)))
    host.add(*(f"{B} -p tcp --dport {number} -j ACCEPT" for number in range(1, 2000)))
    chains = [f"c{number}" for number in range(200)]
    host.add(*(f"-A {one} -j {two}" for one, two in zip(chains, [*chains[1:], "c0"], strict=True) for _twice in "ab"))
    host.add("-A ufw-after-input -j c0", "-A ufw-after-input -j ACCEPT")
    host.rule("allow any any any any any in")
    assert len(host.told()) == 1


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("22", 1),
        ("1:65535", 65535),
        (":", 65536),
        ("1024:", 64512),
        ("80,443", 2),
        ("ssh", 0),
        ("9:3", 0),
        ("70000", 0),
    ],
)
def test_ports(said, count):
    assert ports(said).bit_count() == count
