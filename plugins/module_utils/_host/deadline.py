# SPDX-License-Identifier: GPL-3.0-or-later

"""An end in time for an exchange over a connection, whatever its other side does."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def cut_after(used: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Cut a connected socket off when the time is over; the event tells that it was.

    A socket's own timeout counts from byte to byte, so that a peer that drips would hold it for ever. What reads from
    it then gets the end of the stream, or an OSError. What that leads to inside is raised as TimeoutError, where it is
    an OSError or an error of `http.client`.
    """
    # TLS takes the descriptor over; this one is another of the same connection.
    own = used.dup()
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise TimeoutError(f"no answer within {seconds:g} s") from error
        raise
    finally:
        timer.cancel()
        own.close()
