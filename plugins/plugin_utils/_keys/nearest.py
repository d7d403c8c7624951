# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the known name that a misspelt one was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Two letters that changed places in a word of four (`apth`) are found; another word of the same letters
# (`rate_limit`, `read_timeout`) is not. `test_nearest.py` has the words of both kinds.
CLOSE = 0.7


def nearest(word: object, known: Iterable[str], prefix: str = "") -> str:
    """Return `; did you mean 'x'?` with the known names, for the end of an error message.

    Args:
        word: what was written.
        known: what could be meant.
        prefix: what all names begin with, so that it makes none of them alike.

    """
    names = sorted(known)
    written = str(word).removeprefix(prefix).replace("-", "_").lower()
    close = difflib.get_close_matches(written, [name.removeprefix(prefix) for name in names], n=1, cutoff=CLOSE)
    hint = f"did you mean '{prefix}{close[0]}'? " if close else ""
    return f"; {hint}known: {', '.join(names)}"
