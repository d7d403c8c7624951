# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: services with certificates of their own, and nginx in front of them.

`inside_pins.py FOLDER` starts a service for each certificate of FOLDER/pins.json, and nginx with FOLDER/pins.conf. It
prints, as JSON, what the collection finds of each (`seen`, `fault`) and the status that nginx answers (`status`).
"""

from __future__ import annotations

import http.client
import importlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST = "127.0.0.1"
# The first service's, and the port of nginx that asks it: the others follow.
BACK_END, PROXY = 9000, 8000
LIMIT = 20.0


def serve(number: int, pem: str, key: str, folder: Path) -> None:
    """Answer each connection to one service."""
    pair = folder / f"pair-{number}"
    pair.write_text(pem + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # As an old device, which shows what its maker gave it.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(pair)
    listening = socket.create_server((HOST, BACK_END + number))

    def answer() -> None:
        while True:
            connection, _address = listening.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    if tls.recv(65536):
                        tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue

    threading.Thread(target=answer, daemon=True).start()


def status(number: int) -> int:
    """Return what nginx answers for one service, when it does."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            connection = http.client.HTTPConnection(HOST, PROXY + number, timeout=LIMIT)
            connection.request("GET", "/")
            return connection.getresponse().status
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    shown = importlib.import_module("edge._preflight.pins").shown
    made = json.loads((folder / "pins.json").read_text())
    for number, each in enumerate(made):
        serve(number, each["pem"], each["key"], folder)
    asked = [{"file": str(each), "host": HOST, "port": BACK_END + each, "name": ""} for each in range(len(made))]
    found = shown(asked)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "pins.conf"), "-g", "daemon off;"])
    try:
        print(json.dumps([{**found[str(number)], "status": status(number)} for number in range(len(made))]))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
