#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dotnet_appsetting
short_description: Set appSettings of a .NET program's configuration file
version_added: 0.1.0
description:
  - Edits C(configuration/appSettings/add[@key]) of a C(.exe.config) file, any number of keys in one call, for
    instance the C(ConstellationServerURI) of a Constellation sentinel.
  - Every byte that the change does not name stays as it is - byte order mark, encoding, line ends, comments, quotes,
    and the order of attributes.
  - The file is replaced in one step and keeps its owner and mode. Nothing is restarted; see
    M(constellation.edge.constellation_service).
options:
  path:
    description: The configuration file. Without it, the file beside the C(.exe) that supervisor starts as O(program).
    type: path
  program:
    description: The program's name in supervisor, to find the file when O(path) is not given.
    type: str
    default: constellation-sentinel
  settings:
    description: The settings. Keys compare without regard to case, as .NET compares them.
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description: The setting's key.
        type: str
        required: true
      value:
        description:
          - The setting's value. Required for O(settings[].state=present).
          - Ansible logs what a module is called with. A task with a secret needs C(no_log=true).
        type: str
      state:
        description: Whether the setting is there.
        type: str
        choices: [present, absent]
        default: present
  backup:
    description:
      - Keep a copy of the file below C(/var/lib/constellation-edge/backup) before it changes. The copy is as private
        as the file.
    type: bool
    default: false
  validate:
    description:
      - A command that must accept the new file before it replaces the old one, with C(%s) for the path of a private
        copy that has the same name. It is not run by a shell, and not in check mode.
    type: str
  missing:
    description:
      - What to do when O(path) is not given and supervisor has no O(program), V(fail) or V(skip).
    type: str
    choices: [fail, skip]
    default: fail
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the named settings alone. Of a key that looks like a secret (an access key, a password) it shows only
        whether the value changes, and likewise of a value with a password in it.
  idempotent:
    support: full
seealso:
  - module: constellation.edge.constellation_service
  - module: constellation.edge.constellation_listen_uris
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Send the sentinel through the proxy
  constellation.edge.dotnet_appsetting:
    path: /opt/constellation-sentinel/Constellation.Sentinel.exe.config
    settings:
      - key: ConstellationServerURI
        value: https://demo.internal.myconstellation.io/constellation

- name: Set an access key without a trace of it in the output
  constellation.edge.dotnet_appsetting:
    settings:
      - key: ConstellationAccessKey
        value: "{{ vault_sentinel_access_key }}"
      - key: UseMonoRuntime
        state: absent
  no_log: true
"""

RETURN = r"""
path:
  description: The file that was looked at; empty when it was skipped.
  returned: success
  type: str
  sample: /opt/constellation-sentinel/Constellation.Sentinel.exe.config
backup_file:
  description: The copy of the file before the change.
  returned: when O(backup) is true and the file changed
  type: str
skipped_reason:
  description: Why nothing was done.
  returned: when O(missing=skip) and the program is not on the host
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.files import rewrite
from ..module_utils._constellation.locate import find_config, not_found
from ..module_utils._dotnet.settings import Setting, change_settings
from ..module_utils._host.errors import EdgeError

SETTING = {
    "key": {"type": "str", "required": True, "no_log": False},
    "value": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Bring the settings to the wanted state."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "program": {"type": "str", "default": "constellation-sentinel"},
            "settings": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": SETTING,
                "required_if": [("state", "present", ("value",))],
            },
            "backup": {"type": "bool", "default": False},
            "validate": {"type": "str"},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
        supports_check_mode=True,
    )
    wish = module.params
    wishes = [Setting(one["key"], one["value"] if one["state"] == "present" else None) for one in wish["settings"]]
    try:
        path = find_config(wish["path"], wish["program"], "sentinel")
        if not path and wish["missing"] == "skip":
            module.exit_json(changed=False, path="", skipped_reason=not_found(wish["program"]))
        if not path:
            module.fail_json(msg=f"{not_found(wish['program'])}: give path")
        plan, changed, kept = rewrite(
            path,
            lambda data: change_settings(data, wishes),
            backup=wish["backup"],
            check=module.check_mode,
            validate=wish["validate"] or "",
        )
    except EdgeError as error:
        module.fail_json(msg=str(error))
    header = f"{path} (appSettings)"
    diff = [{"before_header": header, "after_header": header, "before": plan.before, "after": plan.after}]
    backup = {"backup_file": kept} if kept else {}
    module.exit_json(changed=changed, path=path, diff=diff, **backup)


if __name__ == "__main__":
    main()
