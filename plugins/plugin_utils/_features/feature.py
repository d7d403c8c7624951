# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a feature of a route is: its keys, what it writes for them, and what of that is its own.

A feature is a frozen dataclass whose fields are keys. `Route` inherits them all, so that each key stands in one file
with what it does. `registry` calls the methods by the class of the feature, since every feature has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...module_utils._nginx.text.tree import Statement

# Directives in the form that `nginx_site` takes. Of a name that has a list, each feature adds to that list.
Directives = dict[str, Any]
# A header that is not sent.
NOTHING = '""'


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One feature. A method that a feature does not need keeps what is said here."""

    #: The names in the form of `owns` that are left to their owner where he sets them in the location himself.
    yielded: ClassVar[frozenset[str]] = frozenset()

    def location(self) -> Directives:
        """Return the directives of the route's location."""
        return {}

    def owned(self) -> tuple[str, ...]:
        """Return, in the form of `owns`, what `location` sets for any value of the keys; all else is the owner's."""
        return ()

    @classmethod
    def common(cls) -> str:
        """Return what every location of the feature asks, for the http level of the common file."""
        return ""

    @classmethod
    def recognise(cls, statements: Sequence[Statement]) -> Mapping[str, Any]:
        """Return the keys by which a route says what an owner's location says, as far as the feature knows it."""
        return {}
