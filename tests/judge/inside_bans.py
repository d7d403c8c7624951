# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fail2ban makes of an owner's files, and of ours beside them, on the standard library of its system's Python.

`inside_bans.py FOLDER` reads FOLDER/cases.json, a list of an owner's files by their path below /etc/fail2ban, and has
our code beside it. It prints, for each: what fail2ban's dump says of each jail without our file, what with it (None
where our code refused), and the sentence of the refusal.

`inside_bans.py FOLDER times` reads FOLDER/times.json and prints the seconds of each, None where fail2ban fails at it.
"""

from __future__ import annotations

import ast
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ETC = Path("/etc/fail2ban")
KEPT = Path("/judge/fail2ban")
# Small, so that a dump of many jails is quick.
FILTER = "judged"
KEYS = ("bantime", "findtime", "maxretry")
DEFAULTS = {"bantime": "1h", "findtime": "10m", "maxretry": 5}


def seconds(text: Any) -> float | None:
    """Return what fail2ban makes of a time or a number."""
    try:
        return float(importlib.import_module("fail2ban.server.mytime").MyTime.str2seconds(text))
    except Exception:  # it evaluates the text, so that any exception may come
        return None


def effective() -> dict[str, Any] | None:
    """Return the words and values of each jail as fail2ban itself would have them; None where it refuses to start."""
    answer = subprocess.run(["fail2ban-client", "-d"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return None
    jails: dict[str, Any] = {}
    for line in answer.stdout.splitlines():
        words = ast.literal_eval(line) if line.startswith("[") else ["", ""]
        if words[0] == "add":
            jails[words[1]] = {"ignored": []}
        elif words[0] == "set" and words[1] in jails and words[2] == "addignoreip":
            jails[words[1]]["ignored"] = words[3:]
        elif words[0] == "set" and words[1] in jails and words[2] in KEYS:
            jails[words[1]][words[2]] = [words[3], seconds(words[3])]
    return jails


def put_back() -> None:
    """Have fail2ban's files as they were, with our small filter."""
    shutil.rmtree(ETC)
    shutil.copytree(KEPT, ETC, symlinks=True)


def judged(files: dict[str, str]) -> dict[str, Any]:
    """Return the verdicts for one owner."""
    parts = ("_fail2ban.jail", "_fail2ban.host", "_host.names")
    jail, host, names_of_ours = (importlib.import_module(f"module_utils.{name}") for name in parts)
    put_back()
    for path, text in files.items():
        (ETC / path).write_text(text, encoding="utf-8", newline="")
    alone = effective()
    names = sorted(alone) if alone else ["sshd"]
    jails = jail.wanted_jails([{"name": name, "filter": FILTER} for name in names], DEFAULTS, [22], [])
    request = host.WantedJails(jails=tuple(jails), ignored=jail.LOOPBACK)
    try:
        text = host.Fail2ban(request, check=False).text(jails, None)
    except jail.Fail2banError as error:
        return {"alone": alone, "beside": None, "refusal": str(error)}
    Path(names_of_ours.JAIL_PATH).write_text(text, encoding="utf-8", errors="surrogateescape")
    return {"alone": alone, "beside": effective(), "refusal": ""}


def main() -> None:
    """Print the verdicts as JSON."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    if sys.argv[2:] == ["times"]:
        result: list[Any] = [seconds(text) for text in json.loads((folder / "times.json").read_text())]
    else:
        if not KEPT.exists():
            shutil.copytree(ETC, KEPT, symlinks=True)
            (KEPT / f"filter.d/{FILTER}.conf").write_text("[Definition]\nfailregex = ^no <HOST>$\n")
        result = [judged(files) for files in json.loads((folder / "cases.json").read_text())]
        # Others ask this fail2ban, too.
        put_back()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
