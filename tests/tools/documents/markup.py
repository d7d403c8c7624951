# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences in Ansible's markup as Markdown, and values as both write them."""

from __future__ import annotations

import json
import re
from typing import Any

_MARKUP = re.compile(r"\b[A-Z]{1,2}\(((?:[^()]|\([^()]*\))*)\)")


def markdown(text: str) -> str:
    """Return a sentence with code in the place of Ansible's `C(...)`, `V(...)` and their like."""
    return _MARKUP.sub(r"`\1`", text)


def sentence(text: str) -> str:
    """Return the first sentence of a text in Markdown, without its full stop, for a table."""
    first = re.split(r"(?<=[a-z)0-9])\. ", text)[0]
    return markdown(first).removesuffix(".").replace("|", "\\|")


def written(value: Any) -> str:
    """Return a value as YAML has it in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value)
