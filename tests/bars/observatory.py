# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MDN's HTTP Observatory: what the answers of a site tell a browser."""

from __future__ import annotations

import json

from bars import image
from bars.stage import ROOT_FILE, BarsError, Host
from bars.verdict import Verdict

TITLE = "MDN HTTP Observatory 1.4.8"
SCORE = 80
BAR = f"B+ {SCORE}"
_SCAN = f"{image.FOLDER}/lib/node_modules/{image.OBSERVATORY.rpartition('@')[0]}/src/scan.js"


def judge(host: Host) -> Verdict:
    """Return grade and score of the site with a service at its root: it asks for nothing else."""
    done = host.ask(f"NODE_EXTRA_CA_CERTS={ROOT_FILE} node {_SCAN} {host.camera}", check=False)
    said = json.loads(done.out or "{}")
    if "scan" not in said:
        raise BarsError(f"the Observatory on {host.camera}: {(done.out + done.err).strip()[-400:]}")
    score, grade = said["scan"]["score"], said["scan"]["grade"]
    counted = tuple(
        f"{name}: {test['result']} ({test['scoreModifier']})"
        for name, test in said["tests"].items()
        if test["scoreModifier"] < 0
    )
    return Verdict(f"{grade} {score}", score >= SCORE, counted)
