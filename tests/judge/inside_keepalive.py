# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: services that end idle connections, behind nginx, and clients that send POSTs.

`inside_keepalive.py FOLDER` starts nginx with FOLDER/keepalive.conf and prints, as JSON, what became of the trials in
FOLDER/trials.json: of each how many POSTs were sent, and the statuses of those that were not answered with 200; beside
them what the services of `SPECIAL` saw.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HOST, NAME, PROXY = "127.0.0.1", "public.example.org", 8080
# By its path: what a service does that is no server of today's.
SPECIAL = {"/old/": 9001, "/abrupt/": 9002, "/deaf/": 9003, "/ntlm/": 9004}
FIRST = 10000
LIMIT = 60.0
LARGEST = 6.0
SEED = 21
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def head_of(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """Return the first line and the headers of a message; raises IncompleteReadError at the end of a connection."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    return first, {name.lower(): value.strip() for name, _colon, value in (each.partition(":") for each in lines)}


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> None:
    """Read what the length says."""
    left = int(headers.get("content-length", 0))
    while left:
        part = await reader.read(min(left, 65536))
        if not part:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(part)


class Service:
    """Answers each request, and ends a connection that is idle for some time."""

    def __init__(self, idle: float) -> None:
        """Say after how many seconds."""
        self._idle = idle

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while True:
                _first, headers = await asyncio.wait_for(head_of(reader), self._idle)
                await read_body(reader, headers)
                writer.write(OK)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
            # Whoever sent a part of a request in this moment gets no answer any more.
            writer.transport.abort()


async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak HTTP/1.0: an answer without a length ends with its connection."""
    _first, headers = await head_of(reader)
    await read_body(reader, headers)
    writer.write(b"HTTP/1.0 200 OK\r\n\r\nok")
    await writer.drain()
    writer.close()


async def abrupt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection behind an answer that does not say so."""
    _first, headers = await head_of(reader)
    await read_body(reader, headers)
    writer.write(OK)
    await writer.drain()
    writer.close()


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Leave the body of whatever is no POST unread, so that it is a request of its own; answer with the first line."""
    try:
        while True:
            first, headers = await head_of(reader)
            if first.startswith("POST"):
                await read_body(reader, headers)
            closes = headers.get("connection", "") == "close"
            said = f"HTTP/1.1 200 OK\r\nContent-Length: {len(first)}\r\n"
            writer.write(f"{said}{'Connection: close' if closes else 'X-Kept: yes'}\r\n\r\n{first}".encode())
            await writer.drain()
            if closes:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def ntlm(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Know whoever logged in on a connection by all that follows on it."""
    who = "nobody"
    try:
        while True:
            _first, headers = await head_of(reader)
            await read_body(reader, headers)
            who = headers.get("authorization", who)
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(who)}\r\n\r\n{who}".encode())
            await writer.drain()
            if headers.get("connection", "") == "close":
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def ask(head: str, body: bytes = b"") -> tuple[str, bytes]:
    """Send a request to nginx on a connection of its own; return the status and the body of the answer."""
    reader, writer = await asyncio.open_connection(HOST, PROXY)
    try:
        writer.write(f"{head}\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(-1), LIMIT)
    finally:
        writer.close()
    start, _empty, rest = answer.partition(b"\r\n\r\n")
    return start.decode("latin-1").split(" ")[1] if start else "none", rest


async def posts(port: int, idle: float, count: int) -> list[str]:
    """Send POSTs to one service, each some time after the answer to the last one; return their statuses."""
    chance = random.Random(SEED * 100000 + port)  # noqa: S311 - a fixed seed
    found = []
    await asyncio.sleep(chance.uniform(0, idle))
    for _number in range(count):
        body = b"x" * (chance.random() < 0.9 and int(10 ** chance.uniform(0, LARGEST)))
        status, _answer = await ask(f"POST /{port}/ HTTP/1.1\r\nContent-Length: {len(body)}", body)
        found.append(status)
        # Every other one comes in the very moment at which the service ends the connection, as near as can be.
        await asyncio.sleep(max(0.0, idle + chance.choice((chance.uniform(-0.3, 0.3), chance.uniform(-0.004, 0.001)))))
    return found


async def special() -> dict[str, Any]:
    """Return what was answered by the services of `SPECIAL`, and by whom."""
    both = [await ask("POST /old/ HTTP/1.1\r\nContent-Length: 2", b"hi") for _number in range(50)]
    both += [await ask("GET /old/ HTTP/1.1") for _number in range(50)]
    sudden = [await ask("GET /abrupt/ HTTP/1.1") for _number in range(200)]
    hidden = "GET /deaf/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    heard = []
    for method in ("GET", "DELETE", "OPTIONS", "PROPFIND"):
        for length in (f"Content-Length: {len(hidden)}", "Transfer-Encoding: chunked"):
            chunked = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n" if length.startswith("T") else hidden
            await ask(f"{method} /deaf/first HTTP/1.1\r\n{length}", chunked.encode())
            heard += [(await ask("GET /deaf/second HTTP/1.1"))[1].decode() for _number in range(3)]
    known = []
    for scheme in ("NTLM", "Negotiate", "negotiate"):
        await ask(f"GET /ntlm/ HTTP/1.1\r\nAuthorization: {scheme} anna")
        known += [(await ask("GET /ntlm/ HTTP/1.1"))[1].decode() for _number in range(3)]
    await ask("GET /ntlm/ HTTP/1.1\r\nAuthorization: Basic YW5uYTph")
    kept = (await ask("GET /ntlm/ HTTP/1.1"))[1].decode()
    return {
        "old": Counter(f"{status} {body.decode()}" for status, body in both),
        "abrupt": Counter(status for status, _body in sudden),
        "deaf": Counter(heard),
        "ntlm": Counter(known),
        "basic": kept,
    }


async def trials(several: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Carry them out side by side."""
    port, started = FIRST, []
    for each in several:
        ports = range(port, port + each["ports"])
        port = ports.stop
        for number in ports:
            await asyncio.start_server(Service(each["idle"]).serve, HOST, number)
        started.append([posts(number, each["idle"], each["posts"]) for number in ports])
    found = await asyncio.gather(*(asyncio.gather(*of_one) for of_one in started))
    statuses = [[status for of_port in of_one for status in of_port] for of_one in found]
    return [{"sent": len(each), "failed": Counter(status for status in each if status != "200")} for each in statuses]


async def main() -> None:
    """Do what the command line says."""
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = Path(sys.argv[1])
    for serve, port in zip((old, abrupt, deaf, ntlm), SPECIAL.values(), strict=True):
        await asyncio.start_server(serve, HOST, port)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "keepalive.conf"), "-g", "daemon off;"])
    try:
        await asyncio.sleep(1)
        found = await special()
        found["trials"] = await trials(json.loads((folder / "trials.json").read_text()))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main())
