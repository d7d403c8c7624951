# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same configuration in another spelling: every word written anew from its value, every comment gone."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import value
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, walk


def rewritten(document: Block) -> str:
    """Return a text of this meaning, one statement a line. Raises ConfigError for a word that we do not write."""
    lines: list[str] = []
    depth = 0
    for statement, level in walk(document):
        lines += ["}"] * (depth - level)
        depth = level
        words = " ".join(quote(value(text)) for _lead, text in statement.words)
        if statement.block is None:
            lines.append(f"{words};")
        elif statement.block.lua is not None:
            lines.append(f"{words} {{{statement.block.lua}}}")
        else:
            lines.append(f"{words} {{")
            depth += 1
    lines += ["}"] * depth
    return "".join(f"{line}\n" for line in lines)
