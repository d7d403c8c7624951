# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sslyze against Mozilla's guidelines for TLS, the present ones and those before them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from bars.stage import PYTHON, BarsError, Host
from bars.verdict import Verdict

TITLE = "sslyze 6.3.1, Mozilla's intermediate profile"
# 5.7 is built into sslyze; 6.0 is data beside this file.
PROFILES = ("6.0", "5.7")
BAR = " and ".join(PROFILES)
GUIDELINE = Path(__file__).with_name("mozilla-6.0.json")
_VERDICT = "COMPLIANCE AGAINST TLS CONFIGURATION"


def judge(host: Host) -> Verdict:
    """Return which profiles a host complies with."""
    counted: list[str] = []
    complies = []
    for profile in PROFILES:
        wrong = _ask(host, profile)
        counted += [f"{profile}: {line}" for line in wrong]
        complies += [] if wrong else [profile]
    return Verdict(" and ".join(complies) or "neither", complies == list(PROFILES), tuple(counted))


def _ask(host: Host, profile: str) -> list[str]:
    """Return what does not comply with a profile; nothing when all does."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = ["--mozilla_config", "intermediate"]
        if profile == "6.0":
            chosen = ["--custom_tls_config", str(_for_sslyze(Path(folder)))]
        trust = ["--certinfo_ca_file", str(host.root)]
        command = [str(PYTHON / "sslyze"), *chosen, *trust, "--sni", host.domain, f"{host.address}:443"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if _VERDICT not in done.stdout:
        raise BarsError(f"sslyze on {host.domain}: {(done.stdout + done.stderr).strip()[-800:]}")
    return problems(done.stdout) if done.returncode else []


def problems(output: str) -> list[str]:
    """Return the lines of sslyze's output that say what does not comply."""
    return [line.strip(" *") for line in output.partition(_VERDICT)[2].splitlines() if line.strip().startswith("* ")]


def _for_sslyze(folder: Path) -> Path:
    """Write the guideline without our note of where it is from, which sslyze would refuse."""
    content = json.loads(GUIDELINE.read_text(encoding="utf-8"))
    del content["source"]
    path = folder / "guideline.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
