# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what applications need from a proxy, a file for each: the keys of its route, and the facts behind them.

A file of the owner's own folder takes the place of ours of the same name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .preset_file import read_preset
from .sources import FileProblem, text_of

OURS = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", "..", "..", "presets"))
_ENDING = ".yml"
_OTHER_ENDINGS = (".yaml", ".json")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


@dataclass(frozen=True)
class Presets:
    """What `found` knows of each application, and what is wrong with the files."""

    found: Mapping[str, Mapping[str, Any]]
    problems: tuple[FileProblem, ...] = ()

    def replaced_by(self, own: Presets) -> Presets:
        """Return these with the owner's own in the place of those of the same name."""
        return Presets({**self.found, **own.found}, (*self.problems, *own.problems))


def read_presets(folder: str) -> Presets:
    """Return the presets of a folder; none where there is no such folder, of which the variable's kind tells."""
    found: dict[str, Mapping[str, Any]] = {}
    problems: list[FileProblem] = []
    for file in _files(folder):
        name, ending = os.path.splitext(os.path.basename(file))
        if ending != _ENDING or not _NAME.match(name):
            problems.append(FileProblem(file, 0, _misnamed(name, ending)))
            continue
        text, unread = text_of(file)
        found[name], wrong = ({}, []) if unread else read_preset(text)
        problems += [*unread, *(FileProblem(file, fault.line, fault.text) for fault in wrong)]
    return Presets(found, tuple(problems))


def _files(folder: str) -> Iterator[str]:
    """Yield what looks like a preset. Other files, such as one that describes the folder, are nobody's business."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith((_ENDING, *_OTHER_ENDINGS)) and not name.startswith("."):
            yield os.path.join(folder, name)


def _misnamed(name: str, ending: str) -> str:
    if ending != _ENDING:
        return f"a preset's file ends in {_ENDING}: rename it to {name}{_ENDING}"
    return f"a preset's file is named as `app` says it: small letters, digits, _ and -, and not '{name}'"
