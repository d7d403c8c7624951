# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx in front of a service that redirects as it is told.

`inside_redirects.py FOLDER` starts nginx with FOLDER/redirects.conf, asks for each path of FOLDER/requests.json, and
prints the Location of each answer as JSON.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8080, 8088
LIMIT = 60.0


def location(target: str) -> str:
    """Return where an answer leads to; nginx may still be on its way."""
    end = time.monotonic() + LIMIT
    while True:
        connection = http.client.HTTPConnection(HOST, PROXY, timeout=LIMIT)
        try:
            connection.request("GET", target, headers={"Host": NAME})
            return connection.getresponse().getheader("Location", "")
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "redirects.conf"), "-g", "daemon off;"])
    try:
        print(json.dumps([location(each) for each in json.loads((folder / "requests.json").read_text())]))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
