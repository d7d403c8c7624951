# SPDX-License-Identifier: GPL-3.0-or-later

"""A Constellation program under supervisor: what its file says, and whether the running process was started with it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from .._dotnet.document import parse
from .._dotnet.encoding import attribute_text
from .._dotnet.errors import DotnetError
from .._dotnet.settings import read_settings
from .._host.files import explain
from .._host.names import STATE_FOLDER
from . import supervisor
from ._server_process import Record, fingerprint, foreign_holders, read_record, start_ticks, started_at, write_record
from .files import at
from .mono.answers import LISTENING, ask
from .uris.listen_uri import ListenUri, parse_listen_uri
from .uris.listen_uris import read_uris

PAUSE = 0.25
_STARTING_SECONDS = 15.0
# Stands in the place of a process while nobody knows which file the running one has read.
_UNKNOWN = Record(0, "", "")
_ACCESS_KEY = re.compile(r"""access[-_]?key\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)


@dataclass(frozen=True)
class WantedProgram:
    """The program, its file, and how long to wait: ``timeout`` for its answers, ``settle`` without a new start (s)."""

    program: str
    config: str
    kind: str
    timeout: float = 60.0
    settle: float = 3.0
    state_folder: str = STATE_FOLDER

    @property
    def process(self) -> str:
        """The name that supervisorctl knows."""
        section = supervisor.find_program(self.program)
        return section.process if section else self.program


@dataclass(frozen=True)
class Config:
    """What the program reads from its file when it starts, and the file's bytes, which are full of access keys."""

    uris: list[str]
    parsed: list[ListenUri]
    print: str
    data: bytes

    @property
    def secrets(self) -> list[str]:
        """What never belongs into a message: the access keys, as written and as read, of more than three letters."""
        text = self.data.decode(parse(self.data, ()).codec, "replace")
        written = [found[1:-1] for found in _ACCESS_KEY.findall(text)]
        values = [value for key, value in read_settings(self.data).items() if "key" in key.lower()]
        return [each for each in (*written, *map(attribute_text, written), *values) if len(each) > 3]


def config_of(wanted: WantedProgram, data: bytes) -> Config:
    """Return what the program would read; a listenUri that the listener would refuse is an error."""
    try:
        uris = read_uris(data) if wanted.kind == "server" else []
        settings = read_settings(data)
        parsed = [parse_listen_uri(uri) for uri in uris]
    except DotnetError as error:
        raise at(wanted.config, error) from error
    if wanted.kind == "server" and not uris:
        raise DotnetError(f"{wanted.config}: it has no listenUri, so the server would not listen; name one as uris")
    return Config(uris, parsed, fingerprint(uris, settings), data)


def started_status(process: str) -> supervisor.Status:
    """Return the state of a process; one that is just starting is given the time to get there."""
    deadline = time.monotonic() + _STARTING_SECONDS
    status = supervisor.status(process)
    while status.state == "STARTING" and time.monotonic() < deadline:
        time.sleep(PAUSE)
        status = supervisor.status(process)
    return status


def refuse_foreign(wanted: WantedProgram, config: Config, pid: int) -> None:
    """Stop while the old process still runs when another program has a wanted port: a restart could only fail."""
    for port, holder in sorted(foreign_holders({uri.port for uri in config.parsed}, pid).items()):
        raise DotnetError(
            f"{wanted.config} wants {wanted.program} to listen on port {port}, which {holder} holds: stop that program "
            f"or choose another port. {wanted.program} was not restarted"
        )


def reason_to_restart(
    wanted: WantedProgram, config: Config, status: supervisor.Status, modified: float, *, changes: bool = False
) -> str:
    """Return why a restart is needed, "" when it is not.

    ``config`` is what the file says, or will say when it ``changes``; ``modified`` is when it was written last.
    """
    if status.state != "RUNNING":
        return f"{wanted.program} is not running ({status.state})"
    record = read_record(wanted.program, wanted.state_folder)
    known = record if record and (record.pid, record.start) == (status.pid, start_ticks(status.pid)) else None
    if changes and (known is None or known.fingerprint != config.print):
        return "its listenUris change" if wanted.kind == "server" else "its server's address changes"
    if record == _UNKNOWN:
        return "an earlier run was cut off while it restarted the program with another file"
    for uri in config.parsed:
        problem = ask(uri)
        if problem != LISTENING:
            return f"{uri} does not answer: {problem}"
    if known is not None:
        return "" if known.fingerprint == config.print else "the running process was started with other settings"
    # A file changed within the second of the start may or may not have been read: started again, it surely is.
    if started_at(status.pid) > modified + 1:
        return ""
    if wanted.kind == "sentinel":
        return "the running process is older than its configuration file"
    return _too_wide(config.parsed)


def _too_wide(uris: list[ListenUri]) -> str:
    """Return why a process that is older than its file does not run by it: it serves a port's root, the file does not.

    A prefix such as ``/`` answers for every longer one, so that a move below a path cannot be seen by asking the new
    URI.
    """
    for uri in uris:
        rooted = any(other.port == uri.port and other.path == "/" for other in uris)
        if not rooted and uri.scheme == "http" and ask(uri, "/") == LISTENING:
            return f"port {uri.port} still serves / and not only {uri.path}"
    return ""


def remember(wanted: WantedProgram, config: Config, pid: int) -> None:
    """Record the proven process; an unchanged record is not written again."""
    _record(wanted, Record(pid, start_ticks(pid), config.print))


def doubt(wanted: WantedProgram) -> None:
    """Record that a restart begins with a file that may be put back: a run that is killed then leaves no false proof.

    The next run puts the file back and finds a process that may have read the other one. By asking it could not always
    tell: a server that listens on one URI too many answers all that is asked.
    """
    _record(wanted, _UNKNOWN)


def _record(wanted: WantedProgram, record: Record) -> None:
    if read_record(wanted.program, wanted.state_folder) == record:
        return
    try:
        write_record(wanted.program, record, wanted.state_folder)
    except OSError as error:
        raise DotnetError(
            f"what {wanted.program} runs on cannot be noted: {explain(error, wanted.state_folder)}"
        ) from error
