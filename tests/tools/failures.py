# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed step says of its failures, in few lines, for those who see only the end of a run."""

from __future__ import annotations

import re

# Colours, and what Molecule puts in front of each line of its verifier.
_DECORATION = re.compile(r"\x1b\[[0-9;]*m|^\s*│ ?", re.MULTILINE)
# pytest's short summary, Ansible's failed tasks, the static checks.
_TELLING = re.compile(r"^(FAILED|ERROR) \S|^fatal: \[|^failed: \[|^lint: \S+ FAILED")
_LINES = 12
_WIDTH = 400


def of(output: str) -> list[str]:
    """Return the lines that name failures; when none does, the last ones."""
    lines = [line for line in _DECORATION.sub("", _DECORATION.sub("", output)).splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return [line.strip()[:_WIDTH] for line in (telling or lines)[-_LINES:]]
