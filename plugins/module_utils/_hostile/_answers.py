# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers tell a browser, and what they tell everybody."""

from __future__ import annotations

import re
from collections.abc import Callable

from ._http1 import Response
from ._judging import betrays
from ._wire import PLAIN, SILENT, Seen, exchange, request, shown
from .subject import Probe, Subject, Verdict, token

REMEDY = "a header or an error page of the site is not the collection's: run playbooks/site.yml"

# RFC 6797 section 6.1 (2012).
_HSTS = re.compile(r"max-age=\"?(\d+)\"?(?:\s*;\s*(?:includeSubDomains|preload))*\Z", re.IGNORECASE)
# Half a year: below that it is a service's own, or a trial.
_LEAST_HSTS = 15768000
_WANTED = {
    "X-Content-Type-Options": re.compile(r"nosniff\Z", re.IGNORECASE),
    "Referrer-Policy": re.compile(r"[a-z-]+(?:, *[a-z-]+)*\Z"),
    "X-Frame-Options": re.compile(r"(?:deny|sameorigin)\Z", re.IGNORECASE),
    "Content-Security-Policy": re.compile(r"(?:.*[;, ])?frame-ancestors\s", re.IGNORECASE | re.DOTALL),
}


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    asked = request(subject, subject.echo or "/")
    return [
        Probe("hsts", "GET: HSTS is said once at most", lambda: _hsts(exchange(subject, asked))),
        *(_header(subject, name, asked) for name in _WANTED),
        Probe("program", "GET: nothing names a program's version", lambda: _program(exchange(subject, asked))),
        Probe("redirect", "GET on port 80 leads to HTTPS of the same host", lambda: _redirect(subject)),
        Probe("redirect-head", "HEAD on port 80 does, too", lambda: _redirect(subject, "HEAD")),
        *_errors(subject),
    ]


def _header(subject: Subject, name: str, asked: bytes) -> Probe:
    def ask() -> Verdict:
        seen = exchange(subject, asked)
        values = seen.only().all(name)
        if not seen.status:
            return Verdict(False, str(seen))
        # Where a service says it too, both count, and each has to be one that a browser understands.
        good = bool(values) and any(_WANTED[name].match(value) for value in values)
        return Verdict(good, "; ".join(map(shown, values)) or f"{seen}, without it")

    return Probe(name.lower(), f"GET: {name} is there", ask)


def _hsts(seen: Seen) -> Verdict:
    values = seen.only().all("Strict-Transport-Security")
    if not seen.status:
        return Verdict(False, str(seen))
    if not values:
        return Verdict(True, "not said")
    match = _HSTS.match(values[0])
    good = len(values) == 1 and match is not None and int(match[1]) >= _LEAST_HSTS
    return Verdict(good, " and ".join(map(shown, values)))


def _program(seen: Seen) -> Verdict:
    told = betrays(seen.only())
    return Verdict(bool(seen.status) and not told, told or str(seen))


def _redirect(subject: Subject, method: str = "GET") -> Verdict:
    path = f"/{token()}/?a=b%20c"
    seen = exchange(subject, request(subject, path, method=method), PLAIN)
    answer = seen.only()
    place = answer.one("Location")
    good = seen.status in (301, 308) and place == f"{subject.origin}{path}" and not betrays(answer)
    return Verdict(good, f"{seen}, to {shown(place) or 'nowhere'}{', ' + betrays(answer) if betrays(answer) else ''}")


def _errors(subject: Subject) -> list[Probe]:
    """Return a probe for each way to have the host itself say no."""
    long = "a" * 16000
    ways: dict[str, tuple[str, bytes]] = {
        "400": ("a request line that is none", b"GET / / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        "400-host": ("no Host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        "400-header": ("a header of 16 kB", request(subject, "/", f"X-Edge-Probe: {long}")),
        "400-headers": ("40 kB of headers", request(subject, "/", *(f"X-Edge-{n}: {long[:2000]}" for n in range(20)))),
        "404": ("a path that nobody has", request(subject, f"/{token()}")),
        "405": ("the method TRACE", request(subject, method="TRACE")),
        "411": ("a body without a length", request(subject, "/", "Transfer-Encoding: gzip", method="POST")),
        "413": (
            "a body said to be of a petabyte",
            request(subject, f"/{token()}", "Content-Length: 1125899906842624", method="POST"),
        ),
        "414": ("a path of 40 kB", request(subject, "/" + "a" * 40000)),
        "416": ("a range that is none", request(subject, f"/{token()}", "Range: bytes=9-1")),
        "417": ("an expectation that is none", request(subject, f"/{token()}", "Expect: 999-edge")),
        "505": ("HTTP/3.0 as text", request(subject).replace(b"HTTP/1.1", b"HTTP/3.0")),
    }
    return [
        Probe(f"page-{name}", f"{what}: the answer names neither nginx nor a version", _says_nothing(subject, data))
        for name, (what, data) in ways.items()
    ]


def _says_nothing(subject: Subject, data: bytes) -> Callable[[], Verdict]:
    def ask() -> Verdict:
        seen = exchange(subject, data, limit=min(subject.timeout, 5.0))
        if not seen.status:
            # A body without a limit is waited for.
            waited = " for the body" if seen.end == SILENT else ""
            return Verdict(not seen.data, f"{seen}{waited}")
        told = page_betrays(seen.only())
        return Verdict(not told, f"{seen}{', ' + told if told else ''}")

    return ask


def page_betrays(answer: Response) -> str:
    """Return what an error page says of the program that made it, "" for nothing."""
    return betrays(answer) or ("its page names nginx" if b"nginx" in answer.body.lower() else "")
