# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: host names, paths and upstream URLs, each refused with a reason and a remedy."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .sockets import SOCKET, is_socket, socket_mistake

# RFC 1123 section 2.1 (1989): letters, digits and inner hyphens; RFC 1035 (1987): 63 per label, 253 in all.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_LAN_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")
_NAME_LIMIT = 253
# What can stand in an nginx location, a listenUri and a URL alike without being quoted or encoded.
_PATH = re.compile(r"/([A-Za-z0-9._~@+-]+/)*\Z")
#: the same for a JSON schema, and what host names look like there
NAME_PATTERN = "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\\.?$"
PATH_PATTERN = "^/([A-Za-z0-9._~@+-]+/)*$"


class UnusableValueError(ValueError):
    """A value that cannot be used; the text says why and what to write instead."""


def host_name(value: object) -> str:
    """Return the lower-case host name, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a host name: write a name such as home.example.org")
    name = value.rstrip(".").lower()
    if is_address(name.strip("[]")):
        raise UnusableValueError(f"'{value}' is an IP address: a certificate needs a host name that points to it")
    if name.startswith("*."):
        raise UnusableValueError(f"'{value}' is a wildcard: HTTP-01 certifies single names only, list each of them")
    if "/" in name or re.search(r":\d*\Z", name):
        alone = re.sub(r"\A[a-z]+:/*", "", name).split("/")[0].partition(":")[0]
        raise UnusableValueError(f"'{value}' is more than a host name: write the name alone, '{alone}'")
    if re.search(r"[\s,;]", name):
        raise UnusableValueError(f"'{value}' is not a host name: several names are a list, [home.example.org, ...]")
    if not name.isascii():
        raise UnusableValueError(f"'{value}' is not a host name in ASCII{_punycode_hint(name)}")
    labels = name.split(".")
    if len(name) > _NAME_LIMIT or not all(_LABEL.match(label) for label in labels):
        raise UnusableValueError(f"'{value}' is not a host name: letters, digits and hyphens, in labels parted by dots")
    if labels[-1].isdigit():
        raise UnusableValueError(f"'{value}' ends in a number, as no domain does: is it a mistyped address?")
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
    if value.endswith("*") and _PATH.match(begun := f"{value.rstrip('*').rstrip('/')}/"):
        raise UnusableValueError(f"path '{value}': a prefix is everything below it, write '{begun}'")
    raise UnusableValueError(f"path '{value}' may hold letters, digits and . _ ~ @ + - between its slashes only")


# nginx takes no gRPC service without a port.
_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "grpc", "grpcs")


@dataclass(frozen=True)
class Upstream:
    """Where a service answers: scheme, host as written in a URL, and TCP port.

    Of a Unix socket the host is `unix:` with its path, and the port 0. `path` is the service's own one, which takes the
    place of the public one; "" where it has none. `weight` and `backup` are for one of several.
    """

    scheme: str
    host: str
    port: int
    path: str = ""
    weight: int = 1
    backup: bool = False

    @property
    def url(self) -> str:
        """The URL without a path, as nginx takes it; a scheme's own port is left out."""
        default = _PORTS.get(self.scheme)
        return f"{self.scheme}://{self.host}" + ("" if self.port in (default, 0) else f":{self.port}")

    @property
    def is_grpc(self) -> bool:
        """True where the service speaks gRPC."""
        return self.scheme in ("grpc", "grpcs")

    @property
    def is_tls(self) -> bool:
        """True where the service speaks TLS."""
        return self.scheme in ("https", "grpcs")

    @property
    def written(self) -> str:
        """What an owner writes."""
        return self.host if self.is_socket else f"{self.url}{self.path}"

    @property
    def is_socket(self) -> bool:
        """True where the service listens on a Unix socket."""
        return self.host.startswith(SOCKET)

    @property
    def is_loopback(self) -> bool:
        """True when only the proxy's own host can be meant."""
        if self.is_socket:
            return True
        bare = self.host.strip("[]")
        if not is_address(bare):
            return bare == "localhost"
        address = ipaddress.ip_address(bare)
        address = getattr(address, "ipv4_mapped", None) or address
        # What connects to the unspecified address comes out at the loopback, on Linux.
        return address.is_loopback or address.is_unspecified


