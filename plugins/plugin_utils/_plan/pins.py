# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which certificate a service must show: the one that the host holds, else one that is learned or accepted."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ...module_utils._host.names import SITE_FILES
from .._features._pins import PIN, fingerprint_of, is_pinned, pin_file
from .._features.place import Pinned
from .._inventory.schema import Problem, written_routes
from .._inventory.site import Route, Site

# ansible-core brings it; the files are also imported without, to learn whether their other imports are right.
with contextlib.suppress(ImportError):
    from cryptography import x509
    from cryptography.x509.oid import NameOID

# What nginx takes as it stands: it would put the values of variables into `proxy_ssl_name`, and cut a port off.
_USABLE = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9 _.-]*[A-Za-z0-9_])?")
# OpenSSL's words (crypto/x509/x509_txt.c, 3.0 to 3.5) for a certificate that others must vouch for.
_SIGNED_BY_OTHERS = ("unable to get local issuer certificate", "unable to get issuer certificate")
_CA_FILE = "give the CA file, `verify: FILE` with the certificate of the authority that signed it"
Found = Mapping[str, Mapping[str, str]]


class UnusableCertificateError(ValueError):
    """A certificate that no service can be held to; the text says why and what to do."""


@dataclass
class Pins:
    """What was decided: certificates by the names of their files, what keeps the run from beginning, and notes."""

    held: dict[str, Pinned] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Service:
    """A service, the fingerprint that an owner wrote, "" for none, and what `edge_preflight` found."""

    route: Route
    wanted: str
    held: str
    seen: str
    fault: str

    @property
    def url(self) -> str:
        """As it stands in messages."""
        return self.route.upstream.url


def pins(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], found: Found) -> Pins:
    """Return which certificate counts for each service that has one alone.

    `raw` is `edge_sites` as it was written, `found` what `edge_preflight` says.
    """
    decided = Pins()
    routes = [each for each in written_routes(raw, sites) if is_pinned(each[2])]
    for file in dict.fromkeys(pin_file(route) for _entry, _site, route in routes):
        concerned = [each for each in routes if pin_file(each[2]) == file]
        wanted = next(filter(None, (_fingerprint_said(route) for _entry, _site, route in concerned)), "")
        service = _Service(concerned[0][2], wanted, **found.get(file, {"held": "", "seen": "", "fault": "not asked"}))
        try:
            pem = _counting(service, file)
            decided.held[file] = Pinned(pem, _name(pem, service.route))
        except UnusableCertificateError as error:
            decided.problems += [
                Problem(f"site {site.name}, route {route.path}", f"upstream_tls: {error}", entry["upstream_tls"])
                for entry, site, route in concerned
            ]
            continue
        places = ", ".join(route.found_at(site.name) for _entry, site, route in concerned)
        decided.notes += [f"{places}: {text}" for text in _notes(service, pem)]
    return decided


def _fingerprint_said(route: Route) -> str:
    return fingerprint_of(route.upstream_tls["verify"])


def _counting(service: _Service, file: str) -> str:
    """Return the certificate that counts; raise UnusableCertificateError where there is none."""
    held = _only(service.held, f"{SITE_FILES}/{file}") if service.held else ""
    if held and service.wanted in ("", _fingerprint(held)):
        return held
    _refuse_seen(service)
    return service.seen


def _refuse_seen(service: _Service) -> None:
    """Raise UnusableCertificateError where the certificate that a service shows cannot become the one that counts."""
    if not service.seen:
        raise UnusableCertificateError(
            f"{service.url} showed no certificate that could be learned ({service.fault}): start the service and run "
            "again. Where it asks for a name (SNI), write `name: NAME`; until it runs, `verify: false` does without"
        )
    shown = _fingerprint(service.seen)
    if service.wanted and shown != service.wanted:
        raise UnusableCertificateError(
            f"{service.url} shows the certificate sha256:{shown}, not sha256:{service.wanted}: where it is the "
            f"service's own, write `{_line(service.route, shown)}`; else look at who answers there"
        )
    if service.fault in _SIGNED_BY_OTHERS:
        issuer = _certificate(service.seen).issuer.rfc4514_string()
        raise UnusableCertificateError(
            f"the certificate of {service.url} is not self-signed, but signed by {issuer!r}: {_CA_FILE}"
        )
    if service.fault:
        raise UnusableCertificateError(
            f"nginx would not take the certificate of {service.url} ({service.fault}): have the service make a new "
            f"one, or {_CA_FILE}"
        )


