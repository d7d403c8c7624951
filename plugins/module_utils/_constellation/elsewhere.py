# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a Constellation server on any machine serves a path already: asked as the proxy on this host would ask."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._host.deadline import cut_after

SERVED = ""
_SECONDS = 5.0
_PARALLEL = 16


@dataclass(frozen=True)
class Question:
    """The URL of a path on a server, and the name by which clients ask the proxy for it."""

    url: str
    host: str


def ask_all(questions: Iterable[Question]) -> dict[str, str]:
    """Return for each URL "" when it is served, else why not; asked at once, since a silent machine takes seconds."""
    wanted = list(questions)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return dict(zip([one.url for one in wanted], pool.map(ask, wanted), strict=True))


def ask(question: Question, timeout: float = _SECONDS) -> str:
    """Return "" when the server's home page, which needs no key, is at the URL; else why not.

    The listener of Mono answers 400 outside its prefixes, that of Windows 404; a server that listens above the path
    takes the request and does not know it, which is 404, too.
    """
    parts = urlsplit(question.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port)
    try:
        with socket.create_connection((host, port), timeout) as plain, cut_after(plain, timeout):
            connection.sock = _secured(plain, host) if parts.scheme == "https" else plain
            connection.request("GET", parts.path or "/", headers={"Host": question.host, "Connection": "close"})
            status = connection.getresponse().status
    except OSError as error:
        return f"nothing answers there: {_why(error)}"
    except http.client.HTTPException as error:
        return f"what answers there does not speak HTTP ({type(error).__name__})"
    finally:
        connection.close()
    return f"it answers {status} there" if status in (400, 404) else SERVED


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    # As nginx does: a back end's certificate is not checked.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


def _why(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or str(error)
