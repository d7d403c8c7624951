# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: names that an authority does not sign for, whatever else is right: it is not asked for them at each run.

What no public authority may sign is known beforehand; what the authority itself said is remembered, until its URL or
the names change.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._dns.public_names import is_public_authority, private_suffix
from .._host import records
from .._host.names import STATE_FOLDER
from ._output import AGAIN

_RECORD = "refused-names"
FOLDER = STATE_FOLDER


def refusal(lineage: str, names: Sequence[str], server: str) -> str:
    """Return why the authority is not asked for a certificate for these names, "" where it is."""
    private = [name for name in names if private_suffix(name)] if is_public_authority(server) else []
    if private:
        which = " and ".join(f"{name} ends in {private_suffix(name)}" for name in private)
        return (
            f"{which}: no public authority gives a certificate for such a name, so none was asked. Choose a name of a "
            f"public domain, or an authority of your own. {AGAIN}"
        )
    known = records.read(_RECORD, FOLDER).get(lineage)
    if isinstance(known, dict) and (known.get("names"), known.get("server")) == (sorted(names), server):
        file = records.path(_RECORD, FOLDER)
        return f"{known.get('text', '')} It was not asked again; remove {file} to have it asked for the same name."
    return ""


def remember(lineage: str, names: Sequence[str], server: str, text: str) -> None:
    """Keep what an authority said that will not change; with an empty text, that it gave a certificate."""
    record = records.read(_RECORD, FOLDER)
    before = record.pop(lineage, None)
    if text:
        record[lineage] = {"names": sorted(names), "server": server, "text": text}
    if text or before is not None:
        records.write(_RECORD, record, FOLDER)
