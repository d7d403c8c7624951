# SPDX-License-Identifier: GPL-3.0-or-later

"""A second nginx that tries a sandbox: the host's own configuration, with other addresses, beside the one that serves.

It runs in a unit of its own that lasts for the trial. Over each file that says where nginx listens or where its process
number goes, an edited copy is mounted that only this unit sees; everything else is the host's own: modules,
certificates, folders of logs and caches. No client reaches it, and the service behind a site is never asked.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import socket
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..._host import command, process
from ..._host.errors import EdgeError
from ..._host.names import TEMPORARY
from ..files import read_text
from ..text.tree import Block, Statement, parse, places, read
from .unit import AWKWARD, RESTRICTIONS, properties

_FILE = re.compile(r"^# configuration file (.+):$", re.MULTILINE)
_ERROR = re.compile(r"\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.*)")
# What `listen` says beside the address, where it holds for a socket of the file system, too.
_KEPT = frozenset({"ssl", "http2", "default_server", "default", "proxy_protocol", "udp"})
# These come by the command line.
_DROPPED = frozenset({"pid", "daemon", "master_process"})
_STEADY_SECONDS = 0.3
_TURN_SECONDS = 10.0
_POLL = 0.05


class TrialError(EdgeError):
    """The trial cannot be made here; the message says why."""


@dataclass(frozen=True)
class Said:
    """Whether nginx worked, and what it, or else the trial, complained about."""

    works: bool
    errors: list[str]


class Subject(Protocol):
    """What is run with some restrictions, to see whether it bears them."""

    def run(self, restrictions: Collection[str], writable: Collection[str] = ()) -> Said:
        """Run it once."""


class Plain:
    """A program that does nothing: it shows what this host's kernel, or its container, refuses to systemd."""

    def __init__(self, call: command.Run = command.run) -> None:
        """Run it by `call`."""
        self._call = call

    def run(self, restrictions: Collection[str], writable: Collection[str] = ()) -> Said:
        """Run it once, to its end."""
        settings = [word for line in properties(restrictions, writable) for word in ("--property", line)]
        answer = self._call(["systemd-run", "--quiet", "--collect", "--wait", *settings, "/bin/true"])
        return Said(answer.rc == 0, [] if answer.rc == 0 else [answer.text or f"a program ends with {answer.rc}"])


