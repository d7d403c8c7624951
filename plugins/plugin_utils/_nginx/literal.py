# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a text as a regular expression that nginx reads."""

from __future__ import annotations

import re


def literal(text: str) -> str:
    """Return an expression for a text of what hosts and paths may hold, without a sign that would need quotes."""
    return re.sub(r"[].+[]", r"\\\g<0>", text)
