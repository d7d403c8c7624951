# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a host nginx reads: includes followed."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator

from ..files import read_text
from ..text.inclusion import Includes, patterns
from ..text.tokens import ConfigError
from ..text.tree import Block, read


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none when it is not there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(folder))
    return []


def included(root: str) -> Iterator[tuple[str, Block | ConfigError]]:
    """Every file that nginx reads, from `nginx.conf` on, in its order: path and tree, or what is wrong with it.

    Without `nginx.conf` (nginx is not installed yet) the folders that the packages' own one includes are read. Each
    file comes once.
    """
    main = os.path.join(root, "nginx.conf")
    pending = [main]
    if not os.path.exists(main):
        pending = [*matches(root, "sites-enabled/*"), *matches(root, "conf.d/*.conf")][::-1]
    seen: set[str] = set()
    while pending:
        path = pending.pop()
        if os.path.realpath(path) in seen:
            continue
        seen.add(os.path.realpath(path))
        try:
            text = read_text(path)
            document = None if text is None else read(text, path)
        except ConfigError as error:
            yield path, error
            continue
        if document is not None:
            yield path, document
            pending.extend(path for each in reversed(patterns(document)) for path in reversed(matches(root, each)))


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
