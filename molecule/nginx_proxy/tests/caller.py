# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that speaks gRPC: `python3 caller.py ADDRESS NAME CA METHOD [HEADERS]` calls NAME at ADDRESS by TLS.

It prints as JSON the gRPC status, the messages that came, and after how many seconds each did. HEADERS are pairs as
JSON; `pause` is how many seconds it is silent. To a method `Chat` it sends two messages, the second one once the first
has come back.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import grpc

ADDRESS, NAME, CA, METHOD, *HEADERS = sys.argv[1:]
SENT = [tuple(each) for each in json.loads(HEADERS[0])] if HEADERS else []
PAUSE = float(dict(SENT).get("pause", 0))
PATIENCE = PAUSE + 10.0


def messages(back: Queue[None]) -> Iterator[bytes]:
    """Yield what is sent."""
    yield b'"a"'
    if METHOD.endswith("Chat"):
        back.get(timeout=PATIENCE)
        time.sleep(PAUSE)
        yield b'"b"'


credentials = grpc.ssl_channel_credentials(Path(CA).read_bytes())
options = [("grpc.ssl_target_name_override", NAME), ("grpc.default_authority", NAME)]
begin, came, moments, back = time.monotonic(), [], [], Queue()
with grpc.secure_channel(f"ipv4:{ADDRESS}:443", credentials, options) as channel:
    call = channel.stream_stream(METHOD)(messages(back), timeout=PATIENCE, metadata=SENT)
    status = "OK"
    try:
        for each in call:
            came.append(json.loads(each))
            moments.append(time.monotonic() - begin)
            back.put(None)
    except grpc.RpcError as error:
        status = error.code().name
print(json.dumps([status, came, moments]))
