# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server shows of itself in the TLS handshake."""

from __future__ import annotations

import hashlib
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from .._host import x509
from .connection import ProbeError, Target, connect, opened


class TlsFacts(TypedDict):
    """The connection and its certificate; what could not be read is empty. ``problem`` is why it is not trusted."""

    version: str
    cipher: str
    issuer: str
    subject_names: list[str]
    not_after: str
    days_left: int | None
    trusted: bool
    sha256: str
    problem: str


@dataclass(frozen=True)
class _Shown:
    version: str
    cipher: str
    der: bytes
    decoded: dict[str, Any]


def look(target: Target) -> TlsFacts:
    """Return the TLS facts of a target, whether or not its certificate is trusted.

    Raises ProbeError when there is no TLS at all.
    """
    try:
        shown, problem = _handshake(target), ""
    except ssl.SSLCertVerificationError as error:
        problem = error.verify_message or str(error)
        shown = _handshake(replace(target, verify=False))
    issuer, names, not_after, days = _read(shown, target)
    return TlsFacts(
        version=shown.version,
        cipher=shown.cipher,
        issuer=issuer,
        subject_names=names,
        not_after=not_after,
        days_left=days,
        trusted=not problem,
        sha256=hashlib.sha256(shown.der).hexdigest(),
        problem=problem,
    )


def _handshake(target: Target) -> _Shown:
    with opened(target) as used:
        if not isinstance(used, ssl.SSLSocket):
            raise ProbeError(f"{target.url}: no TLS")
        cipher = used.cipher()
        return _Shown(
            version=used.version() or "",
            cipher=cipher[0] if cipher else "",
            der=used.getpeercert(binary_form=True) or b"",
            decoded=dict(used.getpeercert() or {}),
        )


def _read(shown: _Shown, target: Target) -> tuple[str, list[str], str, int | None]:
    """Return issuer, names, end and days left, by python3-cryptography where it is, else by the ssl module."""
    if x509.AVAILABLE:
        try:
            facts = x509.from_der(shown.der)
        except x509.CertificateError:
            return "", [], "", None
        return facts.issuer, list(facts.names), facts.not_after_text, facts.days_left()
    decoded = shown.decoded or _decode(shown.der, target)
    if not decoded:
        return "", [], "", None
    issuer = _attributes(decoded.get("issuer", ()))
    common, organisation = issuer.get("commonName", ""), issuer.get("organizationName", "")
    text = f"{common} ({organisation})" if common and organisation else common or organisation
    names = sorted(str(value).lower() for _kind, value in decoded.get("subjectAltName", ()))
    end = ssl.cert_time_to_seconds(str(decoded["notAfter"]))
    return text, names, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)), int((end - time.time()) // 86400)


def _decode(der: bytes, target: Target) -> dict[str, Any]:
    """Have the ssl module read a certificate that is not trusted.

    It reads only what it has verified, so that one more handshake trusts just this certificate. One that has ended
    stays unread.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=der)
        with connect(target.address or target.host, target.port, target.timeout) as plain:
            plain.settimeout(target.timeout)
            with context.wrap_socket(plain, server_hostname=target.host) as used:
                return dict(used.getpeercert() or {})
    except (OSError, ValueError, ProbeError):
        return {}


def _attributes(name: Iterable[Iterable[tuple[str, str]]]) -> dict[str, str]:
    return {key: value for part in name for key, value in part}
