# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients get of the sites that change, asked on the host itself before the change and after it.

A question is one path of one server, with Host and SNI as a client sends them. Whatever answers below 500 counts as an
answer: a login page and a missing page come from something that works.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..._host.errors import EdgeError
from ..._probe.connection import ProbeError, Target, ask, opened
from ..text.addresses import listen_keys
from ..text.identity import location_form
from ..text.inclusion import Includes
from ..text.server import listens_of, names_of, servers_of
from ..text.tokens import outer
from ..text.tree import Block, Statement
from ._reading import included
from .includes import reader

# A name that a client can send: no wildcard, no regular expression, not the catch-all `_`.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
# A path that needs no escaping; an ordinary one is enough to see whether its location works.
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")
# A status of a server that cannot answer, or nginx's own for a connection that is closed.
_NO_ANSWER = re.compile(r"(?:444|5[0-9]{2})\Z")
_HERE = {"*": "127.0.0.1", "[::]": "::1"}
_AT_ONCE = 8
PAUSE = 0.2


class RouteLost(EdgeError):  # noqa: N818 - it says what happened
    """A path that was answered before is not any more; the message holds both answers."""


@dataclass(frozen=True, order=True)
class Question:
    """One URL, and the address of this host at which nginx listens for it; whether nginx has the answer by itself."""

    url: str
    address: str
    is_returned: bool = field(default=False, compare=False)

    @property
    def is_plain(self) -> bool:
        """Whether it is asked without TLS."""
        return self.url.startswith("http:")


@dataclass(frozen=True)
class PathAnswer:
    """What came back: a status, or why there was none."""

    status: int | None
    text: str

    @property
    def counts(self) -> bool:
        """Whether something that works has answered."""
        return self.status is not None and self.status < 500


@dataclass(frozen=True)
class Patience:
    """Seconds: how long one answer may take, and for how long an answer that got lost is asked for again."""

    answer: float = 5.0
    again: float = 5.0


class Watch:
    """The answers before a change, to hold those after it against."""

    def __init__(self, root: str, paths: Iterable[str], patience: Patience = Patience()) -> None:
        """Ask everything that the files at `paths` (without links) serve now."""
        self._root = root
        self._paths = frozenset(paths)
        self._patience = patience
        asked = _asked(questions(root, self._paths), patience.answer)
        self._before = {question: answer for question, answer in asked.items() if answer.counts}

    def compare(self) -> None:
        """Ask again what was answered and is still configured. Raises RouteLost when an answer stays away."""
        left = self._comparable(questions(self._root, self._paths))
        deadline = time.monotonic() + self._patience.again
        while left:
            now = _asked(sorted(left), self._patience.answer)
            left = {question for question in left if not now[question].counts}
            if left and time.monotonic() >= deadline:
                lost = "; ".join(
                    f"{question.url}: {self._before[question].text} before, {now[question].text} after the reload"
                    for question in sorted(left)
                )
                raise RouteLost(f"clients got worse answers with the new configuration: {lost}")
            if left:
                time.sleep(PAUSE)

    def _comparable(self, now: Iterable[Question]) -> set[Question]:
        """Return what was answered and is asked still.

        Not where nginx led to HTTPS by itself, and a service is asked in clear text from now on: it may be off.
        """
        before = {question: question for question in self._before}
        known = ((before[question], question) for question in now if question in before)
        return {
            question
            for was, question in known
            if not (question.is_plain and was.is_returned and not question.is_returned)
        }


def questions(root: str, paths: frozenset[str]) -> list[Question]:
    """Return what can be asked of the servers in those of the files at `paths` that nginx reads."""
    found: set[Question] = set()
    includes = reader(root)
    for path, document in included(root):
        if os.path.realpath(path) in paths and isinstance(document, Block):
            for server in servers_of(document):
                found.update(_of_server(server, includes))
    return sorted(found)


def _of_server(server: Statement, includes: Includes) -> Iterator[Question]:
    body = server.block.body if server.block else []
    names = [outer(name).removeprefix(".") for name in names_of(server, includes)]
    known = [name for name in names if _NAME.match(name)]
    for scheme, address, port in _places(listen for listen, _at in listens_of(server, includes)):
        usual = port == (443 if scheme == "https" else 80)
        for name in known:
            # Names share their locations, so that every path is asked under one of them.
            paths = _paths(body)
            for path in paths if name == known[0] else [path for path in paths if path == "/"]:
                url = f"{scheme}://{name}{'' if usual else f':{port}'}{path}"
                yield Question(url, address, path in _returned(body))


def _places(listens: Iterable[Statement]) -> list[tuple[str, str, int]]:
    """Return scheme, address and port of each `listen` over TCP that speaks HTTP.

    Of the two families that take every address the first is asked. Addresses of its own are asked each, because nginx
    may have another server for them. Of a range the web's own port is asked, else the first.
    """
    found: list[tuple[str, str, int]] = []
    everywhere: set[tuple[str, int]] = set()
    for each in listens:
        if {"proxy_protocol", "quic", "udp"} & set(each.args[1:]):
            continue
        scheme = "https" if "ssl" in each.args[1:] else "http"
        for host, port in _asked_of(each):
            if host not in _HERE:
                found.append((scheme, host.strip("[]"), port))
            elif (scheme, port) not in everywhere:
                everywhere.add((scheme, port))
                found.append((scheme, _HERE[host], port))
    return list(dict.fromkeys(found))


def _asked_of(listen: Statement) -> list[tuple[str, int]]:
    ports: dict[str, list[int]] = {}
    for address in listen_keys(listen.args):
        host, _colon, port = address.rpartition(":")
        if port.isdigit() and not host.startswith("unix"):
            ports.setdefault(host, []).append(int(port))
    usual = 443 if "ssl" in listen.args[1:] else 80
    return [(host, usual if usual in theirs else min(theirs)) for host, theirs in sorted(ports.items())]


def _paths(body: list[Statement]) -> list[str]:
    paths = ["/"]
    refusing: set[str] = set()
    for each in body:
        if (
            each.block is None
            or each.name != "location"
            or any(inside.name == "internal" for inside in each.block.body)
        ):
            continue
        modifier, path = location_form(each.args)
        if modifier in ("", "=", "^~") and _PATH.match(path):
            paths.append(path)
            if _refuses(each.block):
                refusing.add(path)
    return [each for each in dict.fromkeys(paths) if each not in refusing]


def _returned(body: list[Statement]) -> set[str]:
    """Return the paths at which nginx answers by `return`."""
    found = (
        location_form(each.args)[1]
        for each in body
        if each.block and each.name == "location" and any(inside.name == "return" for inside in each.block.body)
    )
    return {*found}


def _refuses(location: Block) -> bool:
    """Whether a location is meant to give no answer that counts: an error of the server's, or none at all."""
    return any(each.name == "return" and _NO_ANSWER.match(each.args[0]) for each in location.body if each.args)


def _asked(asked: Iterable[Question], timeout: float) -> dict[Question, PathAnswer]:
    several = list(asked)
    if not several:
        return {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(several, pool.map(lambda each: answer_to(each, timeout), several), strict=True))


def answer_to(question: Question, timeout: float) -> PathAnswer:
    """Ask one question over a connection of its own; the body is not waited for. Never raises."""
    target = Target(question.url, question.address, verify=False, timeout=timeout)
    try:
        with opened(target) as used:
            status = ask(target, used).status
    except (ProbeError, OSError) as error:
        return PathAnswer(None, f"no answer ({error})")
    return PathAnswer(status, f"status {status}")
