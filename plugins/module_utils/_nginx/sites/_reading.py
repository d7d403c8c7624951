# SPDX-License-Identifier: GPL-3.0-or-later

"""Every file of a host that nginx reads: its main file, and its includes followed."""

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Iterator

from ..files import read_text
from ..text.tokens import ConfigError
from ..text.tree import Block, read, walk
from .includes import matches


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


def patterns(document: Block) -> list[str]:
    """Return the patterns that a file includes, as it writes them."""
    return [
        os.fsdecode(each.args[0].encode("latin-1"))
        for each, _depth in walk(document)
        if each.block is None and each.name == "include" and len(each.words) == 2
    ]


def takes(root: str, pattern: str, path: str) -> bool:
    """Whether an `include` reads a path; the pattern is relative to the folder of the main file."""
    folder, name = os.path.split(os.path.join(root, pattern))
    return folder == os.path.dirname(path) and fnmatch.fnmatchcase(os.path.basename(path), name)
