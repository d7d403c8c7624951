# SPDX-License-Identifier: GPL-3.0-or-later

"""How many connections the host takes from one address. It is noisy, so that it is done only when asked for."""

from __future__ import annotations

import socket

from .._probe.connection import ProbeError, connect
from .subject import Probe, Subject, Verdict

REMEDY = "nothing limits the connections of one address: run playbooks/site.yml, and see hardening's connection limit"

# Seconds that one connection may take: what is dropped, not refused, is repeated after one (RFC 6298, 2011).
_WAIT = 1.5
# How many in a row are enough to believe that no more are taken.
_MISSES = 3


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    what = f"{subject.connections} connections at once: not all are taken"
    return [Probe("connections", what, lambda: _connections(subject))]


def _connections(subject: Subject) -> Verdict:
    taken: list[socket.socket] = []
    missed = 0
    try:
        while len(taken) < subject.connections and missed < _MISSES:
            try:
                taken.append(connect(subject.place, subject.port, _WAIT))
            except (OSError, ProbeError):
                missed += 1
        standing = sum(_stands(used) for used in taken)
    finally:
        for used in taken:
            used.close()
    return Verdict(standing < subject.connections, f"{standing} of {subject.connections} were taken")


def _stands(used: socket.socket) -> bool:
    """Whether the host has not ended a connection that it took."""
    used.setblocking(False)
    try:
        return bool(used.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False
