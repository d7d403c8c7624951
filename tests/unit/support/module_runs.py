# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module of ours, run in this process as Ansible runs it on a host: arguments in, one JSON answer out."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

_PACKAGE = "ansible_collections.constellation.edge.plugins.modules"


def module(name: str) -> ModuleType:
    """Return a module's file, where a test puts stand-ins for the host."""
    return importlib.import_module(f"{_PACKAGE}.{name}")


def done(name: str, *, check: bool = False, **given: Any) -> dict[str, Any]:
    """Return the answer of a call that has to succeed."""
    code, answer = _run(name, check, given)
    assert code == 0, answer
    return answer


def refused(name: str, *, check: bool = False, **given: Any) -> dict[str, Any]:
    """Return the answer of a call that has to fail."""
    code, answer = _run(name, check, given)
    assert (code, answer.pop("failed", None)) == (1, True), answer
    return answer


def _run(name: str, check: bool, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Run `main()`; return the exit code and the answer, which has its warnings by themselves."""
    # Without a log: the socket of syslog would be left behind.
    ansible = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_no_log": True}
    said, warnings = io.StringIO(), []
    with (
        # Ansible keeps warnings for the whole process, in which one module runs as a rule.
        mock.patch.object(AnsibleModule, "warn", lambda _self, text: warnings.append(text)),
        patch_module_args({**given, **ansible}),
        contextlib.redirect_stdout(said),
        pytest.raises(SystemExit) as ended,
    ):
        module(name).main()
    answer: dict[str, Any] = json.loads(said.getvalue())
    answer.pop("invocation", None)
    return ended.value.code, {**answer, "warnings": warnings}
