# SPDX-License-Identifier: GPL-3.0-or-later

"""The files below ``live/NAME`` have to be links to those of ``archive/NAME``, or certbot skips the lineage for ever.

A backup that follows links leaves plain files. The links are put back to the same content, so that no CA is asked: to
the version that certbot keeps of it, or to one that is made of it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .._host.x509 import pem_blocks
from .._transaction.changes import Change, Link, Write

KINDS = ("cert", "privkey", "chain", "fullchain")
_KEY_MODE, _MODE = 0o600, 0o644


def broken_link(name: str, folder: Path) -> str:
    """Return the first of a lineage's files that certbot would take for damage, "" when there is none."""
    links = (folder / "live" / name / f"{kind}.pem" for kind in KINDS)
    return next((str(link) for link in links if not link.is_symlink() or not link.exists()), "")


def relinking(name: str, folder: Path) -> tuple[Change, ...]:
    """Return what makes links of a lineage's files; nothing where they are, or where nothing whole is left of it.

    Raises OSError where a file cannot be read.
    """
    live, archive = folder / "live" / name, folder / "archive" / name
    if not broken_link(name, folder) or live.is_symlink():
        return ()
    contents, numbers = _contents(live), versions(archive)
    if contents is None:
        return _links(live, archive, numbers[-1]) if numbers else ()
    number = next((each for each in reversed(numbers) if _kept(archive, each) == contents), None)
    if number is not None:
        return _links(live, archive, number)
    number = max(_all_numbers(archive), default=0) + 1
    writes = (
        Write(str(archive / f"{kind}{number}.pem"), contents[kind], mode=_KEY_MODE if kind == "privkey" else _MODE)
        for kind in KINDS
    )
    return (*writes, *_links(live, archive, number))


def shown(changes: tuple[Change, ...]) -> list[dict[str, str]]:
    """Return Ansible's diff of the changes: what each file is, without what is in it, since one is a key."""
    return [
        {
            "before_header": change.path,
            "after_header": change.path,
            "before": ""
            if isinstance(change, Write) or not os.path.lexists(change.path)
            else "a file or a dead link\n",
            "after": f"a link to {change.target}\n" if isinstance(change, Link) else "a file with the same content\n",
        }
        for change in changes
    ]


def versions(archive: Path) -> list[int]:
    """Return the numbers of the versions that are whole, the newest one last."""
    return sorted(
        number for number in _all_numbers(archive) if all((archive / f"{kind}{number}.pem").is_file() for kind in KINDS)
    )


def _all_numbers(archive: Path) -> set[int]:
    found = [re.fullmatch(rf"(?:{'|'.join(KINDS)})([0-9]+)\.pem", path.name) for path in archive.glob("*.pem")]
    return {int(match[1]) for match in found if match}


def _links(live: Path, archive: Path, number: int) -> tuple[Change, ...]:
    return tuple(
        Link(str(live / f"{kind}.pem"), os.path.relpath(archive / f"{kind}{number}.pem", live)) for kind in KINDS
    )


def _kept(archive: Path, number: int) -> dict[str, bytes]:
    return {kind: (archive / f"{kind}{number}.pem").read_bytes() for kind in KINDS}


def _contents(live: Path) -> dict[str, bytes] | None:
    """Return what each file holds or would hold, None where the certificate or its key is not there."""
    if not all((live / f"{kind}.pem").is_file() for kind in ("fullchain", "privkey")):
        return None
    fullchain = (live / "fullchain.pem").read_bytes()
    blocks = pem_blocks(fullchain)
    parts = {"cert": b"".join(blocks[:1]), "chain": b"".join(blocks[1:])}
    found = {"fullchain": fullchain, "privkey": (live / "privkey.pem").read_bytes()}
    for kind, part in parts.items():
        file = live / f"{kind}.pem"
        found[kind] = file.read_bytes() if file.is_file() else part
    return found
