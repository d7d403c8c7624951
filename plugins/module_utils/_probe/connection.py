# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange over one socket, with an end in time whatever the other side does."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .._host.deadline import cut_after
from .._host.errors import EdgeError

# As who a question is asked.
AGENT = "constellation.edge-probe"


class ProbeError(EdgeError):
    """The other side did not do what was asked; the message says what it did."""


@dataclass(frozen=True)
class Target:
    """Where and how to ask.

    ``address`` is connected to instead of what the name resolves to, when it is not empty. ``ca_file`` adds a trust
    root. ``verify`` is false for an exchange that goes on with a certificate that nobody vouches for. ``timeout`` is
    the seconds that connecting may take, and that the whole exchange may take after it. ``protocol`` is offered in the
    TLS handshake (ALPN).
    """

    url: str
    address: str = ""
    ca_file: str = ""
    verify: bool = True
    timeout: float = 10.0
    protocol: str = "http/1.1"

    @property
    def parts(self) -> SplitResult:
        """The URL in pieces."""
        return urlsplit(self.url)

    @property
    def secure(self) -> bool:
        """Whether the URL is an HTTPS one."""
        return self.parts.scheme == "https"

    @property
    def host(self) -> str:
        """The host of the URL, an IPv6 address without brackets."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port of the URL, or that of its scheme."""
        return self.parts.port or (443 if self.secure else 80)

    @property
    def path(self) -> str:
        """What follows the host, as a request line has it."""
        return (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")


def connect(address: str, port: int, timeout: float) -> socket.socket:
    """Return a connected socket; the addresses of a name are tried in turn within ``timeout`` seconds altogether.

    Raises OSError as the system does, TimeoutError in particular; and ProbeError when the name has no address.
    """
    found = places_of(address, port, timeout)
    failure: OSError = OSError(f"{address} has no address")
    for family, kind, protocol, place in found:
        attempt = socket.socket(family, kind, protocol)
        attempt.settimeout(max(timeout / len(found), 0.2))
        try:
            attempt.connect(place)
        except OSError as error:
            attempt.close()
            failure = error
            continue
        return attempt
    raise failure


def places_of(address: str, port: int, timeout: float) -> list[tuple[int, int, int, Any]]:
    """Return what the system's resolver knows. Raises ProbeError when the name has no address, or none in time."""
    answer: list[tuple[int, int, int, Any]] = []
    failure: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            for family, kind, protocol, _name, place in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
                answer.append((family, kind, protocol, place))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    # That resolver takes no time limit.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    if failure:
        raise ProbeError(f"the name {address} does not resolve ({failure[0]})")
    if thread.is_alive() or not answer:
        raise ProbeError(f"the name {address} does not resolve within {timeout:g} s")
    return list(answer)


def tls_context(ca_file: str = "", verify: bool = True, protocol: str = "http/1.1") -> ssl.SSLContext:
    """Return the settings of a client: the system's trust roots and, when given, those of ``ca_file``.

    Raises ProbeError when that file holds no certificate.
    """
    # Reading the trust roots takes far longer than the rest, and without verification none is needed.
    context = ssl.create_default_context() if verify else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Strict from Python 3.13 on; browsers are not, and the answer must not depend on who asks.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ProbeError(f"ca_file {ca_file}: {error.strerror or error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


@contextmanager
def opened(target: Target) -> Iterator[socket.socket]:
    """Yield a connected socket, with TLS where the URL asks for it, which is cut off when the time is over.

    Raises ProbeError for every way in which the connection, the TLS handshake or the exchange inside fails, except
    ssl.SSLCertVerificationError, which a caller may want to look into.
    """
    peer = target.address or target.host
    where = f"{peer} port {target.port}"
    try:
        plain = connect(peer, target.port, target.timeout)
    except OSError as error:
        raise ProbeError(f"cannot connect to {where}: {reason(error)}") from error
    used = plain
    with cut_after(plain, target.timeout) as expired:
        try:
            plain.settimeout(target.timeout)
            if target.secure:
                used = tls_context(target.ca_file, target.verify, target.protocol).wrap_socket(
                    plain, server_hostname=target.host, do_handshake_on_connect=False
                )
                used.do_handshake()
            yield used
        except ssl.SSLCertVerificationError:
            raise
        except ProbeError as error:
            if expired.is_set():
                raise ProbeError(f"{error}; cut after {target.timeout:g} s") from error
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            if expired.is_set() or isinstance(error, TimeoutError):
                # What was cut off reads as if the other side had closed it, which is another thing to have found out.
                raise ProbeError(f"{where}: no answer within {target.timeout:g} s") from TimeoutError(str(error))
            raise ProbeError(f"{where}: {reason(error)}") from error
        finally:
            used.close()


def reason(error: Exception) -> str:
    """Return why an exchange failed, in few words."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, http.client.HTTPException):
        return f"not an HTTP answer ({type(error).__name__}: {error})"
    return str(error)


def ask(
    target: Target, used: socket.socket, headers: dict[str, str] | None = None, method: str = "GET"
) -> http.client.HTTPResponse:
    """Send a request for the target's path over an opened socket and return the answer, its body not yet read.

    It is to be the service's own, of now: nginx may keep those of others.
    """
    connection = http.client.HTTPConnection(target.host, target.port, timeout=target.timeout)
    connection.sock = used
    host = f"[{target.host}]" if ":" in target.host else target.host
    explicit = target.parts.port not in (None, 443 if target.secure else 80)
    sent = {"Host": f"{host}:{target.port}" if explicit else host, "User-Agent": AGENT}
    given = {**sent, "Accept": "*/*", "Cache-Control": "no-cache", **(headers or {})}
    connection.request(method, target.path, headers=given)
    return connection.getresponse()
