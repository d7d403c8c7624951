# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for names that the host does not have, or for its own in odd spellings."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from . import _http2
from ._judging import not_spoken, refused, turned_away
from ._wire import HTTPS, PLAIN, SILENT, Seen, Way, exchange, request, shown
from .subject import Probe, Subject, Verdict, token

REMEDY = (
    "the first server for each port has to refuse other names: run playbooks/site.yml, and look for a default_server "
    "of your own (nginx -T)"
)


# By so many bytes two pages are told apart; what changes with each request stands further down.
_START = 64
# By which a host leads to its default site (RFC 9110 section 15.4.3, 2022).
_LED = 302
_PAGE = b"<html>\r\n<head><title>302 Found</title>"


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    other = f"{token()}.example.org"
    return [*_greetings(subject, other), *_hosts(subject, other), *_spellings(subject), *_old(subject)]


def _greetings(subject: Subject, other: str) -> list[Probe]:
    asked = request(subject)
    return [
        Probe(
            "unknown-sni",
            "TLS for a name that the host does not have, then the right Host",
            lambda: turned_away(exchange(subject, asked, Way(name=other))),
        ),
        Probe(
            "no-sni",
            "TLS without a name, then the right Host",
            lambda: turned_away(exchange(subject, asked, Way(name=""))),
        ),
    ]