def upstream(value: object) -> Upstream:
    """Return the parsed upstream URL, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a URL: write http://ADDRESS:PORT")
    if is_socket(value):
        if mistake := socket_mistake(value):
            raise UnusableValueError(f"upstream '{value}' {mistake}")
        return Upstream("http", str(value), 0)
    scheme, rest = _split_scheme(value)
    if rest.startswith(SOCKET):
        raise UnusableValueError(
            f"upstream '{value}': a gRPC service is reached at a port, write {scheme}://ADDRESS:PORT"
        )
    if re.search(r"\s", value) or not rest.strip("/"):
        raise UnusableValueError(f"upstream '{value}' names no host: write {scheme}://ADDRESS:PORT, without blanks")
    place = re.split("[/?#]", rest)[0].rpartition("@")[2]
    if place.count(":") > 1 and "[" not in place:
        raise UnusableValueError(
            f"upstream '{value}': an IPv6 address stands in brackets, write {scheme}://[ADDRESS]:PORT"
        )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise UnusableValueError(
            f"upstream '{value}': a port is a number from 1 to 65535, write {scheme}://ADDRESS:PORT"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UnusableValueError(
            f"upstream '{value}': give scheme, host and port alone; the public path is kept, `prefix: strip` removes it"
        )
    host = _upstream_host(value, scheme, parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = port or _PORTS.get(scheme, 0)
    if not port:
        raise UnusableValueError(f"upstream '{value}' names no port: write {scheme}://{host}:PORT")
    return Upstream(scheme, host, port, _upstream_path(value, parts.path))


def upstream_name(value: object) -> str:
    """Return the name that a service's certificate bears, or raise UnusableValueError."""
    if not isinstance(value, str) or not value:
        raise UnusableValueError(f"{value!r} is not a name: write the one that the service's certificate bears")
    name = value.rstrip(".").lower()
    if is_address(name.strip("[]")):
        raise UnusableValueError(f"name '{value}' is an address: nginx checks certificates for names alone")
    if len(name) > _NAME_LIMIT or not all(_LAN_LABEL.match(label) for label in name.split(".")):
        raise UnusableValueError(f"name '{value}' is not a host name: letters, digits, hyphens and dots")
    return name


def _split_scheme(value: str) -> tuple[str, str]:
    """Return the scheme and what stands behind `://`, or raise UnusableValueError."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        begun = re.match(r"(https?|grpcs?)(?::/*|//)(?!\d+\Z)(.*)", value, re.IGNORECASE)
        right = f"{begun[1].lower()}://{begun[2]}" if begun else f"http://{value}"
        raise UnusableValueError(f"upstream '{value}' has no scheme: write '{right}'")
    if scheme.lower() not in _SCHEMES:
        raise UnusableValueError(
            f"upstream '{value}': scheme '{scheme}' is not known, use http or https, or grpc or grpcs for gRPC"
        )
    return scheme.lower(), rest


def _upstream_path(value: str, path: str) -> str:
    """Return the service's own path, "" for none, or raise UnusableValueError."""
    try:
        return "" if path in ("", "/") else route_path(path)
    except UnusableValueError as problem:
        raise UnusableValueError(f"upstream '{value}' has a path: {problem}") from None


def _upstream_host(value: str, scheme: str, host: str) -> str:
    """Return the host, or raise UnusableValueError.

    Names inside a LAN often have one label or an underscore. What ends in a number is an address to the C library, in
    up to four parts, each decimal, octal or hexadecimal (inet_aton, POSIX.1-2017): never what was meant.
    """
    if "%" not in value and is_address(host):
        return host
    if re.search(r"(\A|\.)(0x[0-9a-f]*|[0-9]+)\.?\Z", host):
        raise UnusableValueError(
            f"upstream '{value}': '{host}' is no IPv4 address: four numbers from 0 to 255, without leading zeros"
        )
    if not host.isascii():
        raise UnusableValueError(f"upstream '{value}': '{host}' is not a host name in ASCII{_punycode_hint(host)}")
    if len(host) > _NAME_LIMIT or not all(_LAN_LABEL.match(label) for label in host.split(".")):
        raise UnusableValueError(f"upstream '{value}' names no host: write {scheme}://ADDRESS:PORT")
    return host


def is_address(text: str) -> bool:
    """Whether a text is an address of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _punycode_hint(name: str) -> str:
    """Return what to write instead, where the encoding (IDNA 2003, RFC 3490) means the same name to everybody."""
    try:
        encoded = name.encode("idna")
        return f": write '{encoded.decode()}'" if encoded.decode("idna") == name else ": write its xn-- form"
    except UnicodeError:
        return ""
