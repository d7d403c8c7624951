# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ports of a host can be connected to from here."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TypedDict

from . import _silence
from .connection import ProbeError, connect, places_of

NOT_PROVEN = "not proven from outside"
# What is behind a port that should be open and is not.
_SHUT = {
    "refused": "nothing listens there, see `ss -tlnp`",
    "filtered": "a firewall drops what is sent there, of the host (`ufw status`) or of a router",
}


class PortFacts(TypedDict):
    """One port: what was expected (``open`` or ``closed``), what it is, and whether that proves the expectation."""

    address: str
    port: int
    expected: str
    state: str
    proof: str
    detail: str


def state(address: str, port: int, timeout: float) -> str:
    """Return ``open``, ``refused``, or ``filtered`` when nothing comes back within ``timeout`` seconds.

    Raises ProbeError when the address is a name that does not resolve.
    """
    try:
        connect(address, port, timeout).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "filtered"
    return "open"


def shut(address: str, port: int, timeout: float) -> str:
    """Return the same of a port that should not be open, which is soon taken for silent; see `_silence`.

    ``timeout`` is for the name. Raises ProbeError when it does not resolve.
    """
    return _silence.ask(places_of(address, port, timeout))


def judge(address: str, port: int, expected: str, found: str, outside: bool, alive: bool) -> PortFacts:
    """Weigh the state of a port.

    ``outside`` is false when the question came from the host itself, whose firewall does not stand in between.
    ``alive`` is false when nothing at all answers at the address: then silence says nothing about the port.
    """
    detail = ""
    if expected == "open":
        proof = "ok" if found == "open" else "failed"
        if proof == "failed":
            detail = f"port {port} of {address} is {found} but should be open: {_SHUT[found]}"
    elif found == "open":
        proof = "failed"
        detail = (
            f"port {port} of {address} is open but should be closed: see which rule opens it (`ufw status numbered`)"
        )
    elif not alive:
        proof, detail = "failed", f"nothing answers at {address}, so that a silent port {port} proves nothing"
    else:
        proof = "ok"
    if not outside and (proof == "ok" or expected == "closed"):
        # The host reaches its own ports past its firewall: neither an open nor a closed one is a fact about outside.
        proof, detail = NOT_PROVEN, ""
    return _facts(address, port, expected, found, proof, detail)


def _facts(address: str, port: int, expected: str, found: str, proof: str, detail: str) -> PortFacts:
    return PortFacts(address=address, port=port, expected=expected, state=found, proof=proof, detail=detail)


@dataclass(frozen=True)
class Asked:
    """The ports of an address, each with what is expected of it and the state that is on its way."""

    address: str
    states: list[tuple[int, str, Future[str]]]


def ask(address: str, closed: Iterable[int], opened: Iterable[int], timeout: float, pool: Executor) -> Asked:
    """Ask all ports side by side, the open ones first: a silent one takes its time whatever else is done."""
    wanted = [(port, "open", state) for port in opened] + [(port, "closed", shut) for port in closed]
    return Asked(
        address,
        [(port, expected, pool.submit(question, address, port, timeout)) for port, expected, question in wanted],
    )


def weigh(asked: Asked, outside: bool, alive: bool) -> list[PortFacts]:
    """Return the facts of all ports; ``alive`` tells whether the host has answered otherwise."""
    address = asked.address
    wanted = [(port, expected) for port, expected, _state in asked.states]
    try:
        states = [state.result() for _port, _expected, state in asked.states]
    except ProbeError as error:
        detail = str(error)
        return [_facts(address, port, expected, "filtered", "failed", detail) for port, expected in wanted]
    alive = alive or any(found in ("open", "refused") for found in states)
    return [
        judge(address, port, expected, found, outside, alive)
        for (port, expected), found in zip(wanted, states, strict=True)
    ]
