# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names the files of an owner define for all servers: nginx takes the second of two maps without a word."""

from __future__ import annotations

import os
from collections.abc import Collection

from ..text.defined import defined
from ..text.tree import Block, lines
from ._named_files import folder_below
from ._reading import included


def definitions(root: str, names: Collection[str]) -> dict[str, list[str]]:
    """Return by name where an owner's files define it, each as `file:line`; what is defined nowhere is left out.

    A name is the kind and the name that `defined` says, with a space between them. A file that cannot be read defines
    none: who writes beside it tells that.
    """
    found: dict[str, list[str]] = {}
    ours = folder_below(root) + os.sep
    for path, document in included(root) if names else ():
        if path.startswith(ours) or not isinstance(document, Block):
            continue
        line_of = {id(each): line for each, line in lines(document)}
        for each in document.body:
            beside = each.block.body if each.name == "http" and each.block is not None else [each]
            for one in beside:
                for name in {" ".join(parts) for parts in defined(one)} & {*names}:
                    found.setdefault(name, []).append(f"{path}:{line_of[id(one)]}")
    return found
