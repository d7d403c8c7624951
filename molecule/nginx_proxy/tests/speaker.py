# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that speaks gRPC: `python3 speaker.py NAME PORT [FOLDER]`, by TLS where a folder has a key.

Its messages are JSON. `/edge.Lab/Tell` returns what came with the call, `/edge.Lab/Count` three numbers at intervals of
a quarter of a second, and `/edge.Lab/Chat` each message as it comes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

NAME, PORT, *FOLDER = sys.argv[1:]
PAUSE = 0.25


def tell(_message: bytes, context: Any) -> bytes:
    """Return the name of the service, and what came with the call."""
    return json.dumps([NAME, context.peer(), sorted(context.invocation_metadata())]).encode()


def count(_message: bytes, _context: Any) -> Iterator[bytes]:
    """Yield three numbers, each after a while."""
    for number in range(3):
        yield json.dumps(number).encode()
        time.sleep(PAUSE)


def chat(messages: Iterator[bytes], _context: Any) -> Iterator[bytes]:
    """Return each message as it comes."""
    yield from messages


HANDLERS = {
    "Tell": grpc.unary_unary_rpc_method_handler(tell),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
}


# By itself it shares its port with another one.
server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("edge.Lab", HANDLERS),))
if FOLDER:
    key, certificate = ((Path(FOLDER[0]) / each).read_bytes() for each in ("key.pem", "cert.pem"))
    server.add_secure_port(f"0.0.0.0:{PORT}", grpc.ssl_server_credentials([(key, certificate)]))
else:
    server.add_insecure_port(f"0.0.0.0:{PORT}")
server.start()
server.wait_for_termination()
