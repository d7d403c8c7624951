# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of nginx as their owner writes them, and the file that holds them beside the sites.

A file of its own is included: what is not a whole directive cannot end anything there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from ...module_utils._host.names import SITE_FILES
from ...module_utils._nginx.text.declare import directives
from ...module_utils._nginx.text.tokens import ConfigError, outer
from ...module_utils._nginx.text.tree import Statement
from .._keys.kinds import Kind, Mistake, kind_of

# What YAML folds into one line (`>`), so that directives become a part of a comment.
_COMMENTED = re.compile(r"\A[^\n]*#[^\n]*;[^\n]*\Z")
# Letters of the site in the name of a file, which has 255 bytes at most.
_LONGEST = 200


class Text(Kind):
    """Directives of nginx, as a text or as a mapping of names to arguments."""

    def __init__(self, example: str) -> None:
        """Name it; `example` is a directive that may stand there."""
        json = {"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1}]}
        super().__init__(words="directives of nginx, as a text or a mapping", option={"type": "raw"}, json=json)
        self.example = example

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list of whole directives; by "" a location has none of its route's."""
        if value == "":
            return
        if not isinstance(value, (str, dict)) or not value:
            text = f"must be directives of nginx, such as `{self.example}`, as a text or a mapping"
            yield Mistake(value, f"{name} {text}, not {kind_of(value)}")
            return
        try:
            if isinstance(value, str) and _COMMENTED.search(value.strip()):
                text = (
                    f"has a comment that goes to the end of its only line: write `{name}: |`, and each on a line of "
                    "its own"
                )
                yield Mistake(value, f"{name} {text}")
            elif not directives(value, name):
                yield Mistake(value, f"{name} has no directive: write one, such as `{self.example}`, or take it out")
        except ConfigError as error:
            yield Mistake(value, str(error))

    def convert(self, value: Any) -> str:
        """Return the text."""
        if isinstance(value, str):
            return value if not value or value.endswith("\n") else f"{value}\n"
        return "".join(f"{outer(each.dumps()).strip()}\n" for each in directives(value, "raw"))


def statements(raw: str, name: str = "raw") -> list[Statement]:
    """Return the directives of a text; `name` is its key."""
    return directives(raw, name)


def file_of_key(key: str, site: str, path: str = "") -> str:
    """Return the name of the file of a key, at a site or at the path of one of its routes.

    It stays while the text changes, so that `--diff` shows the lines that do. nginx reads the file when it loads its
    configuration and never later.
    """
    digest = hashlib.sha256(f"{site} {path}".encode()).hexdigest()[:8]
    return f"{key}-{site[:_LONGEST]}-{digest}.conf"


def include(name: str) -> str:
    """Return the argument of the directive that reads a file."""
    return f"{SITE_FILES}/{name}"


def written(key: str, place: str, raw: str) -> str:
    """Return the text of a file; `place` is the site or route as a person names it."""
    return f"# `{key}` of {place} in the inventory, written by constellation.edge: change it there.\n{raw}"
