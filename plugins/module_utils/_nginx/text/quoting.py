# SPDX-License-Identifier: GPL-3.0-or-later

"""How a value is written as one token of nginx's configuration language."""

from __future__ import annotations

import re

from .tokens import LONGEST, TOKEN, ConfigError, outer, value

_TO_ESCAPE = re.compile(r"\"|\\(?=[\"'\\trn]|\Z)")


def quote(wanted: str) -> str:
    """Return a token that has exactly this value: bare when that reads back equal, else in double quotes.

    Raises ConfigError when it would be longer than nginx reads.
    """
    text = wanted
    if not _reads_back(wanted):
        text = '"' + _TO_ESCAPE.sub(lambda found: "\\" + found.group(), wanted) + '"'
    if len(text) > LONGEST:
        raise ConfigError(
            f"an argument of {len(text)} bytes is longer than nginx reads ({LONGEST} bytes): {outer(text[:40])}..."
        )
    return text


def _reads_back(wanted: str) -> bool:
    """Whether a bare spelling is one token of this value, in front of `;` and in front of ` {`."""
    if wanted in ";{}" or wanted[0] in "\"'" or value(wanted) != wanted:
        return False
    return all(found and found[2] == wanted for found in (TOKEN.match(wanted + ";"), TOKEN.match(wanted + " {")))
