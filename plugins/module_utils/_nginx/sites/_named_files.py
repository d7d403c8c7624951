# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that directives of the sites name, such as the certificate of an authority: whole texts in a folder of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..._host.names import SITE_FILES
from ..._transaction.changes import Change, Remove, Write, bytes_at
from ..files import read_text
from ..text.tokens import ConfigError, inner, outer
from ._declaration import WantedSite
from ._reading import names_in

_FOLDER = os.path.basename(SITE_FILES)


def folder_below(root: str) -> str:
    """Return the folder, which is `SITE_FILES` where `root` is nginx's own."""
    return os.path.join(root, _FOLDER)


def file_changes(
    sites: Sequence[WantedSite], root: str, read_after: Callable[[], Iterable[str]], *, purge: bool
) -> dict[str, list[Change]]:
    """Return what brings the folder in line with the sites, by the names of the files.

    With `purge`, files go that neither a site has nor one of the texts of `read_after` names, which nginx will read.
    Raises ConfigError for two texts of one name, and for what is no file in the place of one.
    """
    folder = folder_below(root)
    wanted = _wanted(sites)
    found: dict[str, list[Change]] = {}
    for name, content in wanted.items():
        path = os.path.join(folder, name)
        if os.path.lexists(path) and not os.path.isfile(path):
            raise ConfigError(f"{path}: stands where a file of the sites belongs; move it away")
        before = bytes_at(path)
        if before != content:
            found[name] = [Write(path, content, original=before)]
    # What is no file there was put there by somebody else.
    others = [each for each in names_in(folder) if each not in wanted and os.path.isfile(os.path.join(folder, each))]
    texts = [*read_after()] if purge and others else []
    for name in others if purge else ():
        if not any(_names(text, name) for text in texts):
            found[name] = [Remove(os.path.join(folder, name))]
    return found


def named_in(text: str, root: str) -> dict[str, str]:
    """Return the files of the folder that a site's text names. Raises ConfigError for one that is no text."""
    folder = folder_below(root)
    found: dict[str, str] = {}
    for name in names_in(folder):
        path = os.path.join(folder, name)
        # What is below a folder is no text of a site.
        content = read_text(path) if os.path.isfile(path) and _names(text, name) else None
        if content is not None:
            found[name] = outer(content)
            if inner(found[name]) != content:
                raise ConfigError(f"{path}: holds bytes that are not UTF-8, which Ansible cannot pass on")
    return found


def _names(text: str, name: str) -> bool:
    """Whether a text names a file of the folder; nginx takes a path from its own folder on, too."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(_FOLDER)}/{re.escape(name)}(?![\w.-])", text))


def _wanted(sites: Sequence[WantedSite]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for site in sites:
        for name, text in site.files.items() if site.state == "present" else ():
            content = text.encode("latin-1")
            if found.setdefault(name, content) != content:
                raise ConfigError(f"site {site.name!r}, files: another site has {name!r} with another text")
    return found
