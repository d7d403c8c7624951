# SPDX-License-Identifier: GPL-3.0-or-later

"""What an X.509 certificate says, read from its own bytes and never from a program's text.

This is the one file that needs more than the standard library: ``python3-cryptography``, which certbot brings.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import EdgeError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import NameOID

    AVAILABLE = True
except ImportError:  # a host on which certbot was never installed
    AVAILABLE = False

if TYPE_CHECKING:
    from typing import Any

MISSING = (
    f"{sys.executable} has no python3-cryptography: install the package certbot, which brings it to /usr/bin/python3, "
    "and have the modules run by that: ansible_python_interpreter: /usr/bin/python3"
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class CertificateError(EdgeError):
    """A certificate or its key cannot be read; the message names the file and the reason."""


@dataclass(frozen=True)
class Certificate:
    """The facts of one certificate.

    ``names`` are the DNS names and addresses it is valid for, in lower case and sorted; ``key_type`` is ``ecdsa``,
    ``rsa`` or ``other``; ``serial`` is hexadecimal without separators; ``not_after`` is in UTC.
    """

    names: tuple[str, ...]
    issuer: str
    not_after: datetime
    key_type: str
    serial: str

    @property
    def not_after_text(self) -> str:
        """The end of validity as ISO 8601, for example ``2026-11-01T10:00:00Z``."""
        return self.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")

    def days_left(self, now: datetime | None = None) -> int:
        """Return the whole days until the certificate ends, negative when it has ended."""
        return (self.not_after - (now or datetime.now(timezone.utc))).days

    def expired(self, now: datetime | None = None) -> bool:
        """Tell whether the end of validity has passed."""
        return self.not_after <= (now or datetime.now(timezone.utc))


def pem_blocks(content: bytes) -> list[bytes]:
    """Return the certificates of a chain, each in PEM form with its line break."""
    return [block + b"\n" for block in _PEM.findall(content)]


def from_der(data: bytes) -> Certificate:
    """Return the facts of a certificate in DER form.

    Raises CertificateError when the bytes are no certificate, or python3-cryptography is missing.
    """
    _require_library()
    try:
        return _facts(x509.load_der_x509_certificate(data))
    except ValueError as error:
        raise CertificateError(f"not a certificate: {error}") from error


def read_pair(fullchain: Path, privkey: Path) -> tuple[Certificate, bool]:
    """Return the facts of the first certificate of a chain file, and whether the key file belongs to it.

    Raises CertificateError when a file is missing or unreadable, or python3-cryptography is missing.
    """
    _require_library()
    leaf = _load(fullchain)
    try:
        key = serialization.load_pem_private_key(_read(privkey), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{privkey}: not a private key that can be read without a password") from error
    return _facts(leaf), _public_bytes(key.public_key()) == _public_bytes(leaf.public_key())


def certificates_below(live: str) -> dict[str, Certificate]:
    """Return the certificates of the lineages below a folder whose key fits, by the lineage's name."""
    found: dict[str, Certificate] = {}
    for name in sorted(os.listdir(live)) if os.path.isdir(live) else []:
        try:
            certificate, fits = read_pair(Path(live, name, "fullchain.pem"), Path(live, name, "privkey.pem"))
        except CertificateError:
            continue
        if fits:
            found[name] = certificate
    return found


def _require_library() -> None:
    if not AVAILABLE:
        raise CertificateError(MISSING)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path}: {error.strerror}") from error


def _load(path: Path) -> x509.Certificate:
    # Only the first block: older versions of the library are not clear about what they do with the rest of a chain.
    block = _PEM.search(_read(path))
    if block is None:
        raise CertificateError(f"{path}: holds no certificate")
    try:
        return x509.load_pem_x509_certificate(block.group(0))
    except ValueError as error:
        raise CertificateError(f"{path}: not a certificate: {error}") from error


def _facts(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        names=_names(certificate),
        issuer=_issuer(certificate.issuer),
        not_after=_not_after(certificate),
        key_type=_key_type(certificate.public_key()),
        serial=f"{certificate.serial_number:x}",
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()
    dns = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return tuple(sorted({*dns, *(str(address) for address in names.get_values_for_type(x509.IPAddress))}))


def _issuer(name: x509.Name) -> str:
    """Return ``common name (organisation)``, or what there is of it."""
    common = [str(part.value) for part in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    organisation = [str(part.value) for part in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if common and organisation:
        return f"{common[0]} ({organisation[0]})"
    return (common + organisation + [name.rfc4514_string()])[0]


def _not_after(certificate: x509.Certificate) -> datetime:
    # The attribute with a time zone is new in version 42; before, the same moment is given without one.
    aware: datetime | None = getattr(certificate, "not_valid_after_utc", None)
    return aware if aware is not None else certificate.not_valid_after.replace(tzinfo=timezone.utc)


def _key_type(key: Any) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ecdsa"
    return "rsa" if isinstance(key, rsa.RSAPublicKey) else "other"


def _public_bytes(key: Any) -> bytes:
    data: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return data
