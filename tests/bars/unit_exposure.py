# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd on how much of the machine nginx's service can reach."""

from __future__ import annotations

import re

from bars.stage import BarsError, Host
from bars.verdict import Verdict

TITLE = "`systemd-analyze security nginx.service`"
EXPOSURE = 3.0
BAR = f"at most {EXPOSURE}"
_OVERALL = re.compile(r"Overall exposure level for nginx\.service: ([0-9.]+)")


def judge(host: Host) -> Verdict:
    """Return the exposure, from 0 to 10."""
    said = host.sh("systemd-analyze security --no-pager nginx.service").out
    found = _OVERALL.search(said)
    if not found:
        raise BarsError(f"systemd-analyze on {host.name}: {said.strip()[-400:]}")
    return Verdict(found[1], float(found[1]) <= EXPOSURE)
