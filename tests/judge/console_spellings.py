# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spellings by which a server could find a folder: a code point more or another one, and escapes of all sorts.

What they return is put into a request as Latin-1 characters: each stands for a byte.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

# The first byte of a sequence of UTF-8 by its length; RFC 2279 (1998) still had the last two.
_FIRST = {2: 0xC0, 3: 0xE0, 4: 0xF0, 5: 0xF8, 6: 0xFC}
_LAST_CODE = 0x10FFFF
# From an ASCII character to its full-width twin.
_WIDE = 0xFEE0


def escaped(sequence: bytes) -> str:
    """Return each byte as an escape."""
    return "".join(f"%{byte:02X}" for byte in sequence)


def utf8(code: int) -> bytes:
    """Return a code point in UTF-8, half of a pair as if it were one of its own."""
    return chr(code).encode("utf-8", "surrogatepass")


def units(code: int) -> list[int]:
    """Return a code point as the one or two numbers of UTF-16."""
    both = chr(code).encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(both[at : at + 2], "big") for at in range(0, len(both), 2)]


def cesu8(code: int) -> bytes:
    """Return each half of a pair in UTF-8 (Unicode Technical Report 26, 2002), which lenient readers take."""
    return b"".join(utf8(unit) for unit in units(code))


def percent_u(code: int) -> str:
    """Return a code point as servers of Microsoft once wrote it."""
    return "".join(f"%u{unit:04X}" for unit in units(code))


def overlong(code: int, length: int) -> bytes:
    """Return an ASCII character in 2 to 6 bytes of UTF-8, where one is right."""
    rest = (0x80 | (code >> 6 * place & 0x3F) for place in reversed(range(length - 1)))
    return bytes([_FIRST[length] | code >> 6 * (length - 1), *rest])


def changed(name: str, number: int, seed: int) -> list[str]:
    """Return spellings with one code point of any plane more, or in the place of a letter, in any form."""
    dice = random.Random(seed)  # noqa: S311 - the same spellings each time
    forms = (lambda code: escaped(utf8(code)), lambda code: escaped(cesu8(code)), percent_u)
    return [_changed(name, dice.choice(forms)(_code(dice)), dice) for _each in range(number)]


def _code(dice: random.Random) -> int:
    """Draw from each length of UTF-8 alike: nearly all code points have four bytes, nearly all letters fewer."""
    first, last = dice.choice(((1, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, _LAST_CODE)))
    return dice.randint(first, last)


def _changed(name: str, character: str, dice: random.Random) -> str:
    at = dice.randint(0, len(name))
    return name[:at] + character + name[at + dice.randint(0, 1) :]


def disguises(character: str) -> Iterator[str]:
    """Return an ASCII character in every escaped form that some server has ever resolved, and in some that none has."""
    code = ord(character)
    for sequence in (bytes([code]), *(overlong(code, length) for length in _FIRST)):
        upper = escaped(sequence)
        for once in (upper, upper.lower(), _mixed(upper, 0), _mixed(upper, 1)):
            twice = once.replace("%", "%25")
            yield from (once, twice, twice.replace("%", "%25"), twice.replace("%25", "%%32%35"))
        # The digits of an escape are escaped, and all of it is.
        yield "".join(f"%{escaped(f'{byte:02X}'.encode())}" for byte in sequence)
        yield escaped(upper.encode())
        if len(sequence) > 1:
            yield sequence.decode("latin-1")
    wide = code + _WIDE
    yield from (percent_u(code), percent_u(code).lower(), f"%U{code:04X}", percent_u(wide), escaped(utf8(wide)))
    yield from (f"%25u{code:04X}", f"%2525u{code:04x}", f"%{escaped(f'u{code:04X}'.encode())}")
    yield from (f"\\u{code:04x}", f"\\x{code:02x}", f"&#x{code:x};", f"&#{code};", f"%5cu{code:04x}")


def _mixed(text: str, first: int) -> str:
    """Return every other hexadecimal letter small, from the first or the second one on."""
    letters = [at for at, letter in enumerate(text) if letter.isalpha()][first::2]
    return "".join(letter.lower() if at in letters else letter for at, letter in enumerate(text))


def disguised(name: str) -> list[str]:
    """Return a folder's path behind a base, with one of its characters disguised, or all letters alike."""
    found: list[str] = []
    for at, letter in enumerate(name):
        found += [f"/{name[:at]}{each}{name[at + 1 :]}" for each in disguises(letter)]
    for slash in "/\\":
        found += [f"{before}{each}{name}" for before in ("", "/", "/x") for each in disguises(slash)]
        found += [f"/x{each}..{each}{name}" for each in disguises(slash)]
    found += [f"/x/{each}{each}/{name}" for each in disguises(".")]
    found += ["/" + "".join(letters) for letters in zip(*map(disguises, name), strict=True)]
    return list(dict.fromkeys(found))
