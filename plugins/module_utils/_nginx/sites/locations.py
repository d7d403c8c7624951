# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_location` changes: the locations of one file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..._transaction.changes import Write
from ..._transaction.steps import Planned
from ..files import read_text
from ..text.declare import locations
from ..text.locations import edit_locations
from ..text.server import Selector
from ..text.tokens import ConfigError
from .includes import reader


def plan_locations(
    path: str,
    server: Mapping[str, Any] | None,
    given: Sequence[Mapping[str, Any]],
    *,
    adopt: bool,
    purge: bool,
    root: str = "/etc/nginx",
) -> Planned:
    """Plan the locations of one file; nothing is written. Raises ConfigError."""
    chosen = server or {}
    selector = Selector(chosen.get("server_name"), chosen.get("listen"))
    wanted = locations(given, path)
    text = read_text(path)
    if text is None:
        raise ConfigError(
            f"{path}: there is no such file; nginx_location edits a file that exists, nginx_site makes one"
        )
    result = Planned()
    after = edit_locations(
        text,
        path,
        selector,
        wanted,
        adopt=adopt,
        purge=purge,
        warnings=result.warnings,
        includes=reader(root),
    )
    if after != text:
        result.changes.append(Write(os.path.abspath(path), after.encode("latin-1"), original=text.encode("latin-1")))
    return result
