# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a route says that its preset knows not to work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._features.place import Refusal, Written

#: The key of a preset's fact, and of the preset as it is read, that has what a route may not say.
REFUSES = "refuses"


def refused(route: Written, preset: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield each key that a route says itself with a value that the preset refuses, with the fact behind it."""
    for each in preset.get(REFUSES, ()):
        name, value = each["key"], each["value"]
        if name in route.entry and route.entry[name] == value:
            said = str(value).lower() if isinstance(value, bool) else value
            reason = f"{each['says'].rstrip('.')} ({each['source']}, {each['date']})"
            text = f"{name}: {said} does not work with `app: {route.app}`: {reason}. Take it out, or leave `app` out"
            yield Refusal(route.place, text, route.entry)
