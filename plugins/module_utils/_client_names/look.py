# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as the addresses of a name now: what DNS says, or the last ones where it says nothing of use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from .._dns.addresses import Told, addresses
from .._host.files import read_bytes
from .._host.names import SITE_FILES
from .text import LIMIT, is_file, known_in, usable


class Found(NamedTuple):
    """The addresses of a name, and why they are not just what DNS says, "" where they are."""

    addresses: tuple[str, ...]
    problem: str = ""


def look_up(names: Collection[str], folder: str = SITE_FILES) -> dict[str, Found]:
    """Return what counts of each name, with the last addresses from the files of a folder."""
    told = addresses(names)
    known = last(names, folder)
    return {name: settled(told[name], known.get(name, ())) for name in names}


def last(names: Collection[str], folder: str = SITE_FILES) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses that the files of a folder have of the names."""
    texts: list[str] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in sorted(filter(is_file, os.listdir(folder))):
            with contextlib.suppress(OSError):
                texts.append(read_bytes(os.path.join(folder, name)).decode("latin-1"))
    return known_in(texts, names)


def settled(told: Told, known: Collection[str]) -> Found:
    """Return what counts of a name of which DNS says `told`, and of which `known` are the last addresses."""
    said = [*(told.ipv4 or ()), *(told.ipv6 or ())]
    good = usable(said)
    silent = [version for version, several in ((4, told.ipv4), (6, told.ipv6)) if several is None]
    if not good:
        return Found(tuple(known), _why(said, silent))
    kept = usable([*good, *(each for each in known if (6 if ":" in each else 4) in silent)])
    words = [f"no DNS server answers for its IPv{version} addresses" for version in silent]
    if bad := [each for each in said if not usable([each])]:
        words.append(f"no client of the Internet has its address {bad[0]}, which does not count")
    if len(set(said) - set(bad)) > LIMIT:
        words.append(f"it has more than {LIMIT} addresses, of which the lowest {LIMIT} count")
    return Found(kept, "; ".join(words))


def _why(said: Collection[str], silent: Collection[int]) -> str:
    """Return why there is no address."""
    if said:
        return f"no client of the Internet has its address {next(iter(said))}"
    return "no DNS server answers for it" if silent else "DNS knows no address of it"
