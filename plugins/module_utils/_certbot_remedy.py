# SPDX-License-Identifier: GPL-3.0-or-later

"""What its owner can do about a lineage that is left as it is. Each command can be typed as it is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from ._certbot_lineage import LETSENCRYPT, Lineage, Settings

KINDS = ("cert", "privkey", "chain", "fullchain")


def taken_over(names: Sequence[str], lineage: Lineage, settings: Settings) -> str:
    """Return how a lineage gets these names: in its owner's way, or handed over to our webroot.

    The certificate that is there stays until the new one is: nginx may name it in a file of the owner's.
    """
    every = tuple(dict.fromkeys([*lineage.names, *names]))
    text = f"Have it made anew for {', '.join(every)}, in the way it was made"
    # Other names may not lead to this host, so that the authority would refuse all of them.
    if set(every) != set(names):
        return text
    commands = [*_aside(lineage, settings), _issue(every, lineage, settings)]
    return f"{text}, or hand it over to this collection: `{' && '.join(commands)}`"


def _aside(lineage: Lineage, settings: Settings) -> list[str]:
    """Return what moves folders out of certbot's way, which takes none over without a renewal file."""
    if lineage.renewal is not None:
        return []
    folders = [settings.folder / kind / lineage.name for kind in ("live", "archive")]
    return [
        shlex.join(["mv", str(folder), f"{settings.folder}/{lineage.name}.{folder.parent.name}.old"])
        for folder in folders
        if folder.exists()
    ]


def _issue(names: Sequence[str], lineage: Lineage, settings: Settings) -> str:
    server = [] if settings.server == LETSENCRYPT else ["--server", settings.server]
    words = ["certbot", "certonly", "--non-interactive", "--force-renewal", "--cert-name", lineage.name]
    words += ["--webroot", "-w", str(settings.webroot), *(word for name in names for word in ("-d", name))]
    return shlex.join([*words, "--deploy-hook", settings.renew_hook, *server])


def broken_link(name: str, folder: Path) -> str:
    """Return the first of a lineage's files that certbot would take for damage, "" when there is none."""
    links = (folder / "live" / name / f"{kind}.pem" for kind in KINDS)
    return next((str(link) for link in links if not link.is_symlink() or not link.exists()), "")


def relinked(name: str, folder: Path) -> str:
    """Return how the links of a lineage are put back to the newest files that certbot keeps of it."""
    live, archive = folder / "live" / name, folder / "archive" / name
    found = [re.fullmatch(r"cert(\d+)\.pem", path.name) for path in archive.glob("cert*.pem")]
    numbers = sorted((int(match[1]) for match in found if match), reverse=True)
    whole = (number for number in numbers if all((archive / f"{kind}{number}.pem").is_file() for kind in KINDS))
    newest = next(whole, None)
    if newest is None:
        return f"Put {archive} back from a backup, or remove the rest with `certbot delete --cert-name {name}`"
    files = (str(archive / f"{kind}{newest}.pem") for kind in KINDS)
    links = (str(live / f"{kind}.pem") for kind in KINDS)
    commands = [["ln", "-srf", *pair] for pair in zip(files, links, strict=True)]
    if not live.is_dir():
        commands.insert(0, ["mkdir", str(live)])
    return f"Put the links back: `{' && '.join(map(shlex.join, commands))}`"
