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


def listed(places: list[str], between: str) -> str:
    """Return places for a message: the first twenty, and how many more there are."""
    more = [f"and {len(places) - 20} more"] if len(places) > 20 else []
    return between.join(places[:20] + more)


def refused(text: str, position: int, reason: str) -> SyntaxRefused:
    """Return the error for a position in a text."""
    line_start = text.rfind("\n", 0, position) + 1
    return SyntaxRefused(reason, text.count("\n", 0, position) + 1, position - line_start + 1)
