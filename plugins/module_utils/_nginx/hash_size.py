# SPDX-License-Identifier: GPL-3.0-or-later

"""A directive of the http level that we need and that its owner may say already: nginx takes it once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .edit import is_marked
from .foreign import line_of
from .tokens import ConfigError, outer
from .tree import Block, Statement
from .wanted_site import WantedSite

_NAME = "server_names_hash_bucket_size"
_SIZE = re.compile(r"([0-9]+)([kKmM]?)\Z")
_UNITS = {"": 1, "k": 1024, "m": 1024**2}


def leave_to_owner(site: WantedSite, files: Iterable[tuple[str, Block]]) -> None:
    """Leave the size out where an owner's file says one that is large enough. Raises ConfigError for a smaller one.

    `files` are what nginx reads.
    """
    wanted = next((each for each in site.body if each.name == _NAME and each.args), None)
    found = _owners(files) if wanted else None
    if wanted is None or found is None:
        return
    place, theirs = found
    if _size(theirs) < _size(wanted):
        raise ConfigError(
            f"{place}: {_NAME} {outer(theirs.args[0])} is too small for the names of the sites: write "
            f"'{_NAME} {outer(wanted.args[0])};' there, or take the line out"
        )
    site.body.remove(wanted)


def _owners(files: Iterable[tuple[str, Block]]) -> tuple[str, Statement] | None:
    for path, document in files:
        blocks = [document, *(each.block for each in document.body if each.block and each.name == "http")]
        for block in blocks:
            for at, each in enumerate(block.body):
                if each.name == _NAME and each.args and not is_marked(block, at):
                    return f"{path}:{line_of(document, each)}", each
    return None


def _size(statement: Statement) -> int:
    found = _SIZE.match(statement.args[0])
    return int(found.group(1)) * _UNITS[found.group(2).lower()] if found else 0
