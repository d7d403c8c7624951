# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which modules nginx has that are none of its own."""

from __future__ import annotations

import os
import re

from .._nginx.sites.includes import documents
from .._nginx.text.tokens import ConfigError, outer


def added_modules(said: str, root: str = "/etc/nginx") -> tuple[str, ...]:
    """Return the modules that nginx was built with, and those that its main file loads.

    `said` is what `nginx -V` says, which does not name the second kind. A file that cannot be read loads none: who
    writes beside it tells that.
    """
    built = (os.path.basename(path.rstrip("/")) for path in re.findall(r"--add-module=(\S+)", said))
    return tuple(dict.fromkeys((*built, *_loaded(root))))


def _loaded(root: str) -> list[str]:
    found: list[str] = []
    pending, seen = ["nginx.conf"], set()
    while pending:
        pattern = pending.pop(0)
        if pattern in seen:
            continue
        seen.add(pattern)
        try:
            trees = [tree for _path, tree in documents(root, pattern)]
        except ConfigError:
            continue
        for each in (each for tree in trees for each in tree.body if each.args):
            if each.name == "load_module":
                found.append(os.path.basename(outer(each.args[0])).removesuffix(".so"))
            elif each.name == "include":
                pending.append(outer(each.args[0]))
    return found
