# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container, on the standard library of its system's Python.

`inside.py verdicts FOLDER` has each configuration in FOLDER/trees.tar tested by nginx; `inside.py serve FOLDER PORT`
serves the only one there and asks for the paths in FOLDER/paths.json. Both print JSON: what nginx said of each tree as
[exit code, text], or each body; bytes are Latin-1 characters. A tree's files are named NUMBER/PATH in the archive.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PARALLEL = 2
# Seconds; far above what one test takes, so that one that hangs is seen as such.
LIMIT = 60
TREES = "trees.tar"


def trees(folder: Path) -> dict[str, dict[str, bytes]]:
    """Return the files of each tree, by its number."""
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(folder / TREES) as archive:
        for member in archive:
            number, _slash, path = member.name.partition("/")
            handle = archive.extractfile(member)
            found.setdefault(number, {})[path] = handle.read() if handle else b""
    return found


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write the files of one tree."""
    for path, content in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def verdict(folder: Path, files: dict[str, bytes]) -> tuple[int, str]:
    """Return the exit code of `nginx -t` over a tree and what it said."""
    write(folder, files.items())
    argv = ["nginx", "-t", "-c", str(folder / "nginx.conf")]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    shutil.rmtree(folder)
    return done.returncode, done.stdout.decode("latin-1")


def verdicts(folder: Path) -> list[tuple[int, str]]:
    """Return what nginx said of every tree, in their order."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        pending = [pool.submit(verdict, folder / number, files) for number, files in trees(folder).items()]
        return [each.result() for each in pending]


def serve(folder: Path, port: int) -> list[str]:
    """Return the body of each path."""
    for number, files in trees(folder).items():
        write(folder / number, files.items())
    paths = json.loads((folder / "paths.json").read_text())
    process = subprocess.Popen(["nginx", "-c", str(folder / "0" / "nginx.conf"), "-g", "daemon off;"])
    try:
        return [ask(port, path, process) for path in paths]
    finally:
        process.terminate()
        process.wait(LIMIT)
        shutil.rmtree(folder / "0")


def ask(port: int, path: str, process: subprocess.Popen[bytes]) -> str:
    """Return the body behind a path; nginx may still be on its way."""
    end = time.monotonic() + LIMIT
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode("latin-1")
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[2])
    print(json.dumps(verdicts(folder) if sys.argv[1] == "verdicts" else serve(folder, int(sys.argv[3]))))


if __name__ == "__main__":
    main()
