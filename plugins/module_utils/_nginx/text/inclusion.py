# SPDX-License-Identifier: GPL-3.0-or-later

"""The `include` directives of a text; who has a host says which files they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .tree import Block, Statement

# From the pattern of an `include` to the files that it reads, each with its path.
Includes = Callable[[str], list[tuple[str, Block]]]


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
