# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the trials and print what came of them: `python -m chaos [--short] [TRIAL ...]`.

Progress goes to standard error. The last line is `N passed, N failed`, one for each trial. `LAB_RUN` names the run;
`python -m chaos --down` removes the machines of a run that could not do that itself.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
import traceback
from types import FrameType

from lab.lab import Lab
from lab.progress import say

from chaos.stage import Stage
from chaos.table import table
from chaos.trial import Outcome, Trial, found


def attempt(trial: Trial, stage: Stage, *, short: bool) -> Outcome:
    """Carry a trial out; one that could not be carried to its end has failed."""
    began = time.monotonic()
    say(f"chaos: {trial.NAME} ...")
    try:
        outcome = trial.run(stage, short)
    except Exception as error:
        traceback.print_exc()
        outcome = Outcome(trial.NAME, 0, [f"the trial itself ended early: {error!r}"])
    say(f"chaos: {trial.NAME}: {len(outcome.violations)} violations ({time.monotonic() - began:.0f} s)")
    return outcome


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run what the command line asks for; return 0 when nothing was violated."""
    trials = found()
    parser = argparse.ArgumentParser(prog="chaos", description="Try to leave a host broken.")
    parser.add_argument("--short", action="store_true", help="fewer samples of each trial")
    parser.add_argument("--down", action="store_true", help="only remove what an earlier run of LAB_RUN left")
    parser.add_argument("trials", nargs="*", help=f"some of: {' '.join(trials)}; none: all")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.trials if name not in trials]
    if unknown:
        parser.error(f"no such trial: {' '.join(unknown)}; there are: {' '.join(trials)}")
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    try:
        # Scenarios have machines of their own under the same name.
        with Lab(f"{os.environ.get('LAB_RUN') or f'c{secrets.token_hex(3)}'}-chaos") as lab:
            if arguments.down:
                return 0
            stage = Stage(lab)
            chosen = arguments.trials or list(trials)
            outcomes = [attempt(trials[name], stage, short=arguments.short) for name in chosen]
    except KeyboardInterrupt:
        print("chaos: interrupted; its machines were removed", file=sys.stderr)
        return 130
    print(table(outcomes, time.monotonic() - began), flush=True)
    return 1 if any(outcome.violations for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
