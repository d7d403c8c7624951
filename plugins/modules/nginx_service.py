#!/usr/bin/python

# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have nginx come back when it dies, recover before it starts, and run confined."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_service
short_description: Have nginx come back when it dies, recover before it starts, and run confined
version_added: 0.1.0
description:
  - Writes C(/usr/local/lib/constellation-edge/edge.pyz), and a unit of systemd by which every start of nginx first puts
    back a change of its files that was cut off.
  - Writes a drop-in for C(nginx.service). With it nginx is started again a second after it died, and is confined by
    systemd to what a proxy needs.
  - nginx need not be installed yet. Then a program that does nothing is started with the same restrictions, because
    some containers refuse some of them.
  - Where nginx is installed, it is neither started, restarted nor stopped. The sandbox is first tried on a second nginx
    that no client reaches, with the host's own configuration. The sandbox holds from the next start of nginx
    (RV(pending_restart)).
  - A restriction with which the trial fails is left out, and named in RV(omitted).
  - When the trial cannot be made, the drop-in has no sandbox.
  - What nginx may write is C(/run), C(/var/log), C(/var/cache), C(/var/lib/nginx), and the folders of the logs, caches
    and temporary files that its configuration names at the time.
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: The trial is made in check mode, too; nothing of it is left.
  diff_mode:
    support: full
    details: Of the archive C(edge.pyz), its files are shown with their fingerprints.
  idempotent:
    support: full
options:
  state:
    description: Whether all this is there, or is removed.
    type: str
    choices: [present, absent]
    default: present
  sandbox:
    description: Whether nginx is confined.
    type: bool
    default: true
  omit:
    description: Restrictions to leave out, by their names in C(systemd.exec(5)).
    type: list
    elements: str
    choices:
      - NoNewPrivileges
      - PrivateTmp
      - PrivateDevices
      - ProtectSystem
      - ProtectHome
      - ProtectKernelTunables
      - ProtectKernelModules
      - ProtectKernelLogs
      - ProtectControlGroups
      - ProtectClock
      - ProtectHostname
      - ProtectProc
      - LockPersonality
      - RestrictRealtime
      - RestrictSUIDSGID
      - RestrictNamespaces
      - MemoryDenyWriteExecute
      - SystemCallArchitectures
      - SystemCallFilter
      - RestrictAddressFamilies
      - CapabilityBoundingSet
      - UMask
    default: []
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Have nginx come back by itself, confined to what a proxy needs
  constellation.edge.nginx_service:

- name: The same where nginx serves files of home folders
  constellation.edge.nginx_service:
    omit:
      - ProtectHome
"""

RETURN = r"""
restrictions:
  description: The restrictions that hold, or hold from the next start.
  returned: always
  type: list
  elements: str
omitted:
  description: The restrictions that are left out, each with the reason.
  returned: always
  type: dict
  sample:
    ProtectHome: root /home/owner/www
writable:
  description: Folders that nginx may write because its configuration names them, beside the usual ones.
  returned: always
  type: list
  elements: str
trial:
  description: Whether the sandbox was tried, or why not.
  returned: always
  type: str
pending_restart:
  description: Whether nginx still runs as it was started before this drop-in was written.
  returned: always
  type: bool
notes:
  description: What is not as the caller may think; a call that changes something warns of it too.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.service.service import WantedService, bring
from ..module_utils._nginx.service.unit import RESTRICTIONS
from ..module_utils._standalone.commands import main as _in_the_archive  # noqa: F401 - Ansible ships what is imported


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "sandbox": {"type": "bool", "default": True},
            "omit": {"type": "list", "elements": "str", "choices": list(RESTRICTIONS), "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    wanted = WantedService(given["state"] == "present", given["sandbox"], given["omit"])
    problem, result = "", {}
    try:
        result = bring(wanted, check_mode=module.check_mode)
    except EdgeError as error:
        problem = str(error)
    if problem:
        module.fail_json(msg=problem)
    notes = _notes(result)
    for note in notes if result["changed"] else []:
        module.warn(note)
    module.exit_json(**result, notes=notes)


def _notes(result: dict[str, object]) -> list[str]:
    """Say what is not as the caller may think."""
    said = []
    if str(result["trial"]).startswith("the trial cannot be made"):
        said.append(f"nginx runs without a sandbox: {result['trial']}. Correct that and run again")
    elif isinstance(result["omitted"], dict):
        for name, reason in result["omitted"].items():
            if reason not in ("asked for", "not wanted"):
                said.append(f"nginx's sandbox goes without {name}, which its configuration does not bear: {reason}")
    if result["pending_restart"]:
        said.append("nginx runs on as it was started; the new settings of its service hold from its next start")
    return said


if __name__ == "__main__":
    main()
