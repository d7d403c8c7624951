# SPDX-License-Identifier: GPL-3.0-or-later

"""Every address that DNS has for some names, each kind apart: a server may answer for one of them alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Optional, Union

from ._message import AAAA, A, Reply, ask_for
from .resolver import read_settings

_PARALLEL = 16
# server, name, kind of record: what the server says, None for nothing.
Question = Callable[[str, str, int], Union[Reply, None]]  # noqa: UP007 - an alias that is evaluated at run time
Several = Optional[tuple[str, ...]]  # noqa: UP045 - likewise


class Told(NamedTuple):
    """The addresses of a name by version of IP: none where DNS says that there are none, None where nobody says it."""

    ipv4: Several = None
    ipv6: Several = None


def addresses(names: Collection[str], question: Question = ask_for) -> dict[str, Told]:
    """Ask the DNS servers of the host for all names at the same time.

    Search domains and `/etc/hosts` do not count. A server that is silent takes four seconds a question.
    """
    servers = read_settings().servers
    pairs = [(name, kind) for name in names for kind in (A, AAAA)]

    def ask(pair: tuple[str, int]) -> Several:
        replies = (question(server, *pair) for server in servers)
        return next((reply.addresses for reply in replies if reply is not None), None)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        said = dict(zip(pairs, pool.map(ask, pairs), strict=True))
    return {name: Told(said[name, A], said[name, AAAA]) for name in names}
