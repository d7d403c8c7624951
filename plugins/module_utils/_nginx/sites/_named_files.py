# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that directives of the sites name, such as the certificate of an authority: whole texts in a folder of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from ..._host.names import SITE_FILES
from ..._transaction.changes import Change, Original, Remove, Write
from ..files import read_text
from ..text.tokens import ConfigError, inner, outer
from ..text.tree import Block
from ._declaration import WantedSite
from .includes import names_in

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def folder_below(root: str) -> str:
    """Return the folder, which is `SITE_FILES` where `root` is nginx's own."""
    return os.path.join(root, os.path.basename(SITE_FILES))


def file_changes(
    sites: Sequence[WantedSite], root: str, others: Iterable[Block], *, purge: bool
) -> dict[str, list[Change]]:
    """Return what brings the folder in line with the sites, by the names of the files.

    With `purge`, files go that neither a site has nor one of the `others` names, which nginx reads beside the sites.
    Raises ConfigError for a name that is none, and for two texts of one name.
    """
    folder = folder_below(root)
    wanted = _wanted(sites)
    found: dict[str, list[Change]] = {}
    for name, text in wanted.items():
        path = os.path.join(folder, name)
        before = read_text(path)
        if before != text:
            original = Original.ABSENT if before is None else before.encode("latin-1")
            found[name] = [Write(path, text.encode("latin-1"), original=original)]
    for name in names_in(folder) if purge else ():
        path = os.path.join(folder, name)
        if name not in wanted and not any(path in each.dumps() for each in others):
            found[name] = [Remove(path)]
    return found


def named_in(text: str, root: str) -> dict[str, str]:
    """Return the files of the folder that a site's text names."""
    folder = folder_below(root)
    found = {name: read_text(os.path.join(folder, name)) for name in names_in(folder) if f"{folder}/{name}" in text}
    return {name: outer(content) for name, content in found.items() if content is not None}


def _wanted(sites: Sequence[WantedSite]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for site in sites:
        for name, content in site.files.items() if site.state == "present" else ():
            if not _NAME.match(name):
                raise ConfigError(
                    f"site {site.name!r}, files: {name!r} is no name of a file: letters, digits, . _ and -"
                )
            if found.setdefault(name, inner(content)) != inner(content):
                raise ConfigError(f"site {site.name!r}, files: another site has {name!r} with another text")
    return found
