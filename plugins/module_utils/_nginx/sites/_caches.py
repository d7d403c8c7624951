# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories in which nginx keeps answers of services: those that nothing names any more go, and the disk has room."""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence

from ..._host.names import CACHES
from ..._transaction.changes import Change, Remove, Write
from ..text.edit import is_marked
from ..text.inclusion import Includes, spread
from ..text.server import servers_of
from ..text.tokens import ConfigError, outer
from ..text.tree import Block, Statement, said
from .includes import included

# In front of the name of one that goes: nothing is written into it any more.
_GOING = "going-"
_BYTES = {"m": 1 << 20, "g": 1 << 30}


def shadowed(planned: Block, includes: Includes) -> Iterator[str]:
    """Yield in words which expressions of an owner's a location of ours for some files would be asked before.

    nginx looks into the location of a prefix first. What an owner forbids by an expression beside it would be open.
    """
    for server in servers_of(planned):
        block = server.block or Block([])
        files = [inside for inside in map(_files, block.body) if inside]
        ours = {id(each) for at, each in enumerate(block.body) if is_marked(block, at)}
        for each, path in spread(block, includes) if files else ():
            if each.name == "location" and each.args[:1] in (["~"], ["~*"]) and (path or id(each) not in ours):
                yield (
                    f"{outer(said(each))} would no longer count for the files of `cache` ({outer(files[0])}), since "
                    "nginx looks into the route's own location first: write it as a route or a location in the "
                    "inventory, or take `types` out of `cache`"
                )


def _files(location: Statement) -> str:
    """Return the location of ours for some files in a location of a prefix, "" for none."""
    if location.name != "location" or location.block is None or location.args[0] in ("^~", "~", "~*", "="):
        return ""
    found = (each for at, each in enumerate(location.block.body) if is_marked(location.block, at))
    return next((said(each) for each in found if each.name == "location" and _keeps(each)), "")


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
