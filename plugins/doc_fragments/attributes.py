# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several modules document alike."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that every module of this collection states."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tells what a run would change, without changing it.
  diff_mode:
    description: Shows the bytes that a run writes, or would write in check mode.
  idempotent:
    description: A second run with the same arguments changes nothing.
"""
