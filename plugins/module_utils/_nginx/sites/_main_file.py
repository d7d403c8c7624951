# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of nginx's main context, in a file that the distribution's own `nginx.conf` includes there."""

from __future__ import annotations

import os

from ..._host.names import MAIN_FILE
from ..._transaction.changes import Change, Original, Remove, Write
from ..files import read_text
from ..text import declare
from ..text.tokens import ConfigError
from ._declaration import WantedSite
from ._reading import takes
from ._site_file import edit_site

# Behind the files that load modules, whose directives could be among ours.


def is_read(root: str, patterns: list[str] | None) -> bool:
    """Whether nginx reads the file, by the patterns of its includes; None where nginx is not installed."""
    path = os.path.join(root, "modules-enabled", MAIN_FILE)
    return patterns is None or any(takes(root, each, path) for each in patterns)


def main_file_changes(given: object, root: str, patterns: list[str] | None, warnings: list[str]) -> list[Change]:
    """Return what brings the file in line with the directives; with none of them, it goes.

    `patterns` are those of nginx's includes, None where nginx is not installed. Raises ConfigError.
    """
    path = os.path.join(root, "modules-enabled", MAIN_FILE)
    body = declare.directives(given, "main_directives")
    if body and not is_read(root, patterns):
        raise ConfigError(
            f"{root}/nginx.conf: includes nothing that reads {path}, so main_directives would have no effect; put "
            f"'include {root}/modules-enabled/*.conf;' above its events block"
        )
    before = read_text(path)
    wanted = WantedSite(MAIN_FILE, "present" if body else "absent", body=body)
    after = edit_site(before, wanted, path, lambda name: (name, name), os.path.exists, purge=True, warnings=warnings)
    if after is None:
        return [] if before is None else [Remove(path)]
    if after == before:
        return []
    original = Original.ABSENT if before is None else before.encode("latin-1")
    return [Write(path, after.encode("latin-1"), original=original)]