def _name(pem: str, route: Route) -> str:
    """Return the name by which nginx checks a certificate; raise UnusableCertificateError where it bears none."""
    names = [*_names(_certificate(pem))]
    said = str(route.upstream_tls.get("name", ""))
    if said:
        if any(_bears(each, said) for each in names):
            return said
        raise UnusableCertificateError(
            f"the certificate of {route.upstream.url} does not bear the name {said}, but {_listed(names)}: write one "
            f"that it bears as `name`, or {_CA_FILE}"
        )
    for each in names:
        if _USABLE.fullmatch(each):
            return each
    raise UnusableCertificateError(
        f"the certificate of {route.upstream.url} bears no name that nginx could check ({_listed(names)}): where one "
        "has an asterisk, write `name: NAME` with a name that it stands for. Else have the service make a certificate "
        f"with a DNS name (subjectAltName), or {_CA_FILE}"
    )


def _names(certificate: x509.Certificate) -> Iterator[str]:
    """Yield the names that OpenSSL holds against nginx's: of the subject only where there is no DNS name beside it.

    X509_check_host (crypto/x509/v3_utl.c, OpenSSL 3.0 to 3.5).
    """
    try:
        further = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = further.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        found = []
    yield from found or (str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _bears(borne: str, name: str) -> bool:
    """Whether a certificate's name is this one, or stands for it by an asterisk in the place of its first label."""
    borne, name = borne.lower(), name.lower()
    return borne == name or (
        borne.startswith("*.") and borne.count(".") > 1 and borne[1:] == f".{name.partition('.')[2]}"
    )


def _notes(service: _Service, pem: str) -> Iterator[str]:
    """Yield what is to be known of a service with the certificate that counts for it."""
    counts = _fingerprint(pem)
    if pem == service.seen and counts != (_fingerprint(service.held) if service.held else "") and not service.wanted:
        yield (
            f"the certificate that {service.url} shows today was learned, and no other one is taken from now on. See "
            "whether it is the service's own (`openssl x509 -noout -fingerprint -sha256 -in FILE` there), and write "
            f"`{_line(service.route, counts)}` into the route: then a new host takes no other one, either"
        )
    elif service.seen and (shown := _fingerprint(service.seen)) != counts:
        yield (
            f"{service.url} shows another certificate than the one that is held, so that the route answers 502: held "
            f"is sha256:{counts}, shown was sha256:{shown}. The held one stays. Where the new one is the service's "
            f"own, write `{_line(service.route, shown)}` into the route and run again"
        )
    elif _has_ended(pem):
        yield (
            f"the certificate of {service.url} that is held has expired, so that the route answers 502: have the "
            "service make a new one; the next run says what to write"
        )


def _line(route: Route, fingerprint: str) -> str:
    """Return what an owner writes so that this certificate counts; without quotes, which Ansible would show escaped."""
    name = f", name: {said}" if (said := route.upstream_tls.get("name")) else ""
    return f"upstream_tls: {{verify: {PIN} sha256:{fingerprint}{name}}}"


def _only(text: str, path: str) -> str:
    """Return a held certificate; raise UnusableCertificateError where a file has something else."""
    try:
        certificates = x509.load_pem_x509_certificates(text.encode("latin-1"))
    except ValueError:
        certificates = []
    if len(certificates) == 1:
        return text
    raise UnusableCertificateError(
        f"{path} on the host does not have the one certificate that a run has written: delete the file, and the next "
        "run learns the service's anew"
    )


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode("latin-1"))
    except ValueError as error:
        raise UnusableCertificateError(
            f"the service's certificate cannot be read ({error}): have the service make a new one, or {_CA_FILE}"
        ) from None


def _fingerprint(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _has_ended(pem: str) -> bool:
    certificate = _certificate(pem)
    # The attribute with a time zone is new in version 42; before, the same moment is given without one.
    end = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after.replace(tzinfo=timezone.utc)
    ended: bool = end <= datetime.now(timezone.utc)
    return ended


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "it has none at all"
