# SPDX-License-Identifier: GPL-3.0-or-later

"""What its owner can do about a lineage that is left as it is. Each command can be typed as it is printed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from ._links import KINDS, versions
from ._plugin import installing, is_missing
from .lineage import LETSENCRYPT, CertbotSettings, Lineage


def taken_over(names: Sequence[str], lineage: Lineage, settings: CertbotSettings, key_type: str = "") -> str:
    """Return how a lineage gets these names: in its owner's way, or handed over to our webroot.

    The certificate that is there stays until the new one is: nginx may name it in a file of the owner's. `key_type` is
    that of the new one; without it, the old one's.
    """
    known = lineage.certificate.key_type if lineage.certificate else ""
    key_type = key_type or (known if known in ("ecdsa", "rsa") else "ecdsa")
    every = tuple(dict.fromkeys([*lineage.names, *names]))
    text = f"Have it made anew for {', '.join(every)}, in the way it was made"
    # Other names may not lead to this host, so that the authority would refuse all of them; none proves a wildcard.
    if set(every) != set(names) or any(name.startswith("*") for name in every):
        return text
    # Certbot takes no folder that is not there.
    folder = [] if settings.webroot.is_dir() else [shlex.join(["mkdir", "-p", str(settings.webroot)])]
    commands = [*_aside(lineage, settings), *folder, _issue(every, key_type, lineage, settings)]
    return f"{text}, or hand it over to this collection: `{' && '.join(commands)}`"


def renewable(lineage: Lineage, settings: CertbotSettings) -> str:
    """Return what makes certbot renew a lineage whose renewal file it can read."""
    authenticator = lineage.renewal.authenticator if lineage.renewal else ""
    if lineage.renewal and authenticator == "manual" and not lineage.renewal.auth_hook:
        return taken_over(lineage.names, lineage, settings)
    if is_missing(authenticator):
        return f"{installing(authenticator)}, and see what `certbot renew --dry-run` says"
    return "Correct the file, and see what `certbot renew --dry-run` says"


def leftovers(name: str, settings: CertbotSettings) -> list[Path]:
    """Return what certbot takes no new lineage of this name beside: folders that hold something, a renewal file."""
    folders = [settings.folder / kind / name for kind in ("live", "archive")]
    found = [path for path in folders if path.exists() and (not path.is_dir() or any(path.iterdir()))]
    file = settings.renewal_file(name)
    return [*found, file] if file.exists() else found


def moved_aside(paths: Sequence[Path], settings: CertbotSettings) -> list[str]:
    """Return the commands that move paths out of certbot's way, each to a name that is free."""
    return [shlex.join(["mv", str(path), str(_free(path, settings))]) for path in paths]


def _free(path: Path, settings: CertbotSettings) -> Path:
    name = path.name.removesuffix(".conf")
    wanted = settings.folder / f"{name}.{path.parent.name}.old"
    number = 1
    while wanted.exists():
        number += 1
        wanted = settings.folder / f"{name}.{path.parent.name}.old{number}"
    return wanted


def _aside(lineage: Lineage, settings: CertbotSettings) -> list[str]:
    """Return what moves folders out of certbot's way, which takes none over without a renewal file that it can read."""
    usable = lineage.renewal is not None and not lineage.broken
    return [] if usable else moved_aside(leftovers(lineage.name, settings), settings)


def _issue(names: Sequence[str], key_type: str, lineage: Lineage, settings: CertbotSettings) -> str:
    server = [] if settings.server == LETSENCRYPT else ["--server", settings.server]
    words = ["certbot", "certonly", "--non-interactive", "--force-renewal", "--cert-name", lineage.name]
    words += ["--key-type", key_type]
    words += ["--webroot", "-w", str(settings.webroot), *(word for name in names for word in ("-d", name))]
    return shlex.join([*words, "--deploy-hook", settings.renew_hook, *server])


def relinked(name: str, folder: Path) -> str:
    """Return how the links of a lineage are put back to the newest files that certbot keeps of it."""
    live, archive = folder / "live" / name, folder / "archive" / name
    newest = next(iter(reversed(versions(archive))), None)
    if newest is None:
        return f"Put {archive} back from a backup, or remove the rest with `certbot delete --cert-name {name}`"
    files = (str(archive / f"{kind}{newest}.pem") for kind in KINDS)
    links = (str(live / f"{kind}.pem") for kind in KINDS)
    commands = [["ln", "-srf", *pair] for pair in zip(files, links, strict=True)]
    if not live.is_dir():
        commands.insert(0, ["mkdir", str(live)])
    return f"Put the links back: `{' && '.join(map(shlex.join, commands))}`"
