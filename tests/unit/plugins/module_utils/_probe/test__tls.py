# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a handshake shows is the same with and without python3-cryptography, but for a certificate that has ended."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import x509 as ours
from ansible_collections.constellation.edge.plugins.module_utils._probe._tls import TlsFacts, look
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import ProbeError, Target
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from probe_servers import plain, server


def made(folder: Path, *, days: int = 30, organisation: str = "") -> Path:
    """Write a self-signed certificate for localhost that ends in so many days, and its key; return the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    name, now = x509.Name(parts), datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=days, hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (folder / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    unlocked = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, unlocked))
    return folder


def seen(folder: Path, *, vouched: bool = True) -> TlsFacts:
    with server(plain("200 OK"), folder) as port:
        ca_file = str(folder / "cert.pem") if vouched else ""
        return look(Target(f"https://localhost:{port}/", "127.0.0.1", ca_file, timeout=20))


@pytest.fixture(params=[True, False], ids=["library", "ssl"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Read certificates with python3-cryptography, and without."""
    monkeypatch.setattr(ours, "AVAILABLE", request.param)
    return bool(request.param)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("vouched", [True, False])
def test_an_issuer_is_told_with_its_organisation(tmp_path: Path, vouched: bool) -> None:
    facts = seen(made(tmp_path, organisation="Home"), vouched=vouched)
    assert (facts["issuer"], facts["subject_names"]) == ("localhost (Home)", ["localhost"])
    assert (facts["days_left"], facts["trusted"]) == (30, vouched)


def test_a_certificate_that_has_ended_is_told_as_such(tmp_path: Path, library: bool) -> None:
    facts = seen(made(tmp_path, days=-2))
    assert (facts["trusted"], facts["problem"]) == (False, "certificate has expired")
    assert len(facts["sha256"]) == 64
    # The ssl module reads only what it could trust.
    read = ("localhost", ["localhost"], -2) if library else ("", [], None)
    assert (facts["issuer"], facts["subject_names"], facts["days_left"]) == read


def test_a_certificate_that_the_library_cannot_read_leaves_the_rest_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_der: bytes) -> ours.Certificate:
        raise ours.CertificateError("a key of a kind that is not known")

    monkeypatch.setattr(ours, "from_der", refuse)
    facts = seen(made(tmp_path))
    assert (facts["trusted"], facts["version"]) == (True, "TLSv1.3")
    assert (facts["issuer"], facts["not_after"], facts["days_left"]) == ("", "", None)


def test_without_tls_there_is_nothing_to_see() -> None:
    with server(plain("200 OK")) as port, pytest.raises(ProbeError, match="no TLS"):
        look(Target(f"http://localhost:{port}/", "127.0.0.1", timeout=20))
