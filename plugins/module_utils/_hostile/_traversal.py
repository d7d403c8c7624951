# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths that lead out of a service's folders, and to files and pages which nobody means to publish."""

from __future__ import annotations

import re

from . import _http2
from ._judging import not_spoken
from ._wire import SILENT, Seen, exchange, request, shown
from .subject import Probe, Subject, Verdict

REMEDY = (
    "a file or a page of the host is public: look for a root, an alias or a stub_status in the site's server "
    "(nginx -T), or in what the service itself publishes"
)

_UP = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e%252f",
    "..%c0%af",
    ".%2e/",
    "..;/",
    "....//",
)
_PATHS = (
    *("//", "/./", "/../", "/%2e%2e/", "/%2e/", "/.", "/..", "//etc/passwd", "/etc/passwd", "/%2fetc%2fpasswd"),
    *("/nginx_status", "/stub_status", "/server-status", "/server-info", "/status", "/basic_status"),
    *("/.git/config", "/.git/HEAD", "/.env", "/.htpasswd", "/.htaccess", "/.svn/entries", "/.DS_Store", "/.ssh/id_rsa"),
    *("/index.nginx-debian.html", "/index.html", "/nginx.conf", "/etc/nginx/nginx.conf", "/web.config", "/phpinfo.php"),
    *(
        "/Constellation.Server.exe.config",
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/..%2f..%2f..%2f",
    ),
    *("/.well-known/acme-challenge/../../../../../etc/passwd", "/.well-known/acme-challenge../", "/var/log/nginx/"),
)
# What gives away that a file or a page of the host was answered, by what it is called.
_SIGNS = {
    "the file passwd": re.compile(rb"^root:[^:\n]*:0:0:", re.MULTILINE),
    "nginx's welcome page": re.compile(rb"Welcome to nginx", re.IGNORECASE),
    "Debian's page of Apache": re.compile(rb"Apache2 (?:Debian|Ubuntu) Default Page", re.IGNORECASE),
    "nginx's status": re.compile(rb"^Active connections: \d", re.MULTILINE),
    "Apache's status": re.compile(rb"Apache (?:Server )?Status", re.IGNORECASE),
    "a git folder": re.compile(rb"^\[core\]|\Aref: refs/", re.MULTILINE),
    "an environment": re.compile(rb"\A(?:#[^\n]*\n|\s)*(?:export )?[A-Z][A-Z0-9_]*=[^<]*\Z"),
    "a password file": re.compile(rb"^[^:<\s]+:(?:\$apr1\$|\$2[aby]\$|\{SHA\}|\$6\$)", re.MULTILINE),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "nginx's configuration": re.compile(rb"^\s*(?:worker_processes|worker_connections)\s", re.MULTILINE),
    "a .NET configuration": re.compile(rb"<configuration\b", re.IGNORECASE),
    "a list of files": re.compile(rb"<title>Index of /", re.IGNORECASE),
    "PHP's settings": re.compile(rb"<title>phpinfo\(\)|PHP Version [0-9]", re.IGNORECASE),
}


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    paths = [*(f"/{up * 6}etc/passwd" for up in _UP), *(f"/x/{up * 7}etc/passwd" for up in _UP), *_PATHS]
    if subject.echo:
        paths += [f"{subject.echo.rstrip('/')}/{up * 6}etc/passwd" for up in _UP]
        paths += [f"{subject.echo.rstrip('/')}{up}" for up in ("..", "../", "..%2f")]
    found = [_by_http1(subject, f"{number:03d}", path) for number, path in enumerate(paths, 1)]
    return [
        *found,
        *(_by_http2(subject, f"h2-{n}", path) for n, path in enumerate((paths[0], paths[1], "/.git/config"), 1)),
    ]


def _by_http1(subject: Subject, name: str, path: str) -> Probe:
    return Probe(name, f"GET {shown(path)}", lambda: _judged(exchange(subject, request(subject, path))))


def _by_http2(subject: Subject, name: str, path: str) -> Probe:
    def ask() -> Verdict:
        seen = _http2.exchange(subject, _http2.fields(subject, path))
        return Verdict(True, str(seen)) if not_spoken(seen) else _judged(seen)

    return Probe(name, f"GET {shown(path)} by HTTP/2", ask)


def _judged(seen: Seen) -> Verdict:
    if not seen.status:
        return Verdict(True if seen.end != SILENT else None, str(seen))
    found = next((name for name, sign in _SIGNS.items() if sign.search(seen.only().body)), "")
    return Verdict(not found, f"{seen}{', which is ' + found if found else ''}")
