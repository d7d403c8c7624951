# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""testssl: a grade for TLS by the rules of SSL Labs."""

from __future__ import annotations

import json

from bars.stage import ROOT_FILE, BarsError, Host
from bars.verdict import Verdict

TITLE = "testssl 3.2.1"
GRADE, SCORE = "A+", 96
BAR = f"{GRADE} {SCORE}"
_OPTIONS = "--quiet --color 0 --warnings off --overwrite"
# What says why a grade is not better, and what counts in a report of weaknesses.
_WEAK = ("HIGH", "CRITICAL")
# The test CA issues certificates without either.
_BY_THE_TEST_CA = ("cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation")


def judge(host: Host) -> Verdict:
    """Return grade and score of a host; it takes a minute, most of which is waiting."""
    report = f"/root/{host.name}.json"
    target = f"--ip {host.address} {host.domain}:443"
    # Its exit code is a count of what it noticed.
    done = host.ask(f"testssl {_OPTIONS} --add-ca {ROOT_FILE} --jsonfile {report} {target}", check=False)
    said = {row["id"]: row for row in json.loads(host.ask(f"cat {report}").out)}
    if "overall_grade" not in said:
        raise BarsError(f"testssl on {host.domain} gave no grade: {(done.out + done.err).strip()[-800:]}")
    grade, score = said["overall_grade"]["finding"], int(said["final_score"]["finding"])
    reasons = [row["finding"] for name, row in said.items() if name.startswith("grade_cap_reason")]
    weak = [
        f"{row['severity']} {name}: {row['finding']}"
        for name, row in said.items()
        if row["severity"] in _WEAK and not name.startswith(_BY_THE_TEST_CA)
    ]
    return Verdict(f"{grade} {score}", grade == GRADE and score >= SCORE, tuple(reasons), tuple(weak))
