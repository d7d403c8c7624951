# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error class of .NET configuration editing."""

from __future__ import annotations

from .._host.errors import EdgeError


class DotnetError(EdgeError):
    """A configuration file, or a wish about it, that cannot be accepted.

    ``line`` and ``column`` count from 1; 0 when the problem has no place in the file.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.path = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return (f"{self.path}: " if self.path else "") + place + self.message
