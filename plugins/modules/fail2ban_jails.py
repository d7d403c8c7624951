#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fail2ban_jails
short_description: Reconcile our jails of fail2ban and prove them alive
version_added: 0.1.0
description:
  - Writes all our jails into one file that is ours as a whole. Jails in other files are the owner's and stay.
  - fail2ban itself is asked what the host's own files give each jail, by C(fail2ban-client -d). Whom they never ban is
    never banned by ours.
  - The file is tested with C(fail2ban-client -t) within the whole configuration before it becomes live.
  - fail2ban is restarted only when it does not run what is on disk, and each jail must be alive afterwards, which means
    that it watches a log or the journal and has an action. Otherwise the former file comes back and the module fails.
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
  jails:
    description: The jails. One whose log file does not exist is left out with a warning.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the jail.
        type: str
        required: true
      enabled:
        description: Whether the jail runs. With V(false) a jail that another file enables is switched off.
        type: bool
        default: true
      filter:
        description: The filter. Without it, fail2ban takes the jail's own name.
        type: str
      port:
        description:
          - The ports to close for a banned address.
          - A jail for sshd gets the ports that SSH uses when this is not given.
        type: str
      logpath:
        description: The log files to watch.
        type: list
        elements: str
        default: []
      backend:
        description: Where the jail reads, V(auto) for log files and V(systemd) for the journal.
        type: str
        choices: [auto, systemd]
        default: auto
      journalmatch:
        description: Which entries of the journal the jail reads.
        type: str
      maxretry:
        description: How many failures within the find time lead to a ban.
        type: int
      findtime:
        description: The time in which failures are counted, in seconds or with a unit.
        type: str
      bantime:
        description: How long a ban lasts, in seconds or with a unit.
        type: str
      banaction:
        description: How an address is blocked.
        type: str
      sustained:
        description:
          - Whether honest clients do what this jail counts, too, only not for long. O(jails[].maxretry) and
            O(jails[].findtime) then count where the host's own files have stricter ones for all jails. What they say
            for this jail still wins where it is stricter.
        type: bool
        default: false
  defaults:
    description: What a jail of ours takes where it says nothing itself. Jails of other files do not see it.
    type: dict
    default: {}
    suboptions:
      bantime:
        description: How long a ban lasts.
        type: str
      findtime:
        description: The time in which failures are counted.
        type: str
      maxretry:
        description: How many failures lead to a ban.
        type: int
      banaction:
        description: How an address is blocked.
        type: str
      ignoreip:
        description:
          - Addresses, networks and host names that are never banned. What the owner's own files exempt is kept too.
        type: list
        elements: str
        default: [127.0.0.1/8, "::1"]
  stated:
    description:
      - Those of the O(defaults) that the owner said himself. C(bantime), C(findtime) and C(maxretry) that he did not
        say give way to what the host's own files say, where that is stricter. RV(notes) tells.
      - What he said stays, with a warning where the host's own files are stricter.
    type: list
    elements: str
    choices: [bantime, findtime, maxretry]
    default: [bantime, findtime, maxretry]
  state:
    description:
      - With V(present), the jails run.
      - With V(absent), our file goes, and fail2ban runs and starts with the host as it did before the first run.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: Our file.
    type: path
    default: /etc/fail2ban/jail.d/zz-constellation-edge.local
  ignore_controller:
    description: Whether the address that this run came from by SSH is never banned.
    type: bool
    default: true
  timeout:
    description: How many seconds the jails have to come to life.
    type: int
    default: 30
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Ban who guesses passwords over SSH or at nginx
  constellation.edge.fail2ban_jails:
    defaults:
      bantime: 1h
      banaction: nftables
      ignoreip: [127.0.0.1/8, "::1", 192.168.0.0/24]
    jails:
      - name: sshd
        backend: systemd
      - name: nginx-http-auth
        port: http,https
        logpath: [/var/log/nginx/error.log]
"""

RETURN = r"""
jails:
  description: The enabled jails by name, as the running server states them.
  returned: success
  type: dict
  sample:
    sshd: {alive: true, actions: [nftables], banned: 0, watching: ["_SYSTEMD_UNIT=ssh.service"]}
restarted:
  description: Whether fail2ban was restarted, or would be in check mode.
  returned: success
  type: bool
reason:
  description: Why fail2ban was restarted, empty where it was not.
  returned: success
  type: str
  sample: the jails change
controller:
  description: The address of the SSH connection of this run, empty for a local run.
  returned: success
  type: str
  sample: 192.168.0.5
notes:
  description: In a run that changes the jails, what they took over from the host's own files, for it is stricter.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._fail2ban.host import WantedJails
from ..module_utils._fail2ban.jail import LOOPBACK, normal_ignored, wanted_jails
from ..module_utils._fail2ban.leaving import leave
from ..module_utils._fail2ban.step import reconcile
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.found import read
from ..module_utils._host.names import JAIL_PATH
from ..module_utils._host.ssh import connection, ports_in_use

STRICTNESS = ["bantime", "findtime", "maxretry"]
COMMON = {
    "bantime": {"type": "str"},
    "findtime": {"type": "str"},
    "maxretry": {"type": "int"},
    "banaction": {"type": "str"},
}
JAIL = {
    "name": {"type": "str", "required": True},
    "enabled": {"type": "bool", "default": True},
    "filter": {"type": "str"},
    "port": {"type": "str"},
    "logpath": {"type": "list", "elements": "str", "default": []},
    "backend": {"type": "str", "choices": ["auto", "systemd"], "default": "auto"},
    "journalmatch": {"type": "str"},
    "sustained": {"type": "bool", "default": False},
    **COMMON,
}
DEFAULTS = {**COMMON, "ignoreip": {"type": "list", "elements": "str", "default": list(LOOPBACK)}}


def main() -> None:
    """Read the arguments, reconcile, report."""
    module = AnsibleModule(
        argument_spec={
            "jails": {"type": "list", "elements": "dict", "default": [], "options": JAIL},
            "defaults": {"type": "dict", "default": {}, "options": DEFAULTS},
            "stated": {"type": "list", "elements": "str", "choices": STRICTNESS, "default": STRICTNESS},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "path": {"type": "path", "default": JAIL_PATH},
            "ignore_controller": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    params = module.params
    current = connection()
    ignored = params["defaults"].get("ignoreip")
    try:
        request = WantedJails(
            jails=tuple(wanted_jails(params["jails"], params["defaults"], ports_in_use(current), params["stated"])),
            ignored=tuple(normal_ignored("defaults", LOOPBACK if ignored is None else ignored)),
            ignore_controller=params["ignore_controller"],
            controller=current.address if current else None,
            path=params["path"],
            timeout=float(params["timeout"]),
        )
        if params["state"] == "absent":
            known = read().get("services", {}).get("fail2ban", {})
            outcome = leave(known, check=module.check_mode, path=params["path"])
        else:
            outcome = reconcile(request, check=module.check_mode)
    except EdgeError as exc:
        module.fail_json(msg=str(exc))
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(
        changed=outcome.changed,
        jails={
            name: {
                "alive": status.alive,
                "actions": list(status.actions),
                "banned": status.banned,
                "watching": list(status.watching),
            }
            for name, status in outcome.jails.items()
        },
        restarted=outcome.restarted,
        reason=outcome.reason,
        notes=outcome.notes,
        controller=current.address if current else "",
        diff=[
            {
                "before_header": params["path"],
                "after_header": params["path"],
                "before": outcome.before,
                "after": outcome.after,
            }
        ],
    )


if __name__ == "__main__":
    main()
