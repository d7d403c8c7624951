# SPDX-License-Identifier: GPL-3.0-or-later

"""One restart of a program, from the command to the proof that it answers and stays up."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from .._dotnet.errors import DotnetError
from . import supervisor
from ._server_process import foreign_holders, start_ticks
from .mono.answers import LISTENING, ask
from .program import PAUSE, Config, WantedProgram, config_of, remember

_ENDED = ("EXITED", "STOPPED")
_LOG_LINES = 15
_SECRET_VALUE = re.compile(r"""(access[-_ ]?key\s*["']?\s*[=:]\s*["']?)([^\s"'&;,<>]+)""", re.IGNORECASE)


class RestartError(DotnetError):
    """A restarted program does not run as its file says; ``log`` is the end of what it said, access keys masked."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log


class Restart:
    """A restart under way; it begins with the ``with`` block.

    ``supervisorctl restart`` comes back only after the program's ``startsecs``, when it may have answered for long. So
    it runs beside the questions: what waits for the answers, such as nginx, need not wait for more.
    """

    def __init__(self, wanted: WantedProgram, config: Config, pid: int, *, can_go_back: bool = False) -> None:
        """Prepare the restart of the process ``pid``, 0 when none runs.

        With ``can_go_back`` there is a file with which it ran. Then a program that has failed to start for the settling
        time is not given the rest of supervisor's attempts, since its clients wait for the other file.
        """
        self._wanted = wanted
        self._config = config
        self._process = wanted.process
        self._old = (pid, start_ticks(pid))
        self._can_go_back = can_go_back
        self._down_since = 0.0
        self._failing_since = 0.0
        self._deadline = 0.0
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Restart:
        """Begin."""
        self._deadline = time.monotonic() + self._wanted.timeout
        self._command = self._pool.submit(supervisor.restart, self._process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the end of the command, so that no second one meets it."""
        self._pool.shutdown()

    def until_it_answers(self) -> None:
        """Wait until the old process is gone and every URI answers. Raises RestartError."""
        while problem := self._problem():
            if self._command.done():
                self._command.result()
                self._refuse_end(supervisor.status(self._process))
            if time.monotonic() >= self._deadline:
                raise self._failure(f"after {self._wanted.timeout:g} s: {problem}")
            time.sleep(PAUSE if self._command.done() else PAUSE / 5)

    def until_it_stays(self) -> int:
        """Return the process id once every URI answers and the process has stayed the same for the settling time.

        Raises RestartError.
        """
        said = self._command.result()
        pid, since = 0, 0.0
        while True:
            status = supervisor.status(self._process)
            self._refuse_end(status)
            problem = self._problem()
            now = time.monotonic()
            if status.state != "RUNNING" or problem:
                pid = 0
            elif status.pid != pid:
                pid, since = status.pid, now
            if pid and now - since >= self._wanted.settle:
                self._refuse_foreign(pid)
                return pid
            if now >= self._deadline and not pid:
                raise self._failure(f"after {self._wanted.timeout:g} s: {problem or status.text or said}")
            time.sleep(PAUSE)

    def _problem(self) -> str:
        """Return what is not yet as the file says, "" when nothing is missing."""
        pid, started = self._old
        if started and start_ticks(pid) == started:
            return "the previous process has not ended"
        return "; ".join(f"{uri}: {why}" for uri in self._config.parsed if (why := ask(uri)) != LISTENING)

    def _refuse_end(self, status: supervisor.Status) -> None:
        """Fail when the program has ended for good.

        With autorestart a process is EXITED for a moment between two attempts: only one that stays so has ended.
        """
        now, settle = time.monotonic(), self._wanted.settle
        self._down_since = (self._down_since or now) if status.state in _ENDED else 0.0
        if status.state == "RUNNING":
            self._failing_since = 0.0
        elif status.state == "BACKOFF":
            self._failing_since = self._failing_since or now
        gives_up = self._can_go_back and status.state == "BACKOFF" and now - self._failing_since > settle
        if status.state == "FATAL" or gives_up or (self._down_since and now - self._down_since > settle):
            raise self._failure(f"it is {status.state} ({' '.join(status.text.split())})")

    def _refuse_foreign(self, pid: int) -> None:
        """Fail when the answers came from another program, which took the port while it was free."""
        for port, holder in sorted(foreign_holders({uri.port for uri in self._config.parsed}, pid).items()):
            raise self._failure(f"port {port} is held by {holder}")

    def _failure(self, problem: str) -> RestartError:
        wanted, secrets = self._wanted, self._config.secrets
        return RestartError(
            f"{wanted.program} was restarted but does not run as {wanted.config} says: {mask(problem, secrets)}",
            log_end(self._process, secrets),
        )


def restarted(
    wanted: WantedProgram, config: Config, pid: int, *, can_go_back: bool = False
) -> Generator[None, None, int]:
    """Restart; pause as soon as the program answers, and return its process id once it stays. Raises RestartError."""
    with Restart(wanted, config, pid, can_go_back=can_go_back) as restart:
        restart.until_it_answers()
        yield
        return restart.until_it_stays()


def restarted_on_previous(wanted: WantedProgram, data: bytes) -> Generator[None, None, int]:
    """Restart on the file that is back, whose content is ``data``, and remember that; otherwise as ``restarted``."""
    config = config_of(wanted, data)
    try:
        pid = yield from restarted(wanted, config, supervisor.status(wanted.process).pid)
    except RestartError as error:
        raise DotnetError(f"with its previous file {error}") from error
    remember(wanted, config, pid)
    return pid


def log_end(process: str, secrets: list[str]) -> str:
    """Return the last lines that a program said, without access keys."""
    tail = mask(supervisor.log_tail(process), secrets).splitlines()[-_LOG_LINES:]
    return "\n".join(tail) or "(supervisor has no log of it)"


def mask(text: str, secrets: list[str]) -> str:
    """Return the text without access keys: those of the file, and whatever stands behind the words access key."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _SECRET_VALUE.sub(r"\1***", text)


def remedy(error: RestartError) -> str:
    """Return what to do about a failed restart, with the end of the program's log."""
    return f"Correct what its log names and run again. The end of its log:\n{error.log}"
