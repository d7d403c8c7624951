# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories in which nginx keeps answers of services: those that nothing names any more go, and the disk has room."""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence

from ..._host.names import CACHES, NGINX_PREFIX, SITE_FILES
from ..._transaction.changes import Change, Remove, Write
from ..text.edit import is_marked
from ..text.inclusion import Includes, spread
from ..text.server import servers_of
from ..text.tokens import ConfigError, outer
from ..text.tree import Block, Statement, said
from ._reading import included

# In front of the name of one that goes: nothing is written into it any more.
_GOING = "going-"
# What nginx does with a request before it looks for its answer, and does not pass on to a location in the one around.
_CONDITIONS = ("if", "return", "rewrite", "set")
# Locations that nginx takes before or by an expression.
_FIRST = ("^~", "~", "~*")
# How an expression of ours begins that takes the path of a route away.
_STRIPPING = "(?s)^"
# What is included from there stands in the location in it as well.
_FOLDER = f"/{os.path.basename(SITE_FILES)}/"
_BYTES = {"m": 1 << 20, "g": 1 << 30}


def shadowed(planned: Block, includes: Includes) -> Iterator[str]:
    """Yield in words which lines of an owner's would not count for the files that a location of ours is for.

    nginx looks into the location of a prefix before it asks expressions beside it, and passes no condition on to what
    is in it: what an owner forbids by one of them would be open.
    """
    for server in servers_of(planned):
        block = server.block or Block([])
        for around in block.body:
            files = _files(around)
            if not files:
                continue
            for each in _by_hand(around.block or Block([]), includes, _CONDITIONS):
                yield (
                    f"{outer(said(each))} in {outer(said(around))} would not count for the files of `cache` ({files}), "
                    "since nginx does not pass it on: write it as `raw` of the route, or take `types` out of `cache`"
                )
            for each in _by_hand(block, includes, ("location",)) if around.args[0] not in _FIRST else ():
                if each.args[:1] in (["~"], ["~*"]):
                    yield (
                        f"{outer(said(each))} would no longer count for the files of `cache` ({files}), since nginx "
                        "looks into the route's own location first: write it as a route or a location in the "
                        "inventory, or take `types` out of `cache`"
                    )


def _by_hand(block: Block, includes: Includes, names: Collection[str]) -> Iterator[Statement]:
    """Yield the statements of these names that are not ours."""
    ours = {id(each) for at, each in enumerate(block.body) if is_marked(block, at)}
    for each, path in spread(block, includes):
        by_name = any(NGINX_PREFIX in arg or arg.startswith(_STRIPPING) for arg in each.args)
        if each.name in names and not by_name and id(each) not in ours and _FOLDER not in path:
            yield each


def _files(location: Statement) -> str:
    """Return the location of ours for some files in another one, "" for none."""
    if location.name != "location" or location.block is None:
        return ""
    found = (each for at, each in enumerate(location.block.body) if is_marked(location.block, at))
    return next((outer(said(each)) for each in found if each.name == "location" and _keeps(each)), "")


def _keeps(location: Statement) -> bool:
    return location.block is not None and any(each.name == "proxy_cache" for each in location.block.body)


def texts_after(root: str, changes: Iterable[Change]) -> list[str] | None:
    """Return what nginx reads once some changes are made, None where a file cannot be read."""
    written = {os.path.realpath(each.path): each.content for each in changes if isinstance(each, Write)}
    gone = {os.path.realpath(each.path) for each in changes if isinstance(each, Remove)}
    found = [content.decode("latin-1") for content in written.values()]
    for path, document in included(root):
        if isinstance(document, ConfigError):
            return None
        if os.path.realpath(path) not in written and os.path.realpath(path) not in gone:
            found.append(document.dumps())
    return found


def unused(texts: Sequence[str], caches: str = CACHES) -> list[str]:
    """Return our directories that none of these texts names."""
    named = {path for text in texts for path in _path(caches).findall(text)}
    there = sorted(glob.glob(f"{glob.escape(caches)}*"))
    return [path for path in there if path not in named and os.path.isdir(path) and not os.path.islink(path)]


def remove(paths: Iterable[str], caches: str = CACHES) -> list[str]:
    """Remove directories that `unused` has named; returns in words which are still there."""
    left: list[str] = []
    for path in paths:
        going = path if path.startswith(f"{caches}{_GOING}") else f"{caches}{_GOING}{path.removeprefix(caches)}"
        try:
            if path != going:
                os.rename(path, going)
            shutil.rmtree(going)
        except OSError as error:
            left.append(f"{going}: {error.strerror}; nothing uses this directory any more, and the next run removes it")
    return left


def shortage(texts: Iterable[str], caches: str = CACHES) -> list[str]:
    """Return in words that the disk has less room than our caches may take together; nothing where it has enough."""
    sizes = [size for text in texts for size in _size(caches).findall(text)]
    wanted = sum(int(number) * _BYTES[unit] for number, unit in sizes)
    folder = os.path.dirname(caches)
    free = shutil.disk_usage(folder).free if wanted else 0
    if wanted <= free:
        return []
    # What they hold already is room that they have.
    free += sum(map(_held, glob.glob(f"{glob.escape(caches)}*")))
    if wanted <= free:
        return []
    return [
        f"`cache` of all routes may take {_shown(wanted)} below {folder}, and its disk has {_shown(free)} for it: make "
        "`size` smaller, or the disk will be full"
    ]


def _path(caches: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(caches)}[\w.-]+")


def _size(caches: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*proxy_cache_path\s+{re.escape(caches)}[^;]*\smax_size=(\d+)([mg])\b", re.MULTILINE)


def _held(folder: str) -> int:
    return sum(
        os.lstat(os.path.join(where, name)).st_blocks * 512
        for where, _folders, names in os.walk(folder)
        for name in names
        if os.path.lexists(os.path.join(where, name))
    )


def _shown(size: int) -> str:
    return f"{size / _BYTES['g']:.1f} GiB"
