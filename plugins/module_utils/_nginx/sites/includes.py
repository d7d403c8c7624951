# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a host that an `include` reads."""

from __future__ import annotations

import glob
import os

from ..files import read_text
from ..text.inclusion import Includes
from ..text.tokens import ConfigError
from ..text.tree import Block, read


def documents(root: str, pattern: str) -> list[tuple[str, Block]]:
    """Return the files that an `include` reads, each with its path. Raises ConfigError for one that cannot be read."""
    pattern = os.fsdecode(pattern.encode("latin-1"))
    texts = [(path, read_text(path)) for path in matches(root, pattern)]
    return [(path, read(text, path)) for path, text in texts if text is not None]


def matches(root: str, pattern: str) -> list[str]:
    """Return the files of an `include`: relative to the folder of the main file, in alphabetical order."""
    path = os.path.join(root, pattern)
    return sorted(glob.glob(path)) if glob.has_magic(path) else [path]


def reader(root: str, *, strict: bool = False) -> Includes:
    """Return what reads the files of an `include`, each once.

    Of a pattern with a file that cannot be read it finds nothing: who goes through all that nginx reads (`included`)
    tells of that file. With `strict` that is a ConfigError.
    """
    known: dict[str, list[tuple[str, Block]]] = {}

    def read_once(pattern: str) -> list[tuple[str, Block]]:
        if pattern not in known:
            try:
                known[pattern] = documents(root, pattern)
            except ConfigError:
                if strict:
                    raise
                known[pattern] = []
        return known[pattern]

    return read_once
