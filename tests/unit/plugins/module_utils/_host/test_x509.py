# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are read from their own bytes."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import x509
from ansible_collections.constellation.edge.plugins.module_utils._host.x509 import CertificateError, from_der, read_pair

EC = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def make(folder: Path, key: tuple[str, ...] = EC, subject: str = "/CN=Some CA/O=Someone", names: str = "") -> Path:
    folder.mkdir()
    command = ["openssl", "req", "-x509", "-nodes", "-days", "10", "-set_serial", "0xabc123", "-newkey", *key]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"), "-subj", subject]
    command += ["-addext", f"subjectAltName={names}"] if names else []
    subprocess.run(command, check=True, capture_output=True)
    return folder


def pair(folder: Path) -> tuple[Path, Path]:
    return folder / "fullchain.pem", folder / "privkey.pem"


def test_facts(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", names="DNS:b.example.org,DNS:A.example.org,IP:192.168.0.1")
    facts, fits = read_pair(*pair(folder))
    assert fits
    assert facts.names == ("192.168.0.1", "a.example.org", "b.example.org")
    assert facts.issuer == "Some CA (Someone)"
    assert facts.key_type == "ecdsa"
    assert facts.serial == "abc123"
    assert facts.days_left() == 9
    assert facts.not_after_text == facts.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert not facts.expired()
    assert facts.expired(datetime.now(timezone.utc) + timedelta(days=11))
    assert facts.days_left(datetime.now(timezone.utc) + timedelta(days=11)) < 0


def test_only_the_first_of_a_chain_counts(tmp_path: Path) -> None:
    first = make(tmp_path / "a", names="DNS:first.example.org")
    second = make(tmp_path / "b", names="DNS:second.example.org")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join((folder / "fullchain.pem").read_bytes() for folder in (first, second)))
    assert read_pair(chain, first / "privkey.pem")[0].names == ("first.example.org",)


@pytest.mark.parametrize(("subject", "issuer"), [("/CN=Only", "Only"), ("/O=Someone", "Someone"), ("/C=FR", "C=FR")])
def test_issuer_of_which_little_is_known(tmp_path: Path, subject: str, issuer: str) -> None:
    facts, _fits = read_pair(*pair(make(tmp_path / "a", ("rsa:2048",), subject)))
    assert (facts.issuer, facts.names, facts.key_type) == (issuer, (), "rsa")


def test_key_of_another_kind(tmp_path: Path) -> None:
    assert read_pair(*pair(make(tmp_path / "a", ("ed25519",))))[0].key_type == "other"


def test_key_of_another_certificate(tmp_path: Path) -> None:
    one, other = make(tmp_path / "a"), make(tmp_path / "b")
    assert read_pair(one / "fullchain.pem", other / "privkey.pem")[1] is False


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_that_are_no_certificate(tmp_path: Path, content: bytes) -> None:
    folder = make(tmp_path / "a")
    (folder / "fullchain.pem").write_bytes(content)
    with pytest.raises(CertificateError, match=r"fullchain.pem: (holds no|not a) certificate"):
        read_pair(*pair(folder))


def test_files_that_are_no_key(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    (folder / "privkey.pem").write_bytes(b"")
    with pytest.raises(CertificateError, match=r"privkey.pem: not a private key"):
        read_pair(*pair(folder))
    (folder / "privkey.pem").unlink()
    with pytest.raises(CertificateError, match=r"privkey.pem: No such file"):
        read_pair(*pair(folder))


def test_bytes_that_are_no_certificate() -> None:
    with pytest.raises(CertificateError, match="not a certificate"):
        from_der(b"\x30\x00")


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x509, "AVAILABLE", False)
    with pytest.raises(CertificateError, match="install the package certbot"):
        read_pair(*pair(tmp_path))
