# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a host nginx reads: includes followed."""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import os
from collections.abc import Callable, Iterator

from .tokens import ConfigError
from .tree import Block, Statement, read, read_text, walk

# From the pattern of an `include` to the files that it reads, each with its path.
Includes = Callable[[str], list[tuple[str, Block]]]


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none when it is not there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(folder))
    return []


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


def nothing_included(_pattern: str) -> list[tuple[str, Block]]:
    """Read no file, for texts without a host."""
    return []


def spread(block: Block, includes: Includes) -> Iterator[tuple[Statement, str]]:
    """Yield what stands in a block as nginx reads it: each include's statements in its place, with their file.

    The file of the block's own statements is "". Each file is read once.
    """
    seen: set[str] = set()
    pending: list[Iterator[tuple[Statement, str]]] = [((each, "") for each in block.body)]
    while pending:
        for each, path in pending[-1]:
            yield each, path
            if each.block is not None or each.name != "include" or len(each.args) != 1:
                continue
            files = [found for found in includes(each.args[0]) if found[0] not in seen]
            seen.update(name for name, _document in files)
            pending.append((inside, name) for name, document in files for inside in document.body)
            break
        else:
            pending.pop()
