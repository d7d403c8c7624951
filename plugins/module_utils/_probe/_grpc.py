# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a service that speaks gRPC answers: it is called for a method that no service has.

gRPC answers that itself, by HTTP status 200 and a gRPC status (PROTOCOL-HTTP2.md of github.com/grpc/grpc), so that
nothing is done there. nginx takes the call by HTTP/1.1, too, which clients do not speak.
"""

from __future__ import annotations

import ssl
from dataclasses import replace

from .connection import Target, ask, opened

_TYPE = "application/grpc"
_HEADERS = {"Content-Type": _TYPE, "TE": "trailers"}


def call(target: Target) -> tuple[int, str]:
    """Return the HTTP status, and what is wrong with the answer; "" where it is one of gRPC."""
    with opened(target) as used:
        response = ask(target, used, _HEADERS, "POST")
        status, kind = response.status, response.getheader("Content-Type") or ""
    if status == 200 and kind.startswith(_TYPE):
        return status, ""
    return status, f"status {status}{f' with {kind}' if status == 200 else ''} instead of an answer by gRPC"


def without_http2(target: Target) -> str:
    """Return what is wrong where a client cannot choose HTTP/2 in the handshake, "" where it can."""
    if not target.secure:
        return ""
    with opened(replace(target, protocol="h2")) as used:
        chosen = used.selected_alpn_protocol() if isinstance(used, ssl.SSLSocket) else None
    if chosen == "h2":
        return ""
    return (
        "HTTP/2 is not spoken, which every gRPC client needs: write `http2 on;` into the server, or `listen ... http2`"
    )
