#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ufw_rules
short_description: Reconcile the whole rule set of ufw in one call
version_added: 0.1.0
description:
  - Brings the rules, the policies and the status of ufw in line with one list.
  - A rule of ours carries a comment that begins with C(constellation.edge).
  - Rules without it belong to the owner and stay.
  - SSH stays reachable at every moment. Its rules are added first, the firewall is enabled last. A rule of the owner
    that would close SSH as soon as the firewall is enabled is an error, which names the rule and how to delete it.
  - Where the firewall is active and rules of the owner let SSH in for some alone, it is not opened to everybody.
  - A rule of the owner that lets everybody in on every port stays, with a warning that has the command to delete it.
  - So does a line of the owner in C(before.rules), C(after.rules) and their like for IPv6. The warning has its place.
  - Reads the state first and runs only the commands that are needed, so that a second run disturbs no traffic.
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
  rules:
    description: The rules, in the order in which they are evaluated.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: A port, several separated by commas, or a range V(from:to).
        type: str
        required: true
      proto:
        description: The transport protocol.
        type: str
        choices: [tcp, udp, any]
        default: tcp
      source:
        description: Who may, or may not. V(any), an address or a network, IPv4 or IPv6.
        type: str
        default: any
      action:
        description: What happens to a packet. V(limit) allows at most six new connections in thirty seconds.
        type: str
        choices: [allow, deny, limit]
        default: allow
      comment:
        description: A word for the reader of C(ufw status). Our mark is put before it.
        type: str
        default: ""
  state:
    description:
      - With V(open), what is allowed is added and nothing is closed.
      - No rule is removed, no policy changed, nothing enabled.
      - With V(enforced), the policies are set, stale rules of ours removed, and the firewall is enabled.
      - With V(absent), our rules are removed, and the firewall is on or off, with the policies, as it was before the
        first run. A rule that lets SSH in stays where the firewall was on and no other rule does.
      - On a host without a record of that, V(absent) changes nothing but what O(was_active) lets it, and RV(notes)
        says so.
    type: str
    choices: [open, enforced, absent]
    default: enforced
  purge:
    description: Whether rules of ours that are not in O(rules) any more are removed. Only with O(state=enforced).
    type: bool
    default: true
  was_active:
    description: With O(state=absent), whether the firewall was on before the first run, where no record says so.
    type: bool
  ssh:
    description:
      - Whether every port that SSH uses on this host is allowed. These are the ports that really listen, those of
        C(sshd -T), and the one that this run came through.
    type: bool
    default: true
  keep_controller:
    description: Whether the address that this run came from is allowed to SSH before all other rules.
    type: bool
    default: true
  default_incoming:
    description: What happens to incoming packets without a rule.
    type: str
    choices: [allow, deny, reject]
    default: deny
  default_outgoing:
    description: What happens to outgoing packets without a rule.
    type: str
    choices: [allow, deny, reject]
    default: allow
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Let in SSH, HTTP and HTTPS, and nothing else
  constellation.edge.ufw_rules:
    rules:
      - {port: "80", comment: http}
      - {port: "443", comment: https}

- name: A printer port for the LAN alone
  constellation.edge.ufw_rules:
    rules:
      - {port: "80,443"}
      - {port: "9100", source: 192.168.0.0/24}
"""

RETURN = r"""
ssh_ports:
  description: The ports on which SSH is kept open.
  returned: success
  type: list
  elements: int
  sample: [22]
controller:
  description: The address of the SSH connection of this run, empty for a local run.
  returned: success
  type: str
  sample: 192.168.0.5
active:
  description: Whether the firewall is active after the run.
  returned: success
  type: bool
notes:
  description:
    - What the owner should remember, in the run that lets SSH in on a port for the first time.
    - With O(state=absent), what stays and why.
  returned: success
  type: list
  elements: str
commands:
  description: The commands that were run, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["ufw allow proto tcp from any to any port 443 comment constellation.edge"]
"""

import contextlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._host.files import host_lock
from ..module_utils._host.found import read
from ..module_utils._host.ssh import connection, ports_in_use
from ..module_utils._ufw.host import host_warnings, reconcile
from ..module_utils._ufw.leaving import leave
from ..module_utils._ufw.plan import WantedRules
from ..module_utils._ufw.rule import RULE, wanted_rules

POLICY = {"type": "str", "choices": ["allow", "deny", "reject"]}


def found(was_active: bool | None) -> dict[str, Any]:
    """Return what is known of the firewall before the first run; the record wins."""
    known: dict[str, Any] = read().get("ufw", {})
    return known or ({} if was_active is None else {"active": was_active})


def main() -> None:
    """Read the arguments, reconcile, report."""
    module = AnsibleModule(
        argument_spec={
            "rules": {"type": "list", "elements": "dict", "default": [], "options": RULE},
            "state": {"type": "str", "choices": ["open", "enforced", "absent"], "default": "enforced"},
            "was_active": {"type": "bool"},
            "purge": {"type": "bool", "default": True},
            "ssh": {"type": "bool", "default": True},
            "keep_controller": {"type": "bool", "default": True},
            "default_incoming": {**POLICY, "default": "deny"},
            "default_outgoing": {**POLICY, "default": "allow"},
        },
        supports_check_mode=True,
    )
    params = module.params
    current = connection()
    try:
        rules = wanted_rules(params["rules"])
        with contextlib.nullcontext() if module.check_mode else host_lock():
            request = WantedRules(
                rules=tuple(rules),
                enforced=params["state"] == "enforced",
                purge=params["purge"],
                ssh_ports=tuple(ports_in_use(current)) if params["ssh"] else (),
                controller=current.address if current and params["ssh"] and params["keep_controller"] else None,
                incoming=params["default_incoming"],
                outgoing=params["default_outgoing"],
            )
            if params["state"] == "absent":
                outcome = leave(found(params["was_active"]), request.ssh_ports, check=module.check_mode)
            else:
                outcome = reconcile(request, check=module.check_mode)
    except EdgeError as exc:
        module.fail_json(msg=str(exc))
    for warning in [*outcome.warnings, *(host_warnings() if params["state"] != "absent" else [])]:
        module.warn(warning)
    module.exit_json(
        changed=outcome.changed,
        ssh_ports=list(request.ssh_ports),
        controller=current.address if current else "",
        active=outcome.after.active,
        notes=outcome.notes,
        commands=[" ".join(command) for command in outcome.commands],
        diff=[
            {
                "before_header": "ufw",
                "after_header": "ufw",
                "before": outcome.before.text(),
                "after": outcome.after.text(),
            }
        ],
    )


if __name__ == "__main__":
    main()
