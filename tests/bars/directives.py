# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx -T` printed as directives, each with the blocks around it; independent of the reader that we ship."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | ("(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | [{};] | (?:\\.|\$\{[^}]*\}|[^\s;{}])+)""", re.VERBOSE
)
_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Directive:
    """One directive. `around` are the blocks that hold it, outermost first; a file of sites begins without any."""

    words: tuple[str, ...]
    around: tuple[Directive, ...]

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0]

    @property
    def value(self) -> str:
        """The other words."""
        return " ".join(self.words[1:])

    @property
    def seconds(self) -> float:
        """A time, in seconds; its first value where it has two."""
        number, unit = re.fullmatch(r"(\d+)(\w*)", self.words[1]).groups()  # type: ignore[union-attr]
        return float(number) * _SECONDS[unit]

    def within(self, name: str) -> Directive | None:
        """Return the innermost block of a name around it."""
        return next((block for block in reversed(self.around) if block.name == name), None)

    @property
    def is_global(self) -> bool:
        """Whether it holds for every server: at the http level, or at the top of a file that is included there."""
        return all(block.name == "http" for block in self.around)


def read(text: str) -> list[Directive]:
    """Return all directives of a configuration, blocks before what they hold."""
    found: list[Directive] = []
    around: list[Directive] = []
    words: list[str] = []
    for token in _tokens(text):
        if token in "{;":
            one = Directive(tuple(words), tuple(around))
            found.append(one)
            around += [one] if token == "{" else []
            words = []
        elif token == "}":
            around.pop()
        else:
            words.append(token.strip("\"'"))
    return found


def named(directives: Sequence[Directive], name: str) -> list[Directive]:
    """Return the directives of one name."""
    return [one for one in directives if one.name == name]


def in_every_server(directives: Sequence[Directive], name: str) -> list[Directive] | None:
    """Return the directives of one name, or None where a server has none of its own and none from above."""
    all_of_it = named(directives, name)
    if any(one.is_global for one in all_of_it):
        return all_of_it
    with_it = {id(one.within("server")) for one in all_of_it}
    return all_of_it if all(id(server) in with_it for server in named(directives, "server")) else None


def _tokens(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if match[1]:
            yield match[1]
