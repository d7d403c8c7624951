# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of services, as they come with devices: made for a test, with what one in a hundred has."""

from __future__ import annotations

import functools
import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class Made:
    """A certificate and its key, both in PEM."""

    pem: str
    key: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, in hexadecimal digits."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


@functools.cache
def _key(bits: int) -> Any:
    return rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1())


def made(
    name: str = "nas.home.test",
    names: Sequence[str] = (),
    *,
    ca: bool | None = False,
    usages: Sequence[str] = (),
    purpose: x509.ObjectIdentifier | None = None,
    extension: x509.ExtensionType | None = None,
    days: int = 30,
    bits: int = 0,
    issuer: str = "",
) -> Made:
    """Return a certificate with a common name and further ones.

    `ca` is None where nothing is said of it. `days` are those until it ends. Of the key `bits` are RSA's, 0 for an
    elliptic curve. `issuer` names an authority whose key signs it; else it is self-signed.
    """
    key, now = _key(bits), datetime.now(timezone.utc)
    signs = ec.generate_private_key(ec.SECP256R1()) if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject
    builder = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=days, hours=1))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usages:
        builder = builder.add_extension(x509.KeyUsage(**{each: each in usages for each in _USAGES}), critical=True)
    if purpose:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if extension:
        builder = builder.add_extension(extension, critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([*map(_general, names)]), critical=False)
    unlocked, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    return Made(
        builder.sign(signs, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(serialization.Encoding.PEM, form, unlocked).decode(),
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
