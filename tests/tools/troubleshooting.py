# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the entries that docs/guides/troubleshooting.md lacks, ready to be pasted, and what the code says no more.

An entry is one or more lines that are a list item with a message as code, `…` for what varies in it, and behind them
`**Cause:** ...` and `**Remedy:** ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .checkout import ROOT
from .messages import Message, collect, normal

GUIDE = ROOT / "docs/guides/troubleshooting.md"
_ITEM = re.compile(r"^- (`+)(?P<text>.+)\1$")
_PARTS = re.compile(r"\*\*Cause:\*\*(?P<cause>.*)\*\*Remedy:\*\*(?P<remedy>.*)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """Messages of one cause, with the line of the first one."""

    line: int
    messages: tuple[str, ...]
    cause: str
    remedy: str


def entries(text: str) -> list[Entry]:
    """Return the entries of the guide's text."""
    found: list[Entry] = []
    messages: list[str] = []
    start, below = 0, ""
    for number, line in enumerate([*text.splitlines(), "#"], 1):
        item = _ITEM.match(line)
        if messages and (line.startswith("#") or (item and below.strip())):
            found.append(_entry(start, messages, below))
            messages, below = [], ""
        if item:
            start = start if messages else number
            messages.append(normal(item["text"].strip()))
        elif messages:
            below += line + "\n"
    return found


def missing(messages: Iterable[Message], guide: Iterable[Entry]) -> list[Message]:
    """Return the messages that no entry has."""
    known = {text for entry in guide for text in entry.messages}
    return [message for message in messages if message.text not in known]


def stale(messages: Iterable[Message], guide: Iterable[Entry]) -> list[tuple[int, str]]:
    """Return what entries have and the code does not say, each with the line of its entry."""
    said = {message.text for message in messages}
    return [(entry.line, text) for entry in guide for text in entry.messages if text not in said]


def item(text: str) -> str:
    """Return a message as the first line of an entry."""
    return f"- `` {text} ``" if "`" in text else f"- `{text}`"


def _entry(start: int, messages: list[str], below: str) -> Entry:
    parts = _PARTS.search(below)
    cause, remedy = (parts["cause"].strip(), parts["remedy"].strip()) if parts else ("", "")
    return Entry(start, tuple(messages), cause, remedy)


def main() -> None:
    """Print what is missing and what is stale."""
    guide, messages = entries(GUIDE.read_text(encoding="utf-8")), collect()
    for message in missing(messages, guide):
        print(f"{message.path}:{message.line}\n{item(message.text)}\n\n**Cause:** . **Remedy:** .\n")
    for line, text in stale(messages, guide):
        print(f"stale, entry in line {line}: {text}")


if __name__ == "__main__":
    main()