class Trial:
    """The copies of one configuration, and the second nginx that runs with them."""

    def __init__(self, nginx: str, dump: str, folder: str, call: command.Run = command.run) -> None:
        """Write the copies below `folder`, which only root enters. Raises TrialError."""
        self._nginx = nginx
        self._call = call
        self._folder = folder
        self._token = secrets.token_hex(4)
        self._sockets: list[str] = []
        self._mounts: list[str] = []
        for number, path in enumerate(dict.fromkeys(os.path.realpath(each) for each in _FILE.findall(dump))):
            self._copy(path, os.path.join(folder, f"{number}.conf"))

    def run(self, restrictions: Collection[str], writable: Collection[str] = ()) -> Said:
        """Run nginx with these restrictions: start, answer, reload, stop."""
        unit = f"{TEMPORARY}trial-{self._token}.service"
        log = os.path.join(self._folder, "errors")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(log)
        settings = [
            "Type=forking",
            f"PIDFile={self._place}/pid",
            f"RuntimeDirectory={os.path.basename(self._place)}",
            f"StandardError=file:{log}",
            "TimeoutStartSec=60",
            "TimeoutStopSec=5",
            *(f"BindReadOnlyPaths={mount}" for mount in self._mounts),
            *properties(restrictions, writable),
        ]
        given = f"daemon on; master_process on; pid {self._place}/pid; error_log stderr notice;"
        try:
            answer = self._call(
                ["systemd-run", "--quiet", "--collect", f"--unit={unit}"]
                + [word for setting in settings for word in ("--property", setting)]
                + [self._nginx, "-g", given]
            )
            problem = self._try(unit) if answer.rc == 0 else answer.text or "nginx does not start"
        finally:
            self._call(["systemctl", "stop", unit])
        errors = _errors(log)
        return Said(not problem, errors or [problem] if problem else errors)

    @property
    def _place(self) -> str:
        return f"/run/{TEMPORARY}trial-{self._token}"

    def _copy(self, path: str, copy: str) -> None:
        document = read(read_text(path) or "", path)
        if not self._edit(document):
            return
        if AWKWARD.search(path):
            raise TrialError(f"{path}: a name with such characters cannot be given to systemd")
        with open(copy, "wb") as stream:
            stream.write(document.dumps().encode("latin-1"))
        os.chmod(copy, 0o644)
        self._mounts.append(f"{copy}:{path}")

    def _edit(self, document: Block) -> bool:
        """Move every address and the process number of a file; whether there were any."""
        edited = False
        for block, index in reversed(list(places(document))):
            statement = block.body[index]
            if statement.name in _DROPPED and statement.block is None:
                del block.body[index]
            elif statement.name == "listen" and statement.block is None:
                del block.body[index]
                if "quic" not in statement.args:
                    block.body.insert(index, self._listen(statement.args[1:]))
            elif statement.name == "server" and statement.block is not None:
                if not any(each.name == "listen" for each in statement.block.body):
                    statement.block.body.insert(0, self._listen([]))
            else:
                continue
            edited = True
        return edited

    def _listen(self, parameters: list[str]) -> Statement:
        path = f"{self._place}/{len(self._sockets)}"
        kept = [each for each in parameters if each in _KEPT]
        if "udp" not in kept:
            self._sockets.append(path)
        else:
            path += "u"
        return parse(f"\nlisten unix:{path} {' '.join(kept)};").body[0]

    def _try(self, unit: str) -> str:
        shown = self._call(["systemctl", "show", unit, "--property", "MainPID", "--value"]).out.strip()
        master = int(shown) if shown.isdigit() else 0
        first = _wait_for_workers(master, frozenset())
        if not first:
            return "nginx has no worker process that lives"
        if not self._answers():
            return "no worker process takes a connection"
        with contextlib.suppress(ProcessLookupError):
            os.kill(master, signal.SIGHUP)
        if not _wait_for_workers(master, first):
            return "nginx does not reload"
        return ""

    def _answers(self) -> bool:
        """Whether a worker takes a connection; what is sent is no request, so that no service behind it is asked."""
        if not self._sockets:
            return True
        deadline = time.monotonic() + _TURN_SECONDS
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(_TURN_SECONDS)
            client.connect(self._sockets[-1])
            client.sendall(b"\r\n\0\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            client.recv(1)
        return time.monotonic() < deadline


@contextlib.contextmanager
def trial(nginx: str, dump: str, call: command.Run = command.run) -> Iterator[Trial]:
    """Give a trial of what `nginx -T` printed; nothing of it is left afterwards. Raises TrialError."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
        yield Trial(nginx, dump, folder, call)


def broken(subject: Subject, wanted: Collection[str], writable: Collection[str] = ()) -> dict[str, str]:
    """Return the restrictions with which nothing works, each with what was said. Raises TrialError.

    What it complains about without any restriction does not count.
    """
    usual = subject.run([])
    if not usual.works:
        raise TrialError("; ".join(usual.errors))

    def fault(restrictions: list[str]) -> str:
        said = subject.run(restrictions, writable)
        new = [each for each in said.errors if each not in usual.errors]
        return "; ".join(new) or ("" if said.works else "; ".join(said.errors))

    wanted = [name for name in RESTRICTIONS if name in wanted]
    if not fault(wanted):
        return {}
    left: list[str] = []
    found: dict[str, str] = {}
    for name in wanted:
        said = fault([*left, name])
        if said:
            found[name] = said
        else:
            left.append(name)
    return found


def _wait_for_workers(master: int, old: frozenset[int]) -> frozenset[int]:
    """Wait for workers none of which is among `old`, and that live for a while; nothing when they do not come."""
    deadline = time.monotonic() + _TURN_SECONDS
    seen: frozenset[int] = frozenset()
    since = time.monotonic()
    while time.monotonic() < deadline:
        now = frozenset(
            each.pid
            for each in process.children(master)
            if process.title(each.pid) == "nginx: worker process" and each.pid not in old
        )
        if now != seen:
            seen, since = now, time.monotonic()
        if seen and time.monotonic() - since >= _STEADY_SECONDS:
            return seen
        time.sleep(_POLL)
    return frozenset()


def _errors(log: str) -> list[str]:
    """Return what nginx complained about, each thing once, without the numbers that differ from run to run."""
    try:
        with open(log, encoding="utf-8", errors="replace") as stream:
            lines = [found.group(1).strip() for found in map(_ERROR.search, stream) if found]
    except OSError:
        return []
    return list(dict.fromkeys(re.sub(r"\b(process|pid) \d+", r"\1", line) for line in lines))
