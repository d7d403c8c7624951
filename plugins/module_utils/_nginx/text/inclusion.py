# SPDX-License-Identifier: GPL-3.0-or-later

"""The `include` directives of a text; who has a host says which files they read."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator

from .tree import Block, Statement, walk

# From the pattern of an `include` to the files that it reads, each with its path.
Includes = Callable[[str], list[tuple[str, Block]]]


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
