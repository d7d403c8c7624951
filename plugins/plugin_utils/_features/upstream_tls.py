# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether a service that speaks TLS is the one that is meant, and by which name it is asked for.

nginx checks a certificate against names alone (`X509_check_host`, src/event/ngx_event_openssl.c of nginx 1.30), so that
a service at an address has to be given the name that its certificate bears.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...module_utils._host.names import SITE_FILES
from ...module_utils._nginx.text.quoting import quote
from .._keys.keys import key
from .._keys.kinds import Group, Kind, Mistake, Parsed
from .._keys.names import Upstream, upstream_name
from ._addresses import LOCALHOST, is_literal
from ._files import file_of, read
from ._pins import PIN, fingerprint_of, is_pin, pin_file, read_pin
from .feature import Directives, Feature
from .place import Host, Needs, Place, Refusal, Written
from .upstream import is_named

if TYPE_CHECKING:
    from .._inventory.site import Site

SYSTEM = "system"
# What the package ca-certificates keeps (Debian and Ubuntu).
_SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# A root, two authorities between, and the service: nginx itself allows one between (`proxy_ssl_verify_depth`).
_DEPTH = "3"
_VERIFY, _NAME = "verify", "name"
# Each of ours carries our mark: an owner may have lines of these names, with which ours do not stand together.
_MARKED = (
    *("proxy_ssl_verify", "proxy_ssl_verify_depth", "proxy_ssl_session_reuse"),
    *("proxy_ssl_trusted_certificate", "proxy_ssl_server_name"),
)
# nginx shares the TLS sessions of a service among all locations that lead to it. One that began unchecked would be
# resumed with the result of that, and one that began checked would count where another authority is asked for.
_CHECKED = {"proxy_ssl_verify": "on", "proxy_ssl_verify_depth": _DEPTH, "proxy_ssl_session_reuse": "off"}
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----\s*", re.DOTALL)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_file = partial(file_of, "authority", "pem")


