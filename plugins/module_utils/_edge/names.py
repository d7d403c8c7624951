# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: host names, paths and upstream URLs, each refused with a reason and a remedy."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# RFC 1123 section 2.1 (1989): letters, digits and inner hyphens; RFC 1035 (1987): 63 per label, 253 in all.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_NAME_LIMIT = 253
# What can stand in an nginx location, a listenUri and a URL alike without being quoted or encoded.
_PATH = re.compile(r"/([A-Za-z0-9._~@+-]+/)*\Z")


class UnusableValueError(ValueError):
    """A value that cannot be used; the text says why and what to write instead."""


def host_name(value: object) -> str:
    """Return the lower-case host name, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a host name: write a name such as home.example.org")
    name = value.rstrip(".").lower()
    if not name.isascii():
        raise UnusableValueError(f"'{value}' is not a host name in ASCII{_punycode_hint(name)}")
    if _is_address(name):
        raise UnusableValueError(f"'{value}' is an IP address: a certificate needs a host name that points to it")
    if name.startswith("*."):
        raise UnusableValueError(f"'{value}' is a wildcard: HTTP-01 certifies single names only, list each of them")
    if "://" in name or "/" in name:
        raise UnusableValueError(
            f"'{value}' is a URL: write the host name alone, '{urlsplit(name).hostname or name.split('/')[0]}'"
        )
    labels = name.split(".")
    if len(name) > _NAME_LIMIT or not all(_LABEL.match(label) for label in labels):
        raise UnusableValueError(f"'{value}' is not a host name: letters, digits and hyphens, in labels parted by dots")
    if len(labels) < 2:
        raise UnusableValueError(
            f"'{value}' has no domain: a certificate authority needs a full name such as {name}.example.org"
        )
    return name


def route_path(value: object) -> str:
    """Return the path prefix, which begins and ends with a slash, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a path: write '/' or a prefix such as '/zm/'")
    wanted = "/" + value.strip("/") + "/" if value.strip("/") else "/"
    if any(part in (".", "..") for part in value.split("/")):
        raise UnusableValueError(f"path '{value}' has a '.' or '..' in it: write the path that clients ask for")
    if _PATH.match(value):
        return value
    if _PATH.match(wanted):
        raise UnusableValueError(f"path '{value}' must begin and end with one '/': write '{wanted}'")
    raise UnusableValueError(f"path '{value}' may hold letters, digits and . _ ~ @ + - between its slashes only")


@dataclass(frozen=True)
class Upstream:
    """Where a service answers: scheme, host as written in a URL, and TCP port."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL without a path; a scheme's own port is left out."""
        default = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if self.port == default else f":{self.port}")

    @property
    def is_loopback(self) -> bool:
        """True when only the proxy's own host can be meant."""
        bare = self.host.strip("[]")
        return bare == "localhost" or (_is_address(bare) and ipaddress.ip_address(bare).is_loopback)


def upstream(value: object) -> Upstream:
    """Return the parsed upstream URL, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a URL: write http://ADDRESS:PORT")
    if "://" not in value:
        raise UnusableValueError(f"upstream '{value}' has no scheme: write 'http://{value}'")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise UnusableValueError(f"upstream '{value}': {error}") from None
    if parts.scheme not in ("http", "https"):
        raise UnusableValueError(f"upstream '{value}': scheme '{parts.scheme}' is not known, use http or https")
    if not parts.hostname or "%" in parts.netloc or not _is_upstream_host(parts.hostname):
        raise UnusableValueError(f"upstream '{value}' names no host: write {parts.scheme}://ADDRESS:PORT")
    if parts.username is not None or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise UnusableValueError(
            f"upstream '{value}': give scheme, host and port alone; the public path is kept, `prefix: strip` removes it"
        )
    if port == 0:
        raise UnusableValueError(f"upstream '{value}': a port is a number from 1 to 65535")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Upstream(parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme])


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_upstream_host(text: str) -> bool:
    # Names inside a LAN often have one label or an underscore; what matters is that nothing can end the directive.
    return _is_address(text) or re.match(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\Z", text) is not None


def _punycode_hint(name: str) -> str:
    try:
        return f": write '{name.encode('idna').decode()}'"
    except UnicodeError:
        return ""
