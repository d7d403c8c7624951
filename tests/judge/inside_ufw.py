# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ufw reads in a user.rules, and what we do, on the standard library of its system's Python.

`inside_ufw.py FOLDER` reads FOLDER/cases.json, a list of [family, text], and has our code beside it. It prints [ufw's,
ours] for each: a list of rules as dictionaries, or "fails".
"""

from __future__ import annotations

import builtins
import importlib
import importlib.metadata
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

KEYS = ("action", "proto", "dport", "dst", "sport", "src", "dapp", "sapp", "log", "forward", "comment")
VERSION = tuple(int(part) for part in importlib.metadata.version("ufw").split("."))
# What ufw names otherwise.
THEIRS = {"proto": "protocol", "log": "logtype"}


def theirs(family: int, text: str, folder: Path) -> Any:
    """Return what ufw's own reader finds, its comments read as its status shows them."""
    backend: Any = importlib.import_module("ufw.backend_iptables")
    backend.warn = lambda _text: None
    files = {"rules": folder / "user.rules", "rules6": folder / "user6.rules"}
    for name, path in files.items():
        path.write_text(text if name == ("rules" if family == 4 else "rules6") else "", encoding="utf-8", newline="")
    reader: Any = SimpleNamespace(files={name: str(path) for name, path in files.items()}, rules=[], rules6=[])
    reader.use_ipv6 = lambda: True
    try:
        backend.UFWBackendIptables._read_rules(reader)
        return [as_seen(rule) for rule in (*reader.rules, *reader.rules6)]
    except ValueError:  # what its own code does not catch
        return "fails"


def as_seen(rule: Any) -> dict[str, Any]:
    """Return ufw's rule in our words."""
    found = {key: getattr(rule, THEIRS.get(key, key)) for key in KEYS}
    into, out = rule.interface_in, rule.interface_out
    parts = [f"in_{into}"] if into else []
    parts += [f"out_{out}"] if out else []
    return {**found, "comment": rule.get_comment(), "direction": "!".join(parts) or rule.direction}


def ours(family: int, text: str, folder: Path) -> Any:
    """Return what our reader finds."""
    host, stored = (importlib.import_module(f"module_utils.{name}") for name in ("_ufw.host", "_ufw._stored"))
    try:
        found = stored.parse_stored(host._text(folder / ("user.rules" if family == 4 else "user6.rules")), family)
    except stored.UfwError:
        return "fails"
    if found.failing and VERSION < stored.TOLERANT:
        return "fails"
    return [{key: getattr(entry, key) for key in (*KEYS, "direction")} for entry in found.entries]


def main() -> None:
    """Print the verdicts as JSON."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    builtins._ = str  # type: ignore[attr-defined] # ufw's messages are translated
    cases = json.loads((folder / "cases.json").read_text())
    if VERSION < (0, 36, 2):  # it skips a protocol that it does not know; such a rule says nothing of a port
        cases = [[family, text.replace("vrrp", "ah")] for family, text in cases]
    print(json.dumps([[theirs(family, text, folder), ours(family, text, folder)] for family, text in cases]))


if __name__ == "__main__":
    main()
