# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the known name that a misspelt one was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Two letters that changed places in a word of four (`apth`) are found; another word of the same letters
# (`rate_limit`, `read_timeout`) is not. `test_nearest.py` has the words of both kinds.
CLOSE = 0.7
# Where a name is refused for being like a known one, instead of for being unknown: one or two letters of `servers` and
# `sentinels` are missing or changed places (`sever`), and `services` is another word.
ALIKE = 0.82


def nearest(word: object, known: Iterable[str], prefix: str = "") -> str:
    """Return `; did you mean 'x'?` with the known names, for the end of an error message.

    Args:
        word: what was written.
        known: what could be meant.
        prefix: what all names begin with, so that it makes none of them alike.

    """
    names = sorted(known)
    close = closest(word, names, prefix)
    hint = f"did you mean '{close}'? " if close else ""
    return f"; {hint}known: {', '.join(names)}"


def closest(word: object, known: Iterable[str], prefix: str = "", cutoff: float = CLOSE) -> str:
    """Return the known name that is most like what was written, "" where none is.

    Args:
        word: what was written.
        known: what could be meant.
        prefix: what all names begin with, so that it makes none of them alike.
        cutoff: how much alike they have to be, from 0 to 1, as `difflib` counts.

    """
    written = str(word).replace("-", "_").lower().removeprefix(prefix)
    parts = [name.removeprefix(prefix) for name in known]
    return next((prefix + each for each in difflib.get_close_matches(written, parts, n=1, cutoff=cutoff)), "")
