# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cases of the corpus, as their files say them.

`accepted/CONTEXT/NAME.conf` nginx takes where it finds the file by its context (see `contexts`); `read/...` its reader
takes, but not what looks at the directives; `refused/...` its reader refuses. `edits/NAME/` holds `before.conf`, the
call of a module in `call.yml`, and either `after.conf` or `error.txt`, pieces of the message, one a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "nginx"


@dataclass(frozen=True)
class Text:
    """One configuration file and the context in which nginx is to find it."""

    context: str
    name: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as the library holds it."""
        return self.content.decode("latin-1")

    def __str__(self) -> str:
        """Name it for pytest."""
        return f"{self.context}/{self.name}"


@dataclass(frozen=True)
class Edit:
    """One call of a module on one file, and what is to come of it: `after`, or an error with the pieces of `error`.

    `module` and `arguments` are the call; `undo` are the arguments of the call that gives `before` back, None when
    there is none; `context` is where nginx finds the file.
    """

    name: str
    context: str
    before: bytes
    module: str
    arguments: dict[str, Any]
    undo: dict[str, Any] | None
    after: bytes | None
    error: list[str]

    def __str__(self) -> str:
        """Name it for pytest."""
        return self.name


def texts(kind: str) -> list[Text]:
    """Return the files of one kind: `accepted`, `read` or `refused`."""
    folder = FIXTURES / kind
    return [Text(path.parent.name, path.stem, path.read_bytes()) for path in sorted(folder.glob("*/*.conf"))]


def edits() -> list[Edit]:
    """Return every edit."""
    return [_edit(folder) for folder in sorted((FIXTURES / "edits").iterdir())]


def _edit(folder: Path) -> Edit:
    call = yaml.safe_load((folder / "call.yml").read_bytes())
    (module,) = call.keys() - {"context", "undo"}
    arguments = call[module]
    after, error = folder / "after.conf", folder / "error.txt"
    return Edit(
        folder.name,
        call.get("context", "http"),
        (folder / "before.conf").read_bytes(),
        module,
        arguments,
        _undo(call.get("undo"), arguments),
        after.read_bytes() if after.exists() else None,
        error.read_text().splitlines() if error.exists() else [],
    )


def _undo(undo: Any, arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of the call that undoes another: those that are written there, or each location absent."""
    if undo != "absent":
        return None if undo is None else {**arguments, **undo}
    absent = [{"location": each["location"], "state": "absent", **_parents(each)} for each in arguments["locations"]]
    return {**arguments, "locations": absent}


def _parents(location: dict[str, Any]) -> dict[str, Any]:
    return {"parents": location["parents"]} if "parents" in location else {}
