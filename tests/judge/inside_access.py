# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx with guarded routes, and clients of many addresses.

`inside_access.py FOLDER PORT` starts nginx with FOLDER/access.conf, asks each of FOLDER/requests.json (path, headers),
and prints as JSON what nginx says of the configuration, and each answer's status and body.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 20


def ask(port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Return status and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("latin-1")
    finally:
        connection.close()


def wait(port: int) -> None:
    """Wait until somebody listens."""
    for _each in range(SECONDS * 20):
        try:
            ask(port, "/", {})
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"nothing listens on port {port}")


def main() -> None:
    """Do what the command line says."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    # nginx's workers are another user.
    for each in (folder / "users").glob("*"):
        each.chmod(0o644)
    command = ["nginx", "-c", str(folder / "access.conf")]
    said = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False).stderr
    if "test is successful" not in said:
        raise SystemExit(said)
    nginx = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        wait(port)
        answers = [ask(port, path, headers) for path, headers in json.loads((folder / "requests.json").read_text())]
    finally:
        nginx.terminate()
        nginx.wait(SECONDS)
    print(json.dumps([said, answers]))


if __name__ == "__main__":
    main()
