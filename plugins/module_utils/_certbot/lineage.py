# SPDX-License-Identifier: GPL-3.0-or-later

"""Lineages of certbot as they are on disk: the certificate, and what certbot remembers for its renewal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .._host import x509
from .._host.files import read_bytes
from .._host.names import WEBROOT
from .._host.x509 import Certificate, CertificateError
from .._transaction.recovery import HOST, Places
from ._interpolation import RenewalError
from ._renewal import RenewalFile, first, items

LETSENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
RELOAD = "systemctl reload nginx"


@dataclass(frozen=True)
class CertbotSettings:
    """What all lineages share. ``timeout`` is in seconds for each certificate; folder and log are certbot's own."""

    email: str = ""
    server: str = LETSENCRYPT
    webroot: Path = Path(WEBROOT)
    renew_hook: str = RELOAD
    timeout: int = 300
    folder: Path = Path("/etc/letsencrypt")
    log: Path = Path("/var/log/letsencrypt/letsencrypt.log")
    host: Places = HOST

    @property
    def records(self) -> Path:
        """The folder of the renewal files as they were before they were changed to our webroot."""
        return Path(self.host.state, "renewal")

    def renewal_file(self, name: str) -> Path:
        """Return where certbot remembers how a lineage is renewed."""
        return self.folder / "renewal" / f"{name}.conf"


@dataclass(frozen=True)
class Renewal:
    """What certbot remembers about a lineage for its renewal; an empty string stands for an entry that is not there.

    ``folder`` is where the challenges go of the names that ``folders`` does not have. ``challenges`` are the only ones
    that may be used, any where there are none; ``auth_hook`` is what the authenticator manual runs.
    """

    server: str = ""
    authenticator: str = ""
    installer: str = ""
    hook: str = ""
    pre_hook: str = ""
    post_hook: str = ""
    folder: str = ""
    folders: dict[str, str] = field(default_factory=dict)
    challenges: tuple[str, ...] = ()
    auth_hook: str = ""

    def folder_of(self, name: str) -> str:
        """Return where certbot puts the challenge of a name."""
        return self.folders.get(name, self.folder)

    def webroots(self, names: Iterable[str] = ()) -> tuple[str, ...]:
        """Return all folders, of the names and of others."""
        used = [*self.folders.values(), *(self.folder_of(name) for name in names)]
        return tuple(dict.fromkeys(used or [self.folder]))


@dataclass(frozen=True)
class Lineage:
    """A lineage on disk. ``certificate`` is None when there is none that can be used, ``fault`` then says why.

    ``moved`` tells that its renewal was changed to our webroot: its names and its key stay its owner's. ``broken`` says
    why certbot cannot read its renewal file; one that is empty, as a certbot that failed leaves it, counts as none.
    """

    name: str
    fullchain: Path
    privkey: Path
    certificate: Certificate | None = None
    renewal: Renewal | None = None
    fault: str = ""
    moved: bool = False
    broken: str = ""

    @property
    def absent(self) -> bool:
        """Tell whether nothing is there at all."""
        return self.certificate is None and self.renewal is None and not self.fault

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the certificate; without one, those that certbot has a folder for."""
        if self.certificate is not None:
            return self.certificate.names
        return tuple(self.renewal.folders) if self.renewal is not None else ()


def parse_renewal(content: bytes) -> Renewal:
    """Return what a ``renewal/NAME.conf`` says. Raises RenewalError for what certbot cannot read."""
    file = RenewalFile(content)
    params = file.params

    def said(key: str) -> str:
        text = first(params.get(key, ""))
        return "" if text == "None" else text

    return Renewal(
        server=said("server"),
        authenticator=said("authenticator"),
        installer=said("installer"),
        hook=said("renew_hook"),
        pre_hook=said("pre_hook"),
        post_hook=said("post_hook"),
        folder=(items(params.get("webroot_path", "")) or [""])[-1],
        folders=file.webroot_map,
        challenges=tuple(each.strip() for each in items(params.get("pref_challs", ""))),
        auth_hook=said("manual_auth_hook"),
    )


def read_lineage(name: str, settings: CertbotSettings) -> Lineage:
    """Return what is on disk of a lineage. Nothing of it is an error: what cannot be used is its ``fault``."""
    live = settings.folder / "live" / name
    fullchain, privkey = live / "fullchain.pem", live / "privkey.pem"
    renewal, broken = _renewal(name, settings)
    moved = (settings.records / f"{name}.conf").exists()
    certificate, fault = None, ""
    if os.path.lexists(fullchain):
        try:
            certificate, fits = x509.read_pair(fullchain, privkey)
        except CertificateError as error:
            fits, fault = True, str(error)
        if not fits:
            certificate, fault = None, f"{privkey}: the key does not belong to the certificate"
    return Lineage(name, fullchain, privkey, certificate, renewal, fault, moved, broken)


def _renewal(name: str, settings: CertbotSettings) -> tuple[Renewal | None, str]:
    try:
        content = read_bytes(str(settings.renewal_file(name)))
        return (parse_renewal(content), "") if content.strip() else (None, "")
    except OSError:
        return None, ""
    except RenewalError as error:
        return Renewal(), str(error)


def not_ours(lineage: Lineage, settings: CertbotSettings) -> str:
    """Return why a lineage is the owner's own, which certbot must not be asked to replace, or an empty string.

    Ours are those that are renewed through our webroot alone: another one belongs to a setup that is not known here,
    and a new certificate would take its names, its folder and its hook away.
    """
    if lineage.absent:
        return ""
    if lineage.renewal is None:
        return "certbot has no renewal file for it"
    if lineage.broken:
        return f"certbot cannot read its renewal file: {lineage.broken}"
    if lineage.renewal.authenticator != "webroot":
        return f"it was made with certbot's authenticator {lineage.renewal.authenticator or '(none)'}"
    folders = [folder for folder in lineage.renewal.webroots(lineage.names) if folder]
    if {os.path.abspath(folder) for folder in folders} != {os.path.abspath(settings.webroot)}:
        return f"certbot renews it through {', '.join(folders) or 'no folder'}, not {settings.webroot}"
    return ""
