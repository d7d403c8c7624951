# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random inputs for the reader and the editor of nginx text: nothing may crash, hang, or write where it should not.

`make fuzz` runs for an hour; `test_fuzz.py` is a bounded run with the same inputs each time.
"""
