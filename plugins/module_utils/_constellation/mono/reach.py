# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a Constellation server answers under an address, asked from the sentinel's own host as the sentinel will."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from ..._host.deadline import cut_after
from ..._host.lan import LAN_NETWORKS
from ..uris.server_uri import ServerUri
from .connected import resolve

TIMEOUT = 10.0
_LARGEST_PAGE = 65536
# Any other address is the router's public one.
_HOME = [ipaddress.ip_network(text) for text in LAN_NETWORKS]
_PATH_REMEDY = "have the route's path, the proxy's location and the server's listenUri the same (site.yml does)"
_PROXY_REMEDY = "run site.yml to its end, and see on the proxy's host what the proxy's and the server's logs say"
_STATUS = {
    401: ("asks for a password (401)", "take the password off the proxy's location for this host's address"),
    403: ("refuses this host (403)", "allow this host's address in the proxy's location"),
    404: ("has nothing under this path (404)", _PATH_REMEDY),
    502: ("is only a proxy whose server does not answer (502)", _PROXY_REMEDY),
    503: ("is only a proxy whose server does not answer (503)", _PROXY_REMEDY),
    504: ("is only a proxy whose server does not answer (504)", _PROXY_REMEDY),
}
# X509_V_ERR_* of OpenSSL that say why a certificate is not taken.
_NAMES_DIFFER = (62, 64)
_TIMES = {9: "is not valid yet", 10: "has ended"}
_SELF_SIGNED = 18


@dataclass(frozen=True)
class Trouble:
    """Why a sentinel cannot move, and what to do about it.

    ``curable`` is true for what the rest of a run may put right, such as a proxy that is not there yet.
    """

    problem: str
    remedy: str
    curable: bool = False


class UnreachableError(Exception):
    """The address does not lead to a server; ``trouble`` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.problem)
        self.trouble = trouble


def reach(uri: ServerUri, timeout: float = TIMEOUT) -> Trouble | None:
    """Ask an address and return what is wrong with it, None when a Constellation server answers.

    ``timeout`` is in seconds, for connecting to each address and for the answer after it.
    """
    try:
        with connected_to(uri, timeout) as plain, cut_after(plain, timeout), _secured(uri, plain) as used:
            return _judge(uri, *_answer(uri, used))
    except UnreachableError as error:
        return error.trouble


@contextlib.contextmanager
def connected_to(uri: ServerUri, timeout: float) -> Iterator[socket.socket]:
    """Yield a connection to the first address that takes one. Raises UnreachableError."""
    addresses = resolve(uri)
    if not addresses:
        raise UnreachableError(
            Trouble(
                f"the name {uri.host} does not resolve on this host",
                f"have the DNS of this network, or /etc/hosts of this host, lead {uri.host} to the proxy",
            )
        )
    # A host without IPv6 has no way to the other address: that one refuses says more.
    refused = False
    with contextlib.ExitStack() as stack:
        for address in addresses:
            try:
                plain = stack.enter_context(socket.create_connection((address, uri.port), timeout))
            except OSError as error:
                refused = refused or isinstance(error, ConnectionRefusedError)
            else:
                break
        else:
            raise UnreachableError(_silence(uri, addresses, refused=refused))
        yield plain


def _silence(uri: ServerUri, addresses: list[str], *, refused: bool) -> Trouble:
    """Return what addresses that take no connection mean."""
    why = "refuses the connection" if refused else "does not answer"
    where = addresses[0] if addresses == [uri.host] else f"{uri.host} ({', '.join(addresses)})"
    hint = _hairpin(uri, addresses)
    if hint:
        return Trouble(f"{where} {why} on port {uri.port} from inside this network", hint, curable=refused)
    remedy = f"see whether the proxy runs there, and whether a firewall keeps this host from its port {uri.port}"
    return Trouble(f"{where} {why} on port {uri.port}", remedy, curable=refused)


def _hairpin(uri: ServerUri, addresses: list[str]) -> str:
    """Return the remedy for a name that leads to the router's public address, "" for one that leads into the LAN."""
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    # A public IPv6 address is the machine's own: no router stands for it.
    behind = [address for address in parsed if address.version == 4]
    if not behind or any(address in network for address in parsed for network in _HOME):
        return ""
    return (
        f"{uri.host} leads to the public address {behind[0]}, which many routers do not lead back inside (hairpin "
        f"NAT): have the local DNS, or /etc/hosts of this host, name the proxy's address in the LAN for {uri.host}, or "
        "turn on hairpin NAT (NAT loopback) in the router"
    )


