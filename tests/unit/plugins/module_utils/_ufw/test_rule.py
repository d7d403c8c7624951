# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule in words: for a diff, and for the command that takes it out."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import V4, V6, Entry, delete_words

ANYWHERE = "0.0.0.0/0"


@pytest.mark.parametrize(
    ("entry", "text", "words"),
    [
        (
            Entry(V4, "allow", "tcp", "22", ANYWHERE, "mine"),
            "allow in 22/tcp from any (v4)  # mine",
            "delete allow in proto tcp from 0.0.0.0/0 to any port 22",
        ),
        (
            Entry(V6, "deny", "any", "any", "2001:db8::/32", log="log-all"),
            "deny in log-all any from 2001:db8::/32 (v6)",
            "delete deny in log-all from 2001:db8::/32 to any",
        ),
        (
            Entry(V4, "allow", "udp", "53", "192.0.2.0/24", dst="192.0.2.1", sport="68", direction="in_eth0"),
            "allow in on eth0 53/udp to 192.0.2.1 from 192.0.2.0/24 port 68 (v4)",
            "delete allow in on eth0 proto udp from 192.0.2.0/24 port 68 to 192.0.2.1 port 53",
        ),
        (
            Entry(V4, "allow", "tcp", "80,443", ANYWHERE, dapp="Nginx Full", sapp="Web"),
            "allow in Nginx Full from any port Web (v4)",
            "delete allow in from 0.0.0.0/0 app Web to any app Nginx Full",
        ),
        (
            Entry(V4, "allow", "any", "any", ANYWHERE, forward=True, direction="in_eth0"),
            "route allow in on eth0 any from any (v4)",
            "route delete allow in on eth0 from 0.0.0.0/0 to any",
        ),
    ],
)
def test_a_rule_is_shown_and_taken_out_whole(entry: Entry, text: str, words: str) -> None:
    assert entry.text() == text
    assert " ".join(delete_words(entry, both=False)) == words


def test_a_rule_of_both_families_is_taken_out_at_once() -> None:
    words = delete_words(Entry(V4, "allow", "tcp", "22", ANYWHERE), both=True)
    assert " ".join(words) == "delete allow in proto tcp from any to any port 22"
