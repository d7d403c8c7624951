# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run stand-ins: ``python3 -m standins zoneminder:80 camera:8765`` (each given as name:port)."""

from __future__ import annotations

import signal
import socketserver
import sys
import threading

from . import camera, echo, jeedom, zoneminder
from .web import serve

HANDLERS: dict[str, type[socketserver.StreamRequestHandler]] = {
    "camera": camera.Camera,
    "echo": echo.Echo,
    "jeedom": jeedom.Jeedom,
    "zoneminder": zoneminder.ZoneMinder,
}


def main(arguments: list[str]) -> int:
    """Serve each named stand-in in its own thread until the process is told to end."""
    for argument in arguments:
        name, _colon, port = argument.partition(":")
        server = serve(HANDLERS[name], int(port))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{name} on port {port}", flush=True)
    # Wakes up at a signal: the first process of a container has no default action for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()
    return 0


sys.exit(main(sys.argv[1:]))
