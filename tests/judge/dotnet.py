# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Mono in a container of its own: says of configuration files what it reads, and listens on what it found."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docker.models.containers import Container
from lab import recipes
from lab.containers import LABEL, File, execute, put, read
from lab.engine import ensure_engine
from lab.images import Images
from lab.paths import CACHE, locked
from lab.progress import LabError

FOLDER = "/judge"
SOURCE = Path(__file__).with_name("inside_dotnet.cs")
SERVER, PROGRAM = "Constellation.Server.exe", "Judge.exe"
# Seconds; far above what a thousand files take.
LIMIT = 300


@dataclass(frozen=True)
class Opinion:
    """What Mono makes of one file.

    ``refused`` is what System.Configuration says against it, ``unheard`` why HttpListener does not start on its
    ``uris``; both are empty when all is well. ``answers`` has the status that each URI answered with.
    """

    refused: str
    uris: list[str]
    unheard: str
    answers: list[str]
    settings_refused: str
    settings: dict[str, str] = field(repr=False)

    @property
    def listens(self) -> bool:
        """Whether the server starts with this file, and answers by every URI; https is left out, it needs Windows."""
        return not self.refused and not self.unheard and set(self.answers) <= {"200", "https"}


class Compiler(Images):
    """The lab's compiler, for the judge."""

    def judge(self, server: bytes) -> bytes:
        """Return the compiled judge, which uses the classes of the server's stand-in; compiled once."""
        folder = CACHE / "judge" / recipes.digest(SOURCE.read_text(encoding="utf-8"), server.hex())
        with locked("judge"):
            if not (folder / PROGRAM).exists():
                self._base("debian13")
                self._builder()
                folder.mkdir(parents=True, exist_ok=True)
                with self._container(recipes.builder_tag()) as container:
                    put(container, {f"/tmp/{SERVER}": File(server), f"/tmp/{SOURCE.name}": File(SOURCE.read_bytes())})
                    references = [f"-r:/tmp/{SERVER}", "-r:System.Configuration.dll"]
                    execute(container, ["mcs", f"-out:/tmp/{PROGRAM}", *references, f"/tmp/{SOURCE.name}"])
                    (folder / PROGRAM).write_bytes(read(container, f"/tmp/{PROGRAM}"))
        return (folder / PROGRAM).read_bytes()


class DotnetJudge:
    """One container with the Mono of one system; a context manager that removes it at the end."""

    def __init__(self, system: str) -> None:
        """Name the system; its container carries the run's id."""
        self.system = system
        run = os.environ.get("LAB_RUN") or f"j{secrets.token_hex(3)}"
        self.name = f"edge-lab-{run}-dotnet-{system}"
        self._labels = {LABEL: run, f"{LABEL}.name": f"dotnet-{system}"}
        self._container: Container | None = None
        self._asked = 0

    def __enter__(self) -> DotnetJudge:
        """Have Engine, image and judge, and start the container: its loopback is all the network it has."""
        client = ensure_engine()
        compiler = Compiler(client)
        compiler.ensure([self.system], services=False)
        server = compiler.program(SERVER)
        judge = compiler.judge(server)
        self._container = client.containers.run(
            recipes.home_tag(self.system),
            ["sleep", "infinity"],
            name=self.name,
            labels=self._labels,
            init=True,
            detach=True,
            network_mode="none",
            sysctls={"net.ipv6.conf.all.disable_ipv6": "0"},
        )
        put(self._container, {f"{FOLDER}/{SERVER}": File(server), f"{FOLDER}/{PROGRAM}": File(judge)})
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the container."""
        if self._container is not None:
            self._container.remove(force=True, v=True)

    def opinions(self, files: Sequence[bytes]) -> list[Opinion]:
        """Return what Mono makes of each file, in one go."""
        if self._container is None:
            raise LabError(f"{self.name}: is not started; use it in a with statement")
        self._asked += 1
        folder = f"{FOLDER}/{self._asked}"
        put(self._container, {f"{folder}/{number}": File(content) for number, content in enumerate(files)})
        argv = ["timeout", str(LIMIT), "mono", f"{FOLDER}/{PROGRAM}", folder]
        # Mono may say something of its threads while it ends.
        said, _end = json.JSONDecoder().raw_decode(execute(self._container, argv).out)
        return [Opinion(**each) for each in said]
