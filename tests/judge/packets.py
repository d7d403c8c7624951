# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A packet filter in a container of its own, which is asked by real packets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from judge.nginx import Judge


class PacketJudge(Judge):
    """One container that may set its own packet filter and network; a context manager that removes it at the end."""

    kind = "packets"
    # Network namespaces need a mount. No answer is left out, however many there are.
    options: Mapping[str, Any] = {
        "network_mode": "none",
        "cap_add": ["NET_ADMIN", "SYS_ADMIN"],
        "security_opt": ["apparmor=unconfined", "seccomp=unconfined"],
        "sysctls": {"net.ipv4.icmp_ratemask": "0"},
    }
