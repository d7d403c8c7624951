# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gixy-ng on what nginx reads: no finding of weight in the files that we write."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.checkout import ROOT

from bars.stage import PYTHON, BarsError, Host
from bars.verdict import Verdict

TITLE = "gixy-ng 0.2.59"
SEVERITIES = ("HIGH", "MEDIUM")
BAR = ", ".join(f"0 {severity}" for severity in SEVERITIES)
# What each file of ours begins with.
MARK = "# constellation.edge:"
# nginx -T says this before each file.
_FILE = re.compile(r"^# configuration file (\S+):\n", re.MULTILINE)


@dataclass(frozen=True)
class Exemption:
    """A finding that does not count: of this check, in a file of this name, on these systems; and why."""

    check: str
    file: str
    systems: tuple[str, ...]
    reason: str


EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "hsts_header",
        "00-constellation-edge",
        ("ubuntu2204",),
        "nginx 1.18 has no `ssl_reject_handshake`: the server for unknown names closes the connection without an "
        "answer that a header could stand in",
    ),
)


def judge(host: Host) -> Verdict:
    """Return how many findings of weight there are in our files; those in others' files are told beside them."""
    return weigh(_findings(host.configuration), our_files(host.configuration), host.system)


def our_files(configuration: str) -> set[str]:
    """Return the files, by what `nginx -T` printed, that begin with our mark."""
    parts = _FILE.split(configuration)
    return {name for name, text in zip(parts[1::2], parts[2::2], strict=True) if text.startswith(MARK)}


def weigh(findings: list[dict[str, Any]], ours: set[str], system: str) -> Verdict:
    """Return the verdict on findings.

    Args:
        findings: as gixy prints them as JSON.
        ours: the files that count.
        system: whose exemptions hold.

    """
    counts = dict.fromkeys(SEVERITIES, 0)
    counted, others = [], []
    for finding in findings:
        severity, file = finding["severity"], finding["file"]
        line = f"{severity} {finding['plugin']} in {Path(file).name}: {finding['reason']}"
        exemption = _exemption(finding["plugin"], file, system)
        if file not in ours:
            others.append(f"not ours: {line}")
        elif exemption:
            others.append(f"exempt: {line} ({exemption.reason})")
        elif severity in counts:
            counts[severity] += 1
            counted.append(line)
        else:
            others.append(line)
    figure = ", ".join(f"{number} {severity}" for severity, number in counts.items())
    return Verdict(figure, not counted, tuple(counted), tuple(others))


def _exemption(check: str, file: str, system: str) -> Exemption | None:
    for one in EXEMPTIONS:
        if one.check == check and Path(file).name == one.file and system in one.systems:
            return one
    return None


def _findings(configuration: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "nginx.conf"
        dump.write_text(configuration, encoding="utf-8")
        command = [str(PYTHON / "gixy"), "--format", "json", str(dump)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode not in (0, 1):
        raise BarsError(f"gixy ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found
