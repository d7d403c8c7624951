# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that end with the test that needs them, in a thread that does, too."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# How often a server looks whether it shall end: each test waits for that.
_POLL_SECONDS = 0.02
_END_SECONDS = 10.0


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server serve; at the end it is closed, and its thread is over."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(_END_SECONDS)
        server.server_close()
