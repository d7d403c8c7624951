# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes up configuration texts, one Latin-1 character for a byte, whose directives nginx takes with any arguments.

Only then does what nginx says come from its reader: an unknown name, a wrong place or a number of arguments would stop
it before. So a text is made of directives that take anything where they stand (`gzip_types`, the entries of `types` and
`map`), in locations whose names begin with the name of the one around, in every spelling that the reader knows.
"""

from __future__ import annotations

import random

# The types and maps of a text come in long spellings.
HEAD = "events {}\nhttp {\ntypes_hash_bucket_size 8192; map_hash_bucket_size 8192; variables_hash_max_size 4096;\n"
TAIL = "\n}"
DEEPEST = 5

_SPACES = (" ", " ", " ", "\n", "\n    ", "\t", "\r\n", "\r", "  \n\n\t", " \r\r\n ")
_COMMENT = ("a", "{", "}", ";", '"', "'", "\\", "$", "#", " ", "\r", "\t", "\xe9", "\xa0", "\x85", "\0", "it's", "${")
_PLAIN = ("a", "b9", "/", ".", "_", "-", "=", "*", "\xef\xbb\xbf", "\xe9", "\xa0", "\x85", "\x0b", "\x0c", "\0", "\x7f")
_IN_BARE = (*_PLAIN, '"', "'", "#", "}", ")", "(", "$", "${v}", "${", "${{", "$a", "\\;", "\\{", "\\}", "\\ ", "\\\n")
_ESCAPES = ("\\\\", '\\"', "\\'", "\\t", "\\n", "\\r", "\\x41", "\\$", "\\#", "\\\r", "\\\xff")
_BARE = (*_IN_BARE, *_ESCAPES, "$\\{")
_IN_QUOTES = (*_PLAIN, *_ESCAPES, " ", "\n", "\r\n", "\t", ";", "{", "}", "#", "$", "${", "(", ")", "\\\n", "\\;")
_LUA_PLAIN = (
    "a",
    " = ",
    "1",
    " ",
    "\n",
    "\r\n",
    "#t",
    "$x",
    ";",
    "(",
    ")",
    "[",
    "]",
    "=",
    "-",
    "\\",
    "\xe9",
    "[=",
    "$",
)
_LUA_WHOLE = (
    '"}"',
    "'{'",
    '"a\\"}"',
    "'\\'{'",
    '"it\'s {"',
    "[[ } \" ' ]]",
    "[==[ ]] } \n ]=] {{ ]==]",
    "--[[ } \n ' ]]",
    "--[=[ ]] { ]=]",
    "-- } ' \" [[\n",
    "--\n",
    "-- \\\n",
    '"open }\n',
    "don't\n",
    '"a\\\n',
    '""',
    "''",
    "[a[1]]" + " ",
    "t[b[c]]\n",
)
_LUA_NAMES = ("rewrite", "access", "content", "log", "header_filter", "body_filter")
_BREAKING = (";", "{", "}", '"', "'", "\\", "$", "#", "\n", " ", ")", "\0", "\xff", "${", "]]", "[[", "--", "a")
_INTERESTING = frozenset(";{}\"'\\$#\n\r\t )([]-")


def chances(seed: int) -> random.Random:
    """Return a generator of random numbers that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


