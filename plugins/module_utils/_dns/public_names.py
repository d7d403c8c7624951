# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: names for which no public certificate authority gives a certificate, and which authorities are public."""

from __future__ import annotations

from urllib.parse import urlsplit

# Names that are nobody's in the public DNS, so that a public authority must refuse them (CA/Browser Forum, Baseline
# Requirements section 4.2.2: no internal names), each with who says so. Looked up 2026-11-29.
PRIVATE_SUFFIXES = {
    "test": "RFC 6761 (2013)",
    "example": "RFC 6761 (2013)",
    "invalid": "RFC 6761 (2013)",
    "localhost": "RFC 6761 (2013)",
    "local": "RFC 6762 (2013)",
    "home.arpa": "RFC 8375 (2018)",
    "onion": "RFC 7686 (2015)",
    "alt": "RFC 9476 (2023)",
    "internal": "ICANN's Board, resolution 2024.07.29.06",
    "home": "ICANN's Board, resolution 2018.02.04.12",
    "corp": "ICANN's Board, resolution 2018.02.04.12",
    "mail": "ICANN's Board, resolution 2018.02.04.12",
    "lan": "RFC 6762 (2013), appendix G",
    "intranet": "RFC 6762 (2013), appendix G",
    "private": "RFC 6762 (2013), appendix G",
    "localdomain": "not in the DNS root",
    # In the public DNS since 2024, and its maker's; the routers answer for it in the house.
    "fritz.box": "the name of AVM's routers",
}
# Hosts of the ACME directories that sign for everybody, as their documentation names them. Any other authority is one
# of the owner's own, which may sign what it likes.
PUBLIC_AUTHORITIES = frozenset(
    {
        "acme-v02.api.letsencrypt.org",
        "acme-staging-v02.api.letsencrypt.org",
        "acme.zerossl.com",
        "api.buypass.com",
        "api.test4.buypass.no",
        "dv.acme-v02.api.pki.goog",
        "dv.acme-v02.test-api.pki.goog",
        "acme.ssl.com",
    }
)


def private_suffix(name: str) -> str:
    """Return the end of a name that makes it private, with its dot; the name itself where it has no dot, else ""."""
    bare = name.lower().rstrip(".")
    if "." not in bare:
        return bare
    return next((f".{suffix}" for suffix in PRIVATE_SUFFIXES if f".{bare}".endswith(f".{suffix}")), "")


def is_public_authority(server: str) -> bool:
    """Tell whether the certificate authority with this ACME directory is one of those that everybody can ask."""
    return (urlsplit(server).hostname or "") in PUBLIC_AUTHORITIES
