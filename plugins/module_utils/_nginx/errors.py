# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with a configuration text or with a declaration."""

from __future__ import annotations


class ConfigError(Exception):
    """A declaration or a file that cannot be carried out; the message names the place and the remedy."""


class SyntaxRefused(ConfigError):  # noqa: N818 - it is told apart from Python's own SyntaxError
    """Text that nginx's own reader refuses.

    `reason` is worded as nginx words it; `line` and `column` count from 1, the column in bytes.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        """Keep the parts, so that a caller can name the file too."""
        super().__init__(f"{reason} (line {line}, column {column})")
        self.reason = reason
        self.line = line
        self.column = column
