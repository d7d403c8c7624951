# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients see while a trial goes on: they run beside it on a machine of their own, until they are told to stop."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.containers import File, folder_files
from lab.progress import LabError, poll

from chaos.stage import Stage

FOLDER = "/opt/watch"
STOP = f"{FOLDER}/stop"
PACE = f"{FOLDER}/pace.lua"
# As long as no trial lasts; the stop ends it.
LONGEST = 3600
# wrk asks as fast as it is answered: on two cores that leaves nothing for what is to be seen.
PACE_MILLISECONDS = 20
_REQUESTS = re.compile(r"(\d+) requests in ")
_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True)
class Load:
    """What wrk counted. A connection that is closed under it is one of `closed`; it says no more of it."""

    requests: int
    closed: int
    other_errors: int
    bad_answers: int

    @classmethod
    def of(cls, text: str) -> Load:
        """Read wrk's own report. Raises ValueError when it is none."""
        requests = _REQUESTS.search(text)
        if requests is None:
            raise ValueError(f"wrk did not count anything: {text.strip()[-400:]}")
        errors, refused = _ERRORS.search(text), _REFUSED.search(text)
        connect, read, write, timeout = (int(number) for number in errors.groups()) if errors else (0, 0, 0, 0)
        return cls(int(requests[1]), read, connect + write + timeout, int(refused[1]) if refused else 0)


class Watch:
    """Clients on one machine; as a context manager it stops them at the end, in any case."""

    def __init__(self, bench: Stage, name: str) -> None:
        """Start the machine `name`, from which they ask."""
        self._bench = bench
        self._name = name
        bench.client(name)
        pace = f"function delay() return {PACE_MILLISECONDS} end\n"
        files = folder_files(Path(__file__).with_name("clients"), f"{FOLDER}/clients")
        bench.lab.put(name, {**files, PACE: File(pace.encode())})
        bench.sh(name, f"rm -f {STOP}")
        self._pool = ThreadPoolExecutor(8)
        self._programs: dict[str, Future[Any]] = {}
        self._loads: dict[str, Future[Any]] = {}

    def __enter__(self) -> Watch:
        """Return it."""
        return self

    def __exit__(self, _kind: type[BaseException] | None, _value: object, _trace: TracebackType | None) -> None:
        """Stop what still runs."""
        self._end()
        self._pool.shutdown()

    def know(self, address: str, *names: str) -> None:
        """Let names resolve to an address on the clients' machine, for wrk."""
        self._bench.sh(self._name, f"echo '{address} {' '.join(names)}' >> /etc/hosts")

    def start(self, key: str, client: str, *arguments: str) -> None:
        """Start one of our own clients, to be found under `key` in the reports."""
        argv = ["env", f"PYTHONPATH={FOLDER}", "python3", "-B", "-m", "clients", client, STOP, *arguments]
        self._programs[key] = self._pool.submit(self._bench.lab.exec, self._name, argv)

    def load(self, key: str, url: str, connections: int, *headers: str) -> None:
        """Start wrk on a URL."""
        extra = [word for header in headers for word in ("-H", header)]
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{LONGEST}s", "--timeout", "5s", "-s", PACE, *extra, url]
        self._loads[key] = self._pool.submit(self._bench.lab.exec, self._name, argv)

    def running(self) -> None:
        """Return once every client runs. Raises LabError when one does not, or no more."""
        wanted = len(self._programs) + len(self._loads)

        def there() -> bool:
            for key, each in (*self._programs.items(), *self._loads.items()):
                if each.done():
                    raise LabError(f"{self._name}: client {key} has ended already: {each.result().out[:400]}")
            return int(self._bench.sh(self._name, "pgrep -c -x 'python3|wrk'", check=False).out or 0) >= wanted

        poll(f"{self._name}: {wanted} clients", there, 20)

    def stop(self) -> tuple[dict[str, Any], dict[str, Load]]:
        """Stop them; return the reports of our own, and those of wrk."""
        self._end()
        reports = {key: json.loads(each.result().out) for key, each in self._programs.items()}
        return reports, {key: Load.of(each.result().out) for key, each in self._loads.items()}

    def _end(self) -> None:
        self._bench.sh(self._name, f"touch {STOP}; pkill -INT -x wrk", check=False)
