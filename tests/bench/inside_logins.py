# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx with a login, whoever tries passwords, and another client.

`inside_logins.py FOLDER` starts nginx with FOLDER/logins.conf, and prints as JSON, without and with wrong passwords in
turns, how many of them a second were answered and the 99th percentile of another route's milliseconds; of the rounds
each has the best.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST, NAME, PORT = "127.0.0.1", "public.example.org", 8080
TRIES, CLIENTS = 200, 20
SECONDS, ROUNDS = 4.0, 3
# `anna:wrong`.
WRONG = {"Host": NAME, "Authorization": "Basic YW5uYTp3cm9uZw=="}


def answered(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    """Return the status of an answer."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def tries(end: threading.Event, found: list[int]) -> None:
    """Try wrong passwords at an even pace."""
    connection = http.client.HTTPConnection(HOST, PORT, timeout=10)
    pause, due = CLIENTS / TRIES, time.monotonic()
    while not end.is_set():
        found.append(answered(connection, "/login/", WRONG))
        due += pause
        time.sleep(max(0.0, due - time.monotonic()))


def trial(*, with_tries: bool) -> tuple[float, float]:
    """Return how many a second were answered, and the other route's 99th percentile in milliseconds."""
    end, found = threading.Event(), []
    several = [threading.Thread(target=tries, args=(end, found), daemon=True) for _each in range(CLIENTS * with_tries)]
    for each in several:
        each.start()
    connection = http.client.HTTPConnection(HOST, PORT, timeout=10)
    taken: list[float] = []
    begun = time.monotonic()
    while time.monotonic() - begun < SECONDS:
        asked = time.monotonic()
        if answered(connection, "/open/", {"Host": NAME}) != 200:
            raise SystemExit("the open route does not answer")
        taken.append(time.monotonic() - asked)
        time.sleep(0.005)
    end.set()
    for each in several:
        each.join(10)
    if any(status != 401 for status in found):
        raise SystemExit(f"answers to wrong passwords: {sorted(set(found))}")
    return len(found) / SECONDS, sorted(taken)[int(len(taken) * 0.99)] * 1000


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    (folder / "users" / "edge_users").chmod(0o644)
    command = ["nginx", "-c", str(folder / "logins.conf"), "-g", "daemon off;"]
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        rounds = [(trial(with_tries=False), trial(with_tries=True)) for _each in range(ROUNDS)]
    finally:
        nginx.terminate()
        nginx.wait(10)
    print(json.dumps([min(each, key=lambda found: found[1]) for each in zip(*rounds, strict=True)]))


if __name__ == "__main__":
    main()
