# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running server listens as a listenUri says: asked over HTTP on this host itself."""

from __future__ import annotations

import http.client
import re
import socket

from ..._host.deadline import cut_after
from ..uris.listen_uri import ListenUri

LOOPBACK = "127.0.0.1"
LISTENING = ""


def ask(uri: ListenUri, path: str = "", timeout: float = 5.0) -> str:
    """Ask a listenUri (or another path on its port) and return "" when it is served, else why not.

    The listener of Mono answers ``400 Bad Request (Invalid host)`` to whatever lies outside its prefixes; any other
    answer, an error page too, comes from behind one. A prefix with a host is asked with that host in the Host header.
    ``timeout`` is in seconds, for connecting and for the answer after it.
    """
    if uri.scheme == "https":
        return _connects(uri, timeout)
    host = LOOPBACK if uri.any_host else uri.host
    problem = "no answer"
    for address in _addresses(uri):
        connection = http.client.HTTPConnection(address, uri.port, timeout=timeout)
        try:
            connection.connect()
            with cut_after(connection.sock, timeout):
                connection.putrequest("GET", path or uri.path, skip_host=True, skip_accept_encoding=True)
                connection.putheader("Host", f"{host}:{uri.port}")
                connection.putheader("Connection", "close")
                connection.endheaders()
                answer = connection.getresponse()
                if answer.status != 400 or b"invalid host" not in answer.read(4096).lower():
                    return LISTENING
            return "a process listens on the port, but not under this URI (400 Invalid host)"
        except (OSError, UnicodeError) as error:
            problem = _why(error)
        except http.client.HTTPException as error:
            return f"what listens on port {uri.port} does not speak HTTP ({type(error).__name__})"
        finally:
            connection.close()
    return problem


def _addresses(uri: ListenUri) -> list[str]:
    """Return the addresses on which a prefix may be bound: an address of its own is asked there alone."""
    if re.fullmatch(r"[0-9.]+", uri.host):
        return [uri.host]
    return [LOOPBACK] if uri.any_host else [LOOPBACK, uri.host]


def _connects(uri: ListenUri, timeout: float) -> str:
    """Return "" when the port of an https URI takes a connection; more cannot be known without its certificate."""
    for address in _addresses(uri):
        try:
            socket.create_connection((address, uri.port), timeout).close()
        except (OSError, UnicodeError) as error:
            problem = _why(error)
        else:
            return LISTENING
    return problem


def _why(error: OSError | UnicodeError) -> str:
    """Return a connection's error in a few words."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens on the port"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, UnicodeError):
        return "its host can be no name"  # as a label of more than 63 letters
    return error.strerror or str(error)
