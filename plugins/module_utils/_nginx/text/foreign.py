# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours and what is its owner's in a file that is no longer listed."""

from __future__ import annotations

from ..._host.names import NGINX_MARK
from .edit import is_marked
from .tokens import outer
from .tree import Block, Statement, comments, lines, places, said

HEADER = (
    f"{NGINX_MARK}: this file is kept by the Ansible collection constellation.edge.\n"
    "# What carries its mark follows the inventory, as do the directives it decides on there; "
    "other lines stay as they are.\n"
)
_OUR_COMMENTS = frozenset({NGINX_MARK, *HEADER.splitlines()})


def first_foreign(document: Block) -> tuple[int, str] | None:
    """Return the line and a description of the first thing in a file that is its owner's; None when all is ours.

    That is a statement at the top or a block anywhere without our mark, or a comment that is not ours. Whether a single
    directive inside one of our blocks was declared once cannot be told from the file, so those count as ours.
    """
    found = [(line, repr(outer(text))) for line, text in comments(document) if text.rstrip() not in _OUR_COMMENTS][:1]
    for parent, at in places(document):
        have = parent.body[at]
        if (have.block is not None or parent is document) and not is_marked(parent, at):
            found.append((line_of(document, have), said(have)))
            break
    return min(found, default=None)


def has_ours(document: Block) -> bool:
    """Whether a statement at the top of a file carries our mark."""
    return any(is_marked(document, at) for at in range(len(document.body)))


def line_of(document: Block, wanted: Statement) -> int:
    """Return the line, from 1, on which a statement's first word stands; 0 when it is not in the document."""
    return next((line for each, line in lines(document) if each is wanted), 0)
