# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write when each task of a run with one host began and ended, as lines of JSON."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_times
type: aggregate
short_description: Write when each task began and ended
description:
  - Appends a line of JSON for each task to the file that E(TASK_TIMES) names.
"""


class CallbackModule(CallbackBase):
    """A line for each task: its name, what became of it, and the seconds of the clock at which it began and ended."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Have seen nothing."""
        super().__init__()
        self._begun = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Remember when the next task begins."""
        self._begun = time.time()

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Remember it for a handler, too."""
        self._begun = time.time()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Write a task that was done."""
        self._write(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Write a task that was skipped."""
        self._write(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Write a task that failed."""
        self._write(result, "failed")

    def _write(self, result: Any, state: str) -> None:
        line = {"task": result._task.get_name(), "state": state, "begin": self._begun, "end": time.time()}
        with open(os.environ["TASK_TIMES"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
