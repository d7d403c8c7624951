# SPDX-License-Identifier: GPL-3.0-or-later

"""Which packages of the distribution are installed, as dpkg says."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .command import Run, run

# A package's name (Debian policy, section 5.6.1). dpkg-query takes other words for patterns, and apt takes some for
# versions.
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")


def installed(names: Iterable[str], call: Run = run) -> list[str]:
    """Return those packages of a list that are installed in full; a word that is no package's name never is."""
    asked = [name for name in names if _NAME.fullmatch(name)]
    if not asked:
        return []
    said = call(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *asked]).out
    found = {line.partition(" ")[0] for line in said.splitlines() if line.endswith(" installed")}
    return [name for name in asked if name in found]
