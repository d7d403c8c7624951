# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on the host of the proxies: `ask.py WORK ARGUMENTS` does one piece of work and prints JSON."""

from __future__ import annotations

import json
import re
import socket
import ssl
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


def requests(url: str, unit: str, connections: int, seconds: int, close: bool = False) -> dict[str, float]:
    """Return requests a second and the 99th percentile in milliseconds, by wrk with one thread.

    Beside them, the microseconds of processor time that the processes of a systemd unit took for a request. With
    `close`, every request has a connection of its own.
    """
    headers = ["-H", "Connection: close"] if close else []
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s", *headers, f"{url}/"]
    before = _processor_time(unit)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    taken = _processor_time(unit) - before
    if wrong := re.search(r"Non-2xx.*|Socket errors.*", said):
        raise SystemExit(f"{url}: {wrong[0]}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said)
    count = re.search(r"(\d+) requests in", said)
    if rate is None or slow is None or count is None:
        raise SystemExit(f"{url}: wrk says {said}")
    return {"rate": float(rate[1]), "p99": float(slow[1]) * _UNITS[slow[2]], "taken": taken / int(count[1])}


def http2(url: str) -> dict[str, object]:
    """Return requests a second by h2load with 16 connections of 10 streams, and the protocol that was agreed on.

    No connection has more than 1,000 requests, after which nginx ends it (`keepalive_requests`).
    """
    command = ["h2load", "-t1", "-c16", "-m10", "-n", "12000", f"{url}/"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"finished in [\d.]+\w+, ([\d.]+) req/s", said)
    protocol = re.search(r"Application protocol: (\S+)", said)
    failed = re.search(r"(\d+) failed", said)
    if rate is None or protocol is None or failed is None or int(failed[1]):
        raise SystemExit(f"{url}: h2load says {said}")
    return {"rate": float(rate[1]), "protocol": protocol[1]}


def events(url: str, count: int) -> float:
    """Return the median of milliseconds from the moment at which an event was sent to its arrival.

    `url` may begin with `http:`. The service says in each event when it sent it; its machine has the same clock.
    """
    parts = urlsplit(url)
    taken = []
    for _number in range(count):
        with _connection(parts.scheme, parts.hostname or "", parts.port or 443) as connection:
            host = parts.hostname or ""
            connection.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n".encode())
            said = b""
            while not re.search(rb"data: [\d.]+\n", said):
                part = connection.recv(4096)
                if not part:
                    raise SystemExit(f"{url}: {said.decode()}")
                said += part
            sent = re.search(rb"data: ([\d.]+)", said)
            taken.append((time.time() - float(sent[1] if sent else 0)) * 1000)
    return statistics.median(taken)


def memory(unit: str) -> float:
    """Return the MiB of all processes of a systemd unit, with what they share counted once."""
    found = 0
    for number in (_group(unit) / "cgroup.procs").read_text().split():
        said = Path(f"/proc/{number}/smaps_rollup").read_text()
        found += sum(map(int, re.findall(r"^Pss:\s+(\d+)", said, re.MULTILINE)))
    return found / 1024


def _processor_time(unit: str) -> int:
    """Return the microseconds that all processes of a unit have taken since it was started."""
    lines = dict(line.split() for line in (_group(unit) / "cpu.stat").read_text().splitlines())
    return int(lines["usage_usec"])


def _group(unit: str) -> Path:
    command = ["systemctl", "show", unit, "--property", "ControlGroup", "--value"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path("/sys/fs/cgroup") / shown.strip().lstrip("/")


def _connection(scheme: str, host: str, port: int) -> socket.socket:
    plain = socket.create_connection((host, port), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if scheme == "http":
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


if __name__ == "__main__":
    _work = {each.__name__: each for each in (requests, http2, events, memory)}
    print(json.dumps(_work[sys.argv[1]](**json.loads(sys.argv[2]))))
