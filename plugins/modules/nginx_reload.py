#!/usr/bin/python

# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the running nginx serve what is on disk."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_reload
short_description: Make the running nginx serve what is on disk
version_added: 0.1.0
description:
  - Compares the configuration and the certificates on disk with what the running nginx loaded, and reloads nginx only
    when they differ, or when it cannot be known because somebody else started or reloaded nginx.
  - Proves that new worker processes took over. nginx is reloaded, never restarted.
  - Nothing depends on a handler, so a run that died before its handler is healed by the next run.
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  timeout:
    description: Seconds to wait for the new worker processes.
    type: float
    default: 30
  force:
    description: Reload even when the running nginx already serves what is on disk.
    type: bool
    default: false
  start:
    description: Start nginx when it is not running. Without this, an nginx that is not running is left alone.
    type: bool
    default: false
  enabled:
    description:
      - Have nginx start with the host. Without this, it is left as it is.
      - Where systemd does not run there is nothing to enable.
    type: bool
    default: false
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Let nginx serve what is on disk
  constellation.edge.nginx_reload:
    start: true
    enabled: true
"""

RETURN = r"""
reloaded:
  description: Whether nginx was reloaded, or would be in check mode.
  returned: always
  type: bool
started:
  description: Whether nginx was started, or would be in check mode.
  returned: always
  type: bool
enabled:
  description: Whether nginx was made to start with the host, or would be in check mode.
  returned: always
  type: bool
running:
  description: Whether nginx runs after the call.
  returned: always
  type: bool
reason:
  description: What was found before anything was done.
  returned: always
  type: str
  sample: the configuration or a certificate on disk changed since the last reload
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.process import NginxError, bring_up_to_date, enable, loaded, start, starts_with_host
from ..module_utils._transaction.recovery import recover

_ENABLED = {
    "before_header": "nginx.service",
    "after_header": "nginx.service",
    "before": "does not start with the host\n",
    "after": "starts with the host\n",
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "timeout": {"type": "float", "default": 30},
            "force": {"type": "bool", "default": False},
            "start": {"type": "bool", "default": False},
            "enabled": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    problem, result = "", {}
    try:
        result = _run(module.params, module.check_mode)
    except EdgeError as error:
        problem = str(error)
    if problem:
        module.fail_json(msg=problem)
    module.exit_json(**result)


def _run(params: dict[str, bool | float], check_mode: bool) -> dict[str, object]:
    if not check_mode:
        recover()
    state = loaded()
    starts = not state.running and bool(params["start"])
    reloads = state.running and (bool(params["force"]) or not state.current)
    if state.refused and (starts or reloads):
        raise NginxError(state.reason)
    if not check_mode and starts:
        start(float(params["timeout"]))
    elif not check_mode and reloads:
        reloads = bring_up_to_date(float(params["timeout"]), force=bool(params["force"]))
    enables = bool(params["enabled"]) and not starts_with_host()
    if not check_mode and enables:
        enable()
    changed = starts or reloads
    return {
        "changed": changed or enables,
        "reloaded": reloads,
        "started": starts,
        "enabled": enables,
        "running": state.running or starts,
        "reason": state.reason,
        "diff": [*([_diff(state.reason, starts)] if changed else []), *([_ENABLED] if enables else [])],
    }


def _diff(reason: str, starts: bool) -> dict[str, str]:
    after = "the running nginx serves what is on disk (" + ("start" if starts else "reload") + ")\n"
    return {"before_header": "nginx", "after_header": "nginx", "before": reason + "\n", "after": after}


if __name__ == "__main__":
    main()
