# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asked, what a probe is, and what it says."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypedDict
from urllib.parse import urlsplit

# Names that services believe when they come from their proxy, of each kind one or two; the product's own list is longer
# (`plugin_utils/_features/claims.py`, with its sources), and given by `claims`.
CLAIMS = (
    *("Remote-User", "Remote-Groups", "X-Remote-User", "X-WebAuth-User", "X-Forwarded-User", "X-Forwarded-Email"),
    *("X-Auth-Request-User", "X-authentik-username", "Tailscale-User-Login", "Client-Cert", "X-SSL-Client-Verify"),
    *("Forwarded", "CF-Connecting-IP", "True-Client-IP", "Client-IP", "X-Client-IP", "X-Cluster-Client-IP"),
    *("X-Forwarded-Ssl", "X-Scheme", "X-Forwarded-Prefix", "X-Script-Name", "X-Original-URL", "X-Rewrite-URL"),
    *("X-Forwarded-Server", "Proxy", "X-HTTP-Method-Override"),
)


@dataclass(frozen=True)
class Subject:
    """The site that is asked.

    ``url`` is an HTTPS one, whose name every request is for. ``address`` is connected to instead of what the name
    resolves to, when it is not empty. ``ca_file`` adds a trust root. With ``verify``, nothing is sent where the
    certificate is not trusted, or not for the site's name. ``echo`` is the path of a service that reports what it was
    sent, as tests/lab/standins/echo.py does; ``kept`` is the path of what answers 403 outside the LAN; each is empty
    for none. ``without`` names kinds and probes, as ``answers`` or ``answers.hsts``, that are not asked.
    ``leads_to`` is the name to which the host leads for names that it does not have, empty where it refuses them.
    ``claims`` are the headers that no service may be told. ``slow`` is how many unfinished requests
    are held open, and ``connections`` how many connections are tried, 0 for none. ``timeout`` is the seconds that an
    exchange may take, ``patience`` those within which an unfinished one must be ended, ``quiet`` the silence after an
    answer in which a second one would have come. ``body`` is the seconds for what follows the head of an answer, 0 for
    what is left of ``timeout``: a stream has no end.
    """

    url: str
    address: str = ""
    ca_file: str = ""
    verify: bool = False
    echo: str = ""
    kept: str = ""
    without: tuple[str, ...] = ()
    leads_to: str = ""
    claims: tuple[str, ...] = CLAIMS
    slow: int = 60
    connections: int = 0
    timeout: float = 10.0
    patience: float = 90.0
    quiet: float = 1.0
    body: float = 0.0
    http_port: int = 80

    @property
    def host(self) -> str:
        """The name of the site."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port for HTTPS."""
        return urlsplit(self.url).port or 443

    @property
    def origin(self) -> str:
        """What a redirect to the site begins with."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")

    @property
    def place(self) -> str:
        """What is connected to: an address, or a name."""
        return self.address or self.host

    def problem(self) -> str:
        """Return why this cannot be asked, "" where it can."""
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme == "https" and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            return f"'{self.url}' is no HTTPS URL, such as https://home.example.org/"
        if is_address(self.host):
            return f"'{self.url}' has no name: give the site's, and where it is as the address"
        for name, path in (("echo", self.echo), ("kept", self.kept)):
            if path and not path.startswith("/"):
                return f"{name} is '{path}': a path begins with /"
        return ""


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Verdict(NamedTuple):
    """What a probe says: ``ok`` is None for what was not proven; ``detail`` tells what was seen, or why it was not."""

    ok: bool | None
    detail: str


@dataclass(frozen=True)
class Probe:
    """One question: ``name`` is unique within its kind, ``what`` tells in a line what is sent.

    ``waits`` is true for one that mostly waits, and is asked beside all others. ``remedy`` is its own, where that of
    its kind is not what helps.
    """

    name: str
    what: str
    ask: Callable[[], Verdict]
    waits: bool = False
    remedy: str = ""


class Result(TypedDict):
    """A probe with its verdict; ``remedy`` tells what to do about a failed one."""

    url: str
    id: str
    what: str
    ok: bool | None
    detail: str
    remedy: str


def token() -> str:
    """Return a word that no host knows."""
    return f"edge-probe-{secrets.token_hex(6)}"
