# SPDX-License-Identifier: GPL-3.0-or-later

"""How many wrong passwords an address may try before fail2ban bans it."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterable
from pathlib import Path

from .._constellation.this_host import own_addresses
from .._host.command import MISSING, Run, run
from .logs import LOGS, tail

JAIL = "nginx-http-auth"
#: No ban is possible.
UNLIMITED = -1
# A right login that is refused is a wrong one to fail2ban. Its default bans at five.
_MOST = 3
_USUAL_FINDTIME, _USUAL_MAXRETRY = 600, 5
# What the jail's filter counts (filter.d/nginx-http-auth.conf of fail2ban 1.1).
_FAILED = re.compile(
    r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) .*(?:password mismatch|was not found in \"[^\"]*\"), client: ([^,]+),",
    re.MULTILINE,
)


def tries_left(address: str, call: Run = run, logs: Path = LOGS) -> int:
    """Return how many tries are safe, `UNLIMITED` where the jail ignores the address or there is no fail2ban."""
    ignored = call(["fail2ban-client", "get", JAIL, "ignoreip"])
    if ignored.rc == MISSING or _holds(ignored.out.split(), address):
        return UNLIMITED
    if address in own_addresses() and call(["fail2ban-client", "get", JAIL, "ignoreself"]).out.strip() == "True":
        return UNLIMITED
    findtime, maxretry = _figure("findtime", _USUAL_FINDTIME, call), _figure("maxretry", _USUAL_MAXRETRY, call)
    return max(0, min(_MOST, maxretry - 1 - _failed(address, findtime, logs)))


def _holds(words: Iterable[str], address: str) -> bool:
    client = ipaddress.ip_address(address)
    for word in words:
        try:
            network = ipaddress.ip_network(word, strict=False)
        except ValueError:  # a name, or a sign of the list
            continue
        if client in network:
            return True
    return False


def _figure(name: str, usual: int, call: Run) -> int:
    said = call(["fail2ban-client", "get", JAIL, name]).out.strip()
    return int(said) if said.isdigit() else usual


def _failed(address: str, seconds: int, logs: Path) -> int:
    """Return how many logins of an address have failed lately, by nginx's log of errors."""
    since = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(time.time() - seconds))
    found = (match for path in logs.glob("*error.log") for match in _FAILED.finditer(tail(path)))
    return sum(match[2] == address and match[1] >= since for match in found)
