# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the host's own port 80 whether it serves the folder of the HTTP-01 challenges.

A validation that must fail costs the owner a share of the CA's rate limit; this question costs nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import secrets
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from .._dns.own_ipv6 import led_here, own_ipv6
from .._host.deadline import cut_after
from .offered import offered

CHALLENGES = ".well-known/acme-challenge"
_ATTEMPTS = 3
_SECONDS = 5.0
_PAUSE = 0.5
_REDIRECTS = 3


class _NobodyListensError(Exception):
    """No connection came about; the message says why."""


def unserved(names: tuple[str, ...], webroot: Path, port: int = 80) -> dict[str, str]:
    """Return the names for which a file below ``webroot`` is not served by this host, each with what came instead.

    The address that the host has in its network is asked, since that is the one to which a router sends the CA, and for
    which nginx may have other servers than for the loopback. Only where nobody listens there the loopback counts. The
    host's IPv6 addresses that a name has in DNS are asked too: an authority asks there first, and asks by IPv4 only
    where no connection comes about. Three times at most, half a second apart, because nginx may be reloading. What is
    missing of the folder is made for as long as that takes, as certbot does it. Raises OSError when it cannot be
    written.
    """
    token = secrets.token_urlsafe(24)
    file = f"edge-{token}"
    with offered(str(webroot / CHALLENGES / file), token.encode("ascii")):
        answers = {name: _ask_patiently(name, file, token, port) for name in names}
    return {name: answer for name, answer in answers.items() if answer}


def _ask_patiently(name: str, file: str, token: str, port: int) -> str:
    answer = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        answer = _ask_here(name, file, token, port)
        if not answer:
            break
    return answer


def _ask_here(name: str, file: str, token: str, port: int) -> str:
    """Return what the first of the host's addresses says at which somebody listens; then what its IPv6 ones say."""
    failure = ""
    for address in _own_addresses():
        try:
            return _ask(name, file, token, address, port) or _ask_by_ipv6(name, file, token, port)
        except _NobodyListensError as error:
            failure = str(error)
    return failure


def _ask_by_ipv6(name: str, file: str, token: str, port: int) -> str:
    for public in led_here(name, own_ipv6()):
        with contextlib.suppress(_NobodyListensError):
            if instead := _ask(name, file, token, public, port):
                return (
                    f"{instead} from [{public}], its AAAA record, which an authority asks first; another server of "
                    "nginx, or another program, has `listen [::]:80` or that address for it"
                )
    return ""


def _own_addresses() -> list[str]:
    """Return the address that this host would ask others from, then the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # A datagram socket that is only connected sends nothing; a documentation address serves as the direction.
            probe.connect(("198.51.100.1", 9))
            return list(dict.fromkeys([probe.getsockname()[0], "127.0.0.1"]))
        except OSError:
            return ["127.0.0.1"]


def _ask(name: str, file: str, token: str, address: str, port: int) -> str:
    """Return "" when the token comes back, else what came instead. Redirects are followed, on this host.

    Raises _NobodyListensError where not even the first connection comes about.
    """
    url = f"http://{name}:{port}/{CHALLENGES}/{file}"
    for hop in range(_REDIRECTS + 1):
        try:
            status, location, body = _get(url, address)
        except _NobodyListensError as error:
            if hop == 0:
                raise
            return str(error)
        except OSError as error:
            return error.strerror or str(error) or type(error).__name__
        except (http.client.HTTPException, ValueError) as error:
            return f"no HTTP answer ({type(error).__name__})"
        if status in (301, 302, 303, 307, 308) and urlsplit(location).hostname == name:
            url = location
            continue
        if status == 200 and body.strip() == token:
            return ""
        return f"status {status}" if status != 200 else "status 200 with another content"
    return "too many redirects"


def _get(url: str, address: str) -> tuple[int, str, str]:
    """Return status, Location and the first bytes of the body that the host at ``address`` answers for a URL."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    name = parts.hostname or ""
    connection = http.client.HTTPConnection(name, port)
    try:
        with _connected(address, port) as plain, cut_after(plain, _SECONDS):
            connection.sock = _secured(plain, name) if secure else plain
            connection.request("GET", parts.path, headers={"Host": name, "Connection": "close"})
            response = connection.getresponse()
            body = response.read(200).decode("ascii", "replace")
            return response.status, response.getheader("Location") or "", body
    finally:
        connection.close()


def _connected(address: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((address, port), _SECONDS)
    except OSError as error:
        raise _NobodyListensError(error.strerror or str(error) or type(error).__name__) from error


def _secured(plain: socket.socket, name: str) -> ssl.SSLSocket:
    # Like the CA, which does not look at the certificate of an HTTPS target either.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)
