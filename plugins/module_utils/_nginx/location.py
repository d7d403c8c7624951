# SPDX-License-Identifier: GPL-3.0-or-later

"""Locations inside one server of one existing file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .._transaction import Write
from .errors import ConfigError
from .files import checked, read, read_text
from .locations import reconcile_locations
from .reconcile import Reconciler
from .run import Plan
from .select import Selector, choose
from .style import indent_of
from .wanted import WantedLocation
from .wanted import locations as wanted_locations


def edit_locations(
    text: str,
    path: str,
    selector: Selector,
    wanted: list[WantedLocation],
    *,
    adopt: bool,
    purge: bool,
    warnings: list[str] | None = None,
) -> str:
    """Return the text of a file with its locations brought in line; `warnings` takes what is to be told.

    Raises ConfigError.
    """
    document = read(text, path)
    editor = Reconciler(document, path, adopt)
    block, server = choose(editor, selector)
    owner = "" if server is None else indent_of(server.words[0][0]) or ""
    reconcile_locations(editor, block, wanted, owner, purge=purge)
    if warnings is not None:
        warnings += editor.warnings
    return checked(document, path)


def plan_locations(
    path: str, server: Mapping[str, Any] | None, given: Sequence[Mapping[str, Any]], *, adopt: bool, purge: bool
) -> Plan:
    """Plan the locations of one file; nothing is written. Raises ConfigError."""
    chosen = server or {}
    selector = Selector(chosen.get("server_name"), chosen.get("listen"))
    wanted = wanted_locations(given, path)
    text = read_text(path)
    if text is None:
        raise ConfigError(
            f"{path}: there is no such file; nginx_location edits a file that exists, nginx_site makes one"
        )
    result = Plan()
    after = edit_locations(text, path, selector, wanted, adopt=adopt, purge=purge, warnings=result.warnings)
    if after != text:
        result.changes.append(Write(os.path.abspath(path), after.encode("latin-1"), original=text.encode("latin-1")))
    return result
