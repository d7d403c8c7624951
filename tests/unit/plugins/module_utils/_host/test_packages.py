# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which packages count as installed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.packages import installed

# As dpkg 1.22 says it: the words of its state, and an error for those that it does not know.
STATES = {
    "nginx": "installed",
    "libssl3t64": "installed",
    "ufw": "config-files",
    "certbot": "half-configured",
    "fail2ban": "unpacked",
    "nftables": "triggers-pending",
    "python3-systemd": "half-installed",
}


class Dpkg:
    """dpkg-query with those packages."""

    def __init__(self) -> None:
        """Have been asked nothing."""
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str]) -> Answer:
        self.asked = [*command[4:]]
        lines = [f"{name} {STATES[name]}\n" for name in self.asked if name in STATES]
        return Answer(0 if len(lines) == len(self.asked) else 1, "".join(lines), "")


def test_only_what_is_whole_is_installed() -> None:
    assert installed([*STATES, "gone"], Dpkg()) == ["nginx", "libssl3t64"]


@pytest.mark.parametrize("word", ["nginx=1.26*", "ngin?", "-h", "", "nginx certbot", "Nginx", "n", "nginx:amd64"])
def test_what_is_no_name_is_never_installed_nor_asked_for(word: str) -> None:
    dpkg = Dpkg()
    assert installed([word], dpkg) == []
    assert dpkg.asked == []


def test_the_order_is_that_of_the_question() -> None:
    assert installed(["libssl3t64", "nginx"], Dpkg()) == ["libssl3t64", "nginx"]
