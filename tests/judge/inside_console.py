# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx in front of the listener, and clients from everywhere.

`inside_console.py FOLDER` starts nginx with FOLDER/console.conf, sends each of FOLDER/requests.json, a path as Latin-1
characters with the port to ask and the client's address, and prints status and body of each as JSON.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

HOST = "127.0.0.1"
PROXY, LISTENER = 8080, 8088
LIMIT = 60.0


def ask(target: str, port: int, client: str) -> tuple[int, str]:
    """Send one request as it is; either program may still be on its way."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            with socket.create_connection((HOST, port), LIMIT) as connection:
                head = f"GET {target} HTTP/1.1\r\nHost: public.example.org\r\nX-Client: {client}\r\n"
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode("latin-1"))
                with connection.makefile("rb") as stream:
                    answer = stream.read().decode("latin-1")
        except ConnectionRefusedError:
            answer = "HTTP/1.1 502 "
        if " 502 " not in answer[:20]:
            return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]
        if time.monotonic() > end:
            raise TimeoutError(f"{target} on port {port}: {answer}")
        time.sleep(0.05)


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "console.conf"), "-g", "daemon off;"])
    try:
        print(json.dumps([ask(*each) for each in json.loads((folder / "requests.json").read_text())]))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
