# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx with a gRPC route in front of a server of its own.

`inside_grpc.py FOLDER` starts nginx with FOLDER/grpc.conf and sends each of FOLDER/requests.json as `inside_headers.py`
does, which lies in FOLDER. It prints as JSON what nginx says of the configuration, and the lines that the server behind
the route has written into FOLDER/seen.log.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    ways = import_module("inside_headers")

    command = ["nginx", "-c", str(folder / "grpc.conf")]
    said = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False).stderr
    if "test is successful" not in said:
        raise SystemExit(said)
    nginx = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        for number, (lines, by_http2) in enumerate(json.loads((folder / "requests.json").read_text())):
            (ways.send2 if by_http2 else ways.send)([*lines, f"X-Number: {number}"])
    finally:
        nginx.terminate()
        nginx.wait(ways.LIMIT)
    print(json.dumps([said, [json.loads(line) for line in (folder / "seen.log").read_text().splitlines()]]))


if __name__ == "__main__":
    main()
