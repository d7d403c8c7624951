# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates services show by TLS now, and which of them the host holds from an earlier run."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypedDict

from .._host.names import SITE_FILES

# Seconds for the connection, and for each step of the handshake.
_PATIENCE = 4.0
_AT_ONCE = 16


class Shown(TypedDict):
    """Certificates in PEM: the one that is `held`, and the one that is `seen`; "" for none.

    `fault` says why none is seen, or else, in OpenSSL's words, why the one that is seen does not vouch for itself.
    """

    held: str
    seen: str
    fault: str


def shown(asked: Iterable[Mapping[str, Any]], folder: str = SITE_FILES) -> dict[str, Shown]:
    """Return by `file` what each service shows at `host` and `port`, asked for by `name` where one is given."""
    services = [*asked]
    if not services:
        return {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = [*pool.map(lambda each: _seen(each["host"], each["port"], each["name"]), services)]
    return {
        each["file"]: Shown(held=_held(os.path.join(folder, each["file"])), seen=pem, fault=fault)
        for each, (pem, fault) in zip(services, seen, strict=True)
    }


def _held(path: str) -> str:
    try:
        with open(path, encoding="latin-1") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def _seen(host: str, port: int, name: str) -> tuple[str, str]:
    try:
        pem = ssl.DER_cert_to_PEM_cert(_certificate(host, port, name, ""))
    except (OSError, ValueError) as error:
        return "", _reason(error)
    try:
        _certificate(host, port, name, pem)
    except (OSError, ValueError) as error:
        return pem, _reason(error)
    return pem, ""


def _certificate(host: str, port: int, name: str, trusted: str) -> bytes:
    """Return the certificate of a service as DER.

    Raises ssl.SSLCertVerificationError where `trusted` is given and does not vouch for it. The host's own OpenSSL
    judges, as it will for nginx, which checks the name by itself.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if trusted:
        context.load_verify_locations(cadata=trusted)
        context.verify_mode = ssl.CERT_REQUIRED
    with (
        socket.create_connection((host, port), _PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=name or None) as tls,
    ):
        # A service that shows none leaves the handshake.
        return tls.getpeercert(binary_form=True) or b""


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, TimeoutError):
        return "no answer"
    return str(getattr(error, "strerror", None) or error)
