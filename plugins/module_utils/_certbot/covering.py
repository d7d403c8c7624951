# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lineage serves a site that has none of its own name: one that is valid for all of its names.

Both who writes site files and who asks the CA decide by this, so that one lineage for two names is not issued twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._host.x509 import Certificate


def covers(names: Iterable[str], name: str) -> bool:
    """Tell whether a certificate for these names is valid for a name, by itself or by a wildcard."""
    return bool({name, f"*.{name.partition('.')[2]}"} & set(names))


def covering(names: Iterable[str], certificates: Mapping[str, Certificate], now: datetime | None = None) -> str:
    """Return the lineage, of those by name, that is valid for all names and lives longest, "" when none is.

    Of several that live equally long it is the first by name.
    """
    wanted = [name.lower() for name in names]
    found = [
        (-certificate.not_after.timestamp(), lineage)
        for lineage, certificate in certificates.items()
        if wanted and not certificate.expired(now) and all(covers(certificate.names, name) for name in wanted)
    ]
    return min(found)[1] if found else ""


def has_pair(live: str, name: str) -> bool:
    """Tell whether a lineage of this name has a certificate and a key."""
    return all(os.path.exists(f"{live}/{name}/{file}.pem") for file in ("fullchain", "privkey"))