def _hosts(subject: Subject, other: str) -> list[Probe]:
    def asks(name: str, what: str, data: bytes, way: Way = HTTPS) -> Probe:
        return Probe(name, what, lambda: _elsewhere(subject, exchange(subject, data, way)))

    here = f"Host: {subject.host}"
    return [
        asks("wrong-host", "the right TLS name, then another Host", request(subject, host=other)),
        Probe("wrong-host-h2", "the same by HTTP/2", lambda: _wrong_host_h2(subject, other)),
        asks("bare-address-80", "an IP address as Host on port 80", request(subject, host=_address(subject)), PLAIN),
        asks("unknown-host-80", "another Host on port 80", request(subject, host=other), PLAIN),
        asks("absolute-form", "another host in the request line", request(subject, f"https://{other}/")),
        asks("absolute-form-80", "the same on port 80", request(subject, f"http://{other}/"), PLAIN),
        Probe(
            "absolute-form-right",
            "the right host in the request line, another one as Host",
            lambda: _silent_about(other, exchange(subject, request(subject, f"https://{subject.host}/", host=other))),
        ),
        asks("two-hosts", "two Host headers, the second another one", request(subject, "/", f"Host: {other}")),
        asks("two-hosts-first", "two Host headers, the first another one", request(subject, "/", here, host=other)),
        asks("two-hosts-same", "the same Host twice", request(subject, "/", here)),
        asks("empty-host", "an empty Host", request(subject, host="")),
        asks("no-host", "HTTP/1.1 without Host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        asks("host-with-user", "a user in Host", request(subject, host=f"{other}@{subject.host}")),
        asks("host-with-path", "a path in Host", request(subject, host=f"{subject.host}/{other}")),
        asks("host-with-space", "two names in Host", request(subject, host=f"{subject.host} {other}")),
    ]


def _elsewhere(subject: Subject, seen: Seen, *statuses: int) -> Verdict:
    """Judge what must be refused, or led to the default site where the host has one."""
    if subject.leads_to and seen.status == _LED and len(seen.answers) == 1:
        place = seen.only().one("Location")
        return Verdict(urlsplit(place).hostname == subject.leads_to, f"{seen}, to {shown(place)}")
    return turned_away(seen, *statuses)


def _address(subject: Subject) -> str:
    try:
        known = ipaddress.ip_address(subject.place)
    except ValueError:
        # RFC 5737 (2010): an address that is nobody's, where the host's own is not known.
        return "192.0.2.1"
    return f"[{known}]" if known.version == 6 else str(known)


def _wrong_host_h2(subject: Subject, other: str) -> Verdict:
    given = [(name, other.encode() if name == b":authority" else value) for name, value in _http2.fields(subject)]
    seen = _http2.exchange(subject, given)
    # By HTTP/2 no header is read: nginx's own page for the redirect is what a service would not send.
    leads = bool(subject.leads_to) and seen.status == _LED and seen.data.startswith(_PAGE)
    return Verdict(leads or not_spoken(seen) or refused(seen), str(seen))


def _silent_about(other: str, seen: Seen) -> Verdict:
    """Judge what may be served, but not under the other name."""
    if refused(seen):
        return Verdict(True, str(seen))
    named = other.encode() in seen.data
    return Verdict(bool(seen.status) and not named, f"{seen}{', which names the other host' if named else ''}")


def _spellings(subject: Subject) -> list[Probe]:
    """Return probes of the site's own name: it is served, or refused, but never taken for another."""
    spelt = {
        "port": (f"{subject.host}:8443", "a port in Host"),
        "dot": (f"{subject.host}.", "a dot behind the name in Host"),
        "uppercase": (subject.host.upper(), "Host in capital letters"),
    }

    def asks(name: str, host: str, what: str) -> list[Probe]:
        return [
            Probe(f"host-{name}", what, lambda: _same(subject, host)),
            Probe(f"host-{name}-80", f"{what}, on port 80", lambda: _redirected(subject, host)),
        ]

    return [probe for name, (host, what) in spelt.items() for probe in asks(name, host, what)]


def _same(subject: Subject, host: str) -> Verdict:
    seen = exchange(subject, request(subject, host=host))
    if refused(seen):
        return Verdict(True, str(seen))
    usual = exchange(subject, request(subject))
    return Verdict(bool(usual.status) and seen.status == usual.status, f"{seen}, and {usual} for the usual spelling")


def _redirected(subject: Subject, host: str) -> Verdict:
    seen = exchange(subject, request(subject, "/odd?x=1", host=host), PLAIN)
    place = seen.only().one("Location")
    ok = refused(seen) or (seen.status in (301, 308) and place == f"{subject.origin}/odd?x=1")
    return Verdict(ok, f"{seen}{f', to {shown(place)}' if place else ''}")


def _old(subject: Subject) -> list[Probe]:
    without = b"GET / HTTP/1.0\r\n\r\n"
    found = [
        Probe("http10-no-host", "HTTP/1.0 without Host", lambda: _by_greeting(subject, without)),
        Probe("http10-no-host-80", "the same on port 80", _closed(subject, without, PLAIN)),
        Probe("http09", "HTTP/0.9", lambda: _headless(subject)),
        Probe("http09-80", "HTTP/0.9 on port 80", _closed(subject, b"GET /\r\n", PLAIN)),
    ]
    # Where a host leads to a default site, it does so in a page without a head, which cannot be told from another one.
    return found[:-1] if subject.leads_to else found


def _closed(subject: Subject, data: bytes, way: Way) -> Callable[[], Verdict]:
    return lambda: _elsewhere(subject, exchange(subject, data, way), 400, 421, 426, 505)


def _headless(subject: Subject) -> Verdict:
    """Judge an answer without a status and headers: nothing that a browser is told would come with the service's."""
    seen = exchange(subject, b"GET /\r\n")
    usual = exchange(subject, request(subject)).only()
    # The pages for errors of one host begin alike, and end with what is wrong.
    size = _START if usual.status < 400 else None
    served = bool(usual.body) and seen.data[:size] == usual.body[:size]
    return Verdict(not served and seen.end != SILENT, f"{seen}{', those of the usual answer' if served else ''}")


def _by_greeting(subject: Subject, data: bytes) -> Verdict:
    """Judge a request that names no host: TLS has named one, and that one's answer is right."""
    seen = exchange(subject, data)
    turned = _elsewhere(subject, seen)
    if turned.ok:
        return turned
    usual = exchange(subject, request(subject))
    return Verdict(seen.status == usual.status, f"{seen}, and {usual} for the usual request")
