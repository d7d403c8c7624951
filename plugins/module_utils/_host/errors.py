# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of every error that a module of this collection ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class EdgeError(Exception):
    """The work was refused, or undone; the message names the place and the remedy.

    `details` are further values of the module's result.
    """

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}
