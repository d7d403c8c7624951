# SPDX-License-Identifier: GPL-3.0-or-later

"""Room for long names in nginx's hash of them. nginx takes the directive once, and its owner may say it already.

It stands in `nginx.conf`, in the http block itself: certbot's nginx plugin looks for it there alone, and adds one of
its own for each challenge where it finds none (certbot_nginx/_internal/http_01.py of certbot 1.21 to 4.0).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from ..text.edit import insert, is_marked, remove, set_args
from ..text.foreign import line_of
from ..text.style import detect
from ..text.tokens import ConfigError, outer
from ..text.tree import Block, Statement, checked, read
from ._declaration import WantedSite

_NAME = "server_names_hash_bucket_size"
_SIZE = re.compile(r"([0-9]+)([kKmM]?)\Z")
# Letters that fit without the directive: nginx takes 64 bytes, and 32 on machines of 32 bits.
_FITTING = 46 if sys.maxsize > 2**32 else 22
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


def says_size(site: WantedSite) -> bool:
    """Whether a site brings the directive."""
    return any(each.name == _NAME for each in site.body)


def taken(site: WantedSite, sites: Iterable[WantedSite]) -> Statement | None:
    """Take the directive out of a site; return it where a name of the sites needs it on this machine."""
    found = [each for each in site.body if each.name == _NAME]
    site.body[:] = [each for each in site.body if each.name != _NAME]
    names = (name for each in sites for server in each.servers for name in server.names)
    return found[0] if found and max(map(len, names), default=0) > _FITTING else None


def has_http(text: str, path: str) -> bool:
    """Whether a main file has the http block itself. Raises ConfigError."""
    return _http(read(text, path)) is not None


def with_size(text: str, wanted: Statement | None, path: str) -> str:
    """Return the text of `nginx.conf` with the directive in its http block, or without ours. Raises ConfigError."""
    document = read(text, path)
    http = _http(document)
    if http is None:
        return text
    ours = next((at for at, each in enumerate(http.body) if each.name == _NAME and is_marked(http, at)), None)
    if wanted is None and ours is not None:
        remove(http, ours)
    elif wanted is not None and ours is not None:
        set_args(http.body[ours], wanted.words[1:])
    elif wanted is not None:
        insert(http, 0, wanted, detect(document), mark=True)
    return checked(document, path)


def _http(document: Block) -> Block | None:
    return next((each.block for each in document.body if each.name == "http" and each.block is not None), None)


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