class _Verify(Kind):
    """False, `system`, `pin`, or a file with the certificates of authorities, whose text is read at once."""

    def __init__(self) -> None:
        """Name it."""
        super().__init__(
            words=f"false, `{SYSTEM}`, `{PIN}` or a file on the controller",
            option={"type": "raw"},
            json={"anyOf": [{"const": False}, {"type": "string", "minLength": 1}]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no such word, and a file without a certificate or with a key."""
        if value is False or value == SYSTEM:
            return
        if is_pin(value):
            if not read_pin(str(value)):
                yield Mistake(
                    value,
                    f"{name}: '{value}' must be `{PIN}`, or `{PIN} sha256:` and the 64 digits of a certificate's "
                    "fingerprint, as the summary of a run has it",
                )
            return
        if not isinstance(value, str) or not value:
            text = f"{name} must be false, '{SYSTEM}', '{PIN}', or the path of a file with the authority's certificate"
            remedy = f": write {SYSTEM} for an authority that the host trusts" if value is True else f", not {value!r}"
            yield Mistake(value, text + remedy)
            return
        try:
            text = read(value)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            yield Mistake(
                value,
                f"{name}: '{value}' cannot be read on the controller ({reason}): name the file with the certificate of "
                f"the authority that signed the service's, or write {SYSTEM} for a public one",
            )
            return
        if _KEY.search(text):
            yield Mistake(value, f"{name}: '{value}' holds a private key: name a file with the certificate alone")
        elif not _CERTIFICATE.search(text):
            yield Mistake(value, f"{name}: '{value}' holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`)")

    def convert(self, value: Any) -> str:
        """Return the word or words, "" for false, or the certificates of the file."""
        if value is False or value == SYSTEM:
            return SYSTEM if value else ""
        if is_pin(value):
            return read_pin(value)
        return "".join(f"{each.strip()}\n" for each in _CERTIFICATE.findall(read(value)))


_KIND = Group(
    {
        _VERIFY: _Verify(),
        _NAME: Parsed("a name", "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$", upstream_name),
    },
    {
        _VERIFY: "V(false), V(system) for the authorities that the host trusts, or a file on the controller with the "
        "certificate of an authority of your own. V(pin) is for a self-signed certificate: the first run learns it, "
        "and no other one is taken until you write its fingerprint, as in V(pin sha256:DIGITS).",
        _NAME: "The name that the service's certificate must bear, and by which the service is asked (SNI).",
    },
)


@dataclass(frozen=True, kw_only=True)
class UpstreamTls(Feature):
    """`upstream_tls` of a route."""

    is_for_services: ClassVar[bool] = True
    upstream_tls: Mapping[str, Any] = key(
        _KIND,
        "Which certificate a service behind C(https://) must show.",
        "Without it the way to the service is encrypted, but whoever answers at its address gets the requests.",
        default={},
        otherwise="the certificate is not checked",
        example={_VERIFY: SYSTEM, _NAME: "nas.example.org"},
    )

    def location(self, at: Place) -> Directives:
        """Have nginx check the certificate, and ask for the service by its name."""
        if is_pin(self._verify):
            return self._pinned(at)
        own = _only_name(at.route.targets)
        name = self.upstream_tls.get(_NAME) or (own if self._verify else "")
        if name:
            named = {"proxy_ssl_server_name": "on", "proxy_ssl_name": name}
        else:
            # Should an owner switch on SNI or a check of the certificate.
            named = {"proxy_ssl_name": own} if is_named(at) and own else {}
        if not self._verify:
            return named
        bundle = _SYSTEM_BUNDLE if self._verify == SYSTEM else f"{SITE_FILES}/{_file(self._verify)}"
        return {**_CHECKED, "proxy_ssl_trusted_certificate": bundle, **named}

    def _pinned(self, at: Place) -> Directives:
        """Have nginx take one certificate alone, asked for as it was learned: by the name that the owner says, or none.

        Where none is known, as while the inventory is still being judged, nginx would not start with this text.
        """
        file = pin_file(at.route)
        pinned = at.host.pins.get(file)
        return {
            **_CHECKED,
            "proxy_ssl_trusted_certificate": f"{SITE_FILES}/{file}",
            "proxy_ssl_server_name": "on" if self.upstream_tls.get(_NAME) else "off",
            "proxy_ssl_name": quote(pinned.name if pinned else file),
        }

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Own `proxy_ssl_name` where the upstream is a name, or was: an older version wrote it without a mark."""
        return ("proxy_ssl_name",) if _owns_name(at) else ()

    def marks(self, at: Place) -> list[list[str]]:
        """Name what is ours by our mark."""
        return [[*_MARKED] if _owns_name(at) else [*_MARKED, "proxy_ssl_name"]]

    def needs(self, at: Place) -> Needs:
        """Have the certificates of an authority of the owner's beside the site, or the one that is pinned."""
        if is_pin(self._verify):
            file = pin_file(at.route)
            return Needs(files={file: at.host.pins[file].pem} if file in at.host.pins else {})
        own = self._verify not in ("", SYSTEM)
        return Needs(files={_file(self._verify): self._verify} if own else {})

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse it where there is no TLS, and a check without a name to check."""
        said: Mapping[str, Any] = route.values.get("upstream_tls") or {}
        targets: Sequence[Upstream] = route.values.get("targets", ())
        target = next(iter(targets), None)
        raw = route.entry.get("upstream_tls", route.entry)
        if said and target and not target.is_tls:
            text = (
                f"upstream_tls is for an upstream of https:// or grpcs://, and this one is {target.url}: take one of "
                "the two out"
            )
            yield Refusal(route.place, text, raw)
        elif said and not target and "upstream" not in route.entry:
            text = "upstream_tls is for an upstream of https:// or grpcs://: write `upstream: https://ADDRESS:PORT`"
            yield Refusal(route.place, text, raw)
        elif is_pin(said.get(_VERIFY)) and len(targets) > 1:
            text = (
                "upstream_tls: a pin is the certificate of one service, and `upstream` is a list: write `verify: FILE` "
                "with the certificates of all, and `name: NAME` with one that each of them bears"
            )
            yield Refusal(route.place, text, raw)
        elif said.get(_VERIFY) and _NAME not in said and len({each.host for each in targets}) > 1:
            text = (
                "upstream_tls: nginx checks the certificates of a list for one name: write `name: NAME` with one that "
                "each of them bears"
            )
            yield Refusal(route.place, text, raw)
        elif said.get(_VERIFY) and not is_pin(said[_VERIFY]) and target and _is_address(target) and _NAME not in said:
            text = (
                f"upstream_tls: nginx checks a certificate for a name, and the upstream is {target.host}: write "
                "`name: NAME` with one of the certificate's (`openssl s_client -connect "
                f"{target.host}:{target.port} </dev/null | openssl x509 -noout -ext subjectAltName` shows them)"
            )
            yield Refusal(route.place, text, raw)

    @classmethod
    def across(cls, routes: Sequence[Written], names: Mapping[str, str]) -> Iterator[Refusal]:
        """Refuse two fingerprints for one service: the host holds one certificate of it."""
        seen: dict[tuple[str, int, str], str] = {}
        for route in routes:
            said: Mapping[str, Any] = route.values.get("upstream_tls") or {}
            wanted = fingerprint_of(said.get(_VERIFY, ""))
            for each in route.values.get("targets", ()) if wanted else ():
                if seen.setdefault((each.host, each.port, said.get(_NAME, "")), wanted) != wanted:
                    text = f"upstream_tls: another route has another fingerprint for {each.url}: write the same one"
                    yield Refusal(route.place, text, route.entry["upstream_tls"])

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return the routes whose service could be anybody who answers there, as one note."""
        unchecked = [
            f"{route.found_at(site.name)} ({' and '.join(each.url for each in route.targets)})"
            for site in sites
            for route in site.routes
            if route.targets and route.upstream.is_tls and not route.upstream_tls.get(_VERIFY)
        ]
        if not unchecked:
            return []
        return [
            f"the certificate of the service is not checked for {', '.join(unchecked)}: the way there is encrypted, "
            "but nginx passes requests on to whoever answers at that address. `upstream_tls` in the route has it "
            "checked; until then proxy_ssl_verify is off, unless a file of yours switches it on"
        ]

    @property
    def _verify(self) -> str:
        return str(self.upstream_tls.get(_VERIFY, ""))


def _owns_name(at: Place) -> bool:
    named = any(each.is_tls and not is_literal(each) for each in at.route.targets)
    return named or not at.route.targets


def _only_name(targets: Sequence[Upstream]) -> str:
    """Return the name that all services have, "" where they have several, or addresses."""
    hosts = {each.host for each in targets}
    return targets[0].host if len(hosts) == 1 and not _is_address(targets[0]) else ""


def _is_address(upstream: Upstream) -> bool:
    return is_literal(upstream) and upstream.host not in LOCALHOST