@contextlib.contextmanager
def _secured(uri: ServerUri, plain: socket.socket) -> Iterator[socket.socket]:
    """Yield the connection with TLS by the system's store, where the address asks for it. Raises UnreachableError."""
    if uri.scheme == "http":
        yield plain
        return
    try:
        used = system_context().wrap_socket(plain, server_hostname=uri.host)
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(_distrust(uri, error)) from error
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or str(error)
        raise UnreachableError(
            Trouble(f"{uri.host} does not talk TLS on port {uri.port} ({why})", _PROXY_REMEDY, curable=True)
        ) from error
    with used:
        yield used


def system_context() -> ssl.SSLContext:
    """Return what trusts as the system does, and no more strictly than the programs that are to call.

    Own certificate authorities often lack what Python asks for from 3.13 on.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _distrust(uri: ServerUri, error: ssl.SSLCertVerificationError) -> Trouble:
    """Return what a certificate that the system does not take means."""
    code = error.verify_code
    hint = _hairpin(uri, resolve(uri))
    router = f". Or the router answers in the proxy's place: {hint}" if hint else ""
    if code in _NAMES_DIFFER:
        return Trouble(
            f"the certificate that answers is not for {uri.host}",
            f"have the site with its certificate on the proxy{router}",
            curable=True,
        )
    if code in _TIMES:
        return Trouble(
            f"the certificate of {uri.host} {_TIMES[code]}",
            "have the certificate renewed on the proxy, and the clock of this host right",
            curable=True,
        )
    if code == _SELF_SIGNED:
        return Trouble(
            f"{uri.host} has a self-signed certificate",
            f"have the missing certificate issued, as the summary of site.yml says{router}",
            curable=True,
        )
    return Trouble(
        f"this host does not trust the certificate of {uri.host}: {error.verify_message}",
        "put the certificate of the authority that issued it into /usr/local/share/ca-certificates, as a file with the "
        "ending .crt, and run update-ca-certificates on this host",
    )


def _answer(uri: ServerUri, used: socket.socket) -> tuple[int, str, bytes]:
    """Return status, where it redirects to, and the beginning of the page. Raises UnreachableError."""
    connection = http.client.HTTPConnection(uri.host, uri.port)
    connection.sock = used
    try:
        connection.putrequest("GET", uri.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", uri.netloc)
        connection.putheader("Connection", "close")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read(_LARGEST_PAGE)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(
            Trouble(f"{uri} takes the connection and gives no answer ({type(error).__name__})", _PROXY_REMEDY, True)
        ) from error


def _judge(uri: ServerUri, status: int, location: str, page: bytes) -> Trouble | None:
    """Return what an answer means that is not a Constellation server's home page, which nobody needs a key for."""
    text = page.lower()
    if status == 200 and b"constellation" in text:
        return None
    if status == 400 and b"invalid host" in text:
        return Trouble(f"the server does not listen under {uri.path} (400 Invalid host)", _PATH_REMEDY, curable=True)
    if status in _STATUS:
        problem, remedy = _STATUS[status]
        return Trouble(f"{uri} {problem}", remedy, curable=status not in (401, 403))
    if 300 <= status < 400:
        return Trouble(f"{uri} redirects to {location or 'nowhere'}", "name the address that it leads to", curable=True)
    hint = _hairpin(uri, resolve(uri))
    remedy = "see which program answers there" + (f". It may be the router: {hint}" if hint else "")
    return Trouble(f"{uri} answers, but not as a Constellation server ({status})", remedy, curable=True)
