# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx in a container of its own: says of whole configurations what it thinks, and serves one."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.models.containers import Container
from lab import recipes
from lab.containers import LABEL, File, execute, put
from lab.engine import ensure_engine
from lab.images import Images
from lab.progress import LabError

Tree = Mapping[str, bytes]

FOLDER = "/judge"
PROGRAM = Path(__file__).with_name("inside.py")
# What a tree must listen on to be served.
PORT = 8080
# What the main file of a tree with Lua blocks begins with.
LOAD_LUA = b"load_module modules/ndk_http_module.so;load_module modules/ngx_http_lua_module.so;"

_ERROR = re.compile(
    r"^(?:nginx: \[(?:emerg|alert|crit|error)\]"
    r"|[0-9/]{10} [0-9:]{8} \[(?:emerg|alert|crit|error)\] [0-9]+#[0-9]+:) (.*?)"
    r"(?=\n(?:nginx: (?:\[|configuration file )|[0-9/]{10} [0-9:]{8} \[)|\n?\Z)",
    re.MULTILINE | re.DOTALL,
)
_PLACE = re.compile(rf"(.*) in {FOLDER}/[0-9]+/(.*):([0-9]+)", re.DOTALL)
# The reader's own errors, nginx's and those of the Lua module's reader of blocks.
_READER = re.compile(
    r"unexpected \"[\s\S]\"\Z|unexpected end of file, expecting |too long parameter|too long lua code block"
    r"|unexpected lua closing long-bracket|Lua code block missing the closing long bracket"
)


@dataclass(frozen=True)
class Verdict:
    """What nginx says of one configuration.

    `message` is its first error in its own words, one character for a byte, empty when it accepts; `file` and `line`
    are where, when it names a place, the file as its path in the tree.
    """

    accepted: bool
    message: str = ""
    file: str | None = None
    line: int | None = None

    @property
    def reader_error(self) -> bool:
        """Whether nginx's reader says it, and not what reads the directives: names, places, numbers of arguments."""
        return _READER.match(self.message) is not None


def understand(code: int, text: str) -> Verdict:
    """Return the verdict from the exit code of `nginx -t` and what it printed."""
    if code == 0:
        return Verdict(True)
    found = _ERROR.search(text)
    if found is None:
        raise LabError(f"nginx ended with {code} and named no error: {text[-800:]}")
    place = _PLACE.fullmatch(found.group(1))
    if place is None:
        return Verdict(False, found.group(1))
    return Verdict(False, place.group(1), place.group(2), int(place.group(3)))


class Judge:
    """One container with the nginx of one system; a context manager that removes it at the end."""

    kind = "judge"
    #: how the container is made, beside what each has
    options: Mapping[str, Any] = {"network_mode": "none", "sysctls": {"net.ipv6.conf.all.disable_ipv6": "0"}}

    def __init__(self, system: str) -> None:
        """Name the system; its container carries the run's id."""
        self.system = system
        run = os.environ.get("LAB_RUN") or f"j{secrets.token_hex(3)}"
        self.name = f"edge-lab-{run}-{self.kind}-{system}"
        self._labels = {LABEL: run, f"{LABEL}.name": f"{self.kind}-{system}"}
        self._container: Container | None = None

    def __enter__(self) -> Judge:
        """Have Engine and image, and start the container: its loopback is all the network it has."""
        client = ensure_engine()
        image = self.image(Images(client))
        self._container = client.containers.run(
            image,
            ["sleep", "infinity"],
            name=self.name,
            labels=self._labels,
            init=True,
            detach=True,
            **self.options,
        )
        return self

    def image(self, images: Images) -> str:
        """Have the image, and return its name."""
        images.ensure([self.system], homes=False, services=False, judges=True)
        return recipes.judge_tag(self.system)

    def __exit__(self, *_: object) -> None:
        """Remove the container."""
        if self._container is not None:
            self._container.remove(force=True, v=True)

    @property
    def has_lua(self) -> bool:
        """Whether this system's archive has the Lua module."""
        return self.system not in recipes.WITHOUT_LUA

    def verdicts(self, trees: Sequence[Tree]) -> list[Verdict]:
        """Return what nginx says of each tree (path to content, `nginx.conf` is the main file), in one go."""
        return [understand(code, text) for code, text in self.said(trees)]

    def said(self, trees: Sequence[Tree]) -> list[tuple[int, str]]:
        """Return the exit code of `nginx -t` over each tree and all that it printed."""
        return list(map(tuple, self._inside("verdicts", {"trees.tar": _archive(trees)})))

    def serve(self, tree: Tree, paths: Sequence[str]) -> list[bytes]:
        """Return the body behind each path; the tree listens on 127.0.0.1, port `PORT`."""
        files = {"trees.tar": _archive([tree]), "paths.json": json.dumps(list(paths)).encode()}
        return [body.encode("latin-1") for body in self._inside("serve", files)]

    def run(self, program: Path, files: Mapping[str, bytes], *arguments: str) -> Any:
        """Return the JSON that a program of ours prints in the container; `files` are put beside it."""
        if self._container is None:
            raise LabError(f"{self.name}: is not started; use it in a with statement")
        contents = {program.name: program.read_bytes(), **files}
        put(self._container, {f"{FOLDER}/{path}": File(content) for path, content in contents.items()})
        return json.loads(execute(self._container, ["python3", f"{FOLDER}/{program.name}", *arguments]).out)

    def _inside(self, work: str, files: Mapping[str, bytes]) -> list[Any]:
        return list(self.run(PROGRAM, files, work, FOLDER, str(PORT)))


def _archive(trees: Sequence[Tree]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for number, tree in enumerate(trees):
            for path, content in tree.items():
                entry = tarfile.TarInfo(f"{number}/{path}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()