class Writer:
    """One text, made of what a generator of random numbers chooses."""

    def __init__(self, chance: random.Random, lua: bool) -> None:
        """Begin; `lua` says that Lua blocks are known."""
        self.chance = chance
        self.lua = lua
        self.number = 0

    def unique(self) -> str:
        """Return a number that this text has not had."""
        self.number += 1
        return str(self.number)

    def some(self, pieces: tuple[str, ...], most: int) -> str:
        """Return up to `most` pieces in a row."""
        return "".join(self.chance.choices(pieces, k=self.chance.randint(0, most)))

    def often(self, share: float) -> bool:
        """Return true in this share of all cases."""
        return self.chance.random() < share

    def space(self, *, needed: bool = True) -> str:
        """Return what stands between two tokens: white space and comments."""
        parts = [self.chance.choice(_SPACES)] if needed or self.often(0.5) else []
        while self.often(0.15):
            if not parts and needed:
                continue
            parts += [self.chance.choice(_SPACES), "#", self.some(_COMMENT, 12), "\n", self.some(_SPACES, 1)]
        return "".join(parts)

    def quoted(self, most: int = 8) -> str:
        """Return a quoted token."""
        quote, other = self.chance.choice((("'", '"'), ('"', "'")))
        return quote + self.some((*_IN_QUOTES, other), most) + quote

    def bare(self) -> str:
        """Return a token without quotes."""
        first = self.chance.choice([piece for piece in _BARE if piece not in ("}", "#", '"', "'")])
        return first + self.some(_BARE, 8)

    def tokens(self, most: int = 4) -> str:
        """Return up to `most` tokens, at least one, with what stands before each."""
        parts = []
        for _number in range(self.chance.randint(1, most)):
            parts.append(self.space())
            if self.often(0.5):
                parts.append(self.bare())
                continue
            parts.append(self.quoted())
            while self.often(0.1):
                # Behind a closing quote a parenthesis begins another token.
                parts.append(")" + (self.bare() if self.often(0.5) else ""))
        return "".join(parts)

    def spelled(self, value: str) -> str:
        """Return one of the spellings of a value."""
        quote = self.chance.choice(("", "'", '"'))
        plain = value[0] not in "}#" and not any(letter in value for letter in " \t\r\n;{\"'\\$")
        if quote or plain:
            return quote + value.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'") + quote
        return self.spelled(value)

    def end(self) -> str:
        """Return the end of a simple directive."""
        return self.space(needed=False) + ";"

    def opening(self) -> str:
        """Return the opening brace of a block."""
        return self.space(needed=self.often(0.5)) + "{"

    def free(self) -> str:
        """Return a directive that takes any arguments."""
        return self.spelled("gzip_types") + self.tokens() + self.end()

    def types(self) -> str:
        """Return a block whose entries are a free word and any more of them."""
        entries = [self.tokens() + self.end() for _number in range(self.chance.randint(0, 3))]
        # "include" would be a directive of the block, which the words at hand cannot spell.
        return self.spelled("types") + self.opening() + "".join(entries) + self.space(needed=False) + "}"

    def mapping(self) -> str:
        """Return a block of keys and values."""
        parts = [self.spelled("map"), self.space(), "$uri", self.space(), f"$v{self.unique()}", self.opening()]
        for _number in range(self.chance.randint(0, 3)):
            value = self.chance.choice(("a b", "x;y", "{", "}", "#", '"', "it's", "\\w", "\n", "\xe9"))
            parts += [self.space(needed=False), self.spelled("k" + self.unique() + value), self.space()]
            parts += [self.spelled(self.chance.choice(("v", "a b", "{;}", "'", "\t#"))), self.end()]
        return "".join([*parts, self.space(needed=False), "}"])

    def geo(self) -> str:
        """Return a block of networks."""
        parts = [self.spelled("geo"), self.space(), f"$v{self.unique()}", self.opening()]
        for number in range(self.chance.randint(0, 3)):
            network = self.chance.choice((f"10.0.0.{number}", f"10.{number}.0.0/16"))
            parts += [self.space(needed=False), self.spelled(network), self.space(), self.quoted(4), self.end()]
        return "".join([*parts, self.space(needed=False), "}"])

    def lua_body(self, depth: int = 0) -> str:
        """Return Lua, or what its reader of blocks takes for it."""
        parts = []
        for _number in range(self.chance.randint(0, 6)):
            if depth < 3 and self.often(0.15):
                parts += ["{", self.lua_body(depth + 1), "}"]
            else:
                parts.append(self.chance.choice(self.chance.choice((_LUA_PLAIN, _LUA_WHOLE))))
        return "".join(parts)

    def lua_block(self, name: str) -> str:
        """Return a Lua block."""
        # The module wants more than white space.
        return self.spelled(f"{name}_by_lua_block") + self.opening() + "x" + self.lua_body() + "}"

    def location(self, parent: str, depth: int) -> str:
        """Return a location whose name begins with its parent's."""
        value = parent + "/" + self.unique() + self.chance.choice(("", "", "a b", "{x}", "}", ";", "#", '"', "'", "\\"))
        parts = [self.spelled("location"), self.space(), self.spelled(value), self.opening()]
        parts += self.body(value, depth + 1)
        if self.lua:
            parts += [
                self.space(needed=False) + self.lua_block(name)
                for name in self.chance.sample(_LUA_NAMES, self.chance.randint(0, 3))
            ]
        return "".join([*parts, self.space(needed=False), "}"])

    def body(self, parent: str, depth: int) -> list[str]:
        """Return what stands in a server or a location."""
        parts = []
        for _number in range(self.chance.randint(0, 3)):
            parts.append(self.space(needed=False))
            if depth < DEEPEST and self.often(0.4):
                parts.append(self.location(parent, depth))
            else:
                parts.append(self.free() if self.often(0.7) else self.types())
        return parts

    def server(self) -> str:
        """Return a server."""
        parts = [self.spelled("server"), self.opening(), *self.body("", 0), self.location("", 0)]
        return "".join([*parts, self.space(needed=False), "}"])

    def text(self) -> str:
        """Return what stands in the `http` block."""
        kinds = (self.free, self.types, self.mapping, self.geo, self.server, self.server)
        parts = []
        for _number in range(self.chance.randint(1, 3)):
            parts += [self.space(needed=False), self.chance.choice(kinds)()]
        return "".join([*parts, self.space(needed=False)])


def break_up(chance: random.Random, text: str) -> str:
    """Return the text with one to three random changes, where the reader looks closely."""
    for _number in range(chance.choice((1, 1, 2, 3))):
        places = [at for at, letter in enumerate(text) if letter in _INTERESTING] or [0]
        at = chance.choice(places) + chance.choice((0, 0, 1))
        change = chance.choice(("delete", "insert", "insert", "swap", "truncate", "double"))
        if change == "delete":
            text = text[:at] + text[at + chance.choice((1, 1, 1, 4)) :]
        elif change == "insert":
            text = text[:at] + chance.choice(_BREAKING) + text[at:]
        elif change == "swap":
            text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
        elif change == "truncate":
            text = text[:at]
        else:
            text = text[:at] + text[at : at + 1] * 2 + text[at + 1 :]
    return text
