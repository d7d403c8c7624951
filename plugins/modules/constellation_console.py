#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_console
short_description: Have the Console call the address that it was loaded from
version_added: 0.1.0
description:
  - Makes C(constellationUri) in the C(config.js) of a Console empty when it names the server itself, at a port on which
    that listens or listened. Empty means the address that the Console was loaded from. Any other value stays.
  - The Console is found by the C(fileServer) of the server's file.
  - Every other byte of C(config.js) stays, and its access key is not shown. What is no plain text, such as an
    expression, is left alone with a warning.
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
  path:
    description:
      - The server's C(Constellation.Server.exe.config); found as M(constellation.edge.constellation_server) finds it.
    type: path
  program:
    description: The server's name in supervisor.
    type: str
    default: constellation-server
  uris:
    description: Further listenUris under which the server was called, beside those in its file and port 8088.
    type: list
    elements: str
    default: []
  backup:
    description:
      - Keep a copy of each file below C(/var/lib/constellation-edge/backup) before it changes.
    type: bool
    default: false
seealso:
  - module: constellation.edge.constellation_server
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Have the Console follow the server
  constellation.edge.constellation_console:
"""

RETURN = r"""
files:
  description: The C(config.js) of each Console.
  returned: success
  type: list
  elements: str
  sample: [/opt/constellation-console/config.js]
backup_files:
  description: The copies that O(backup) made.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.console.guard import change_console, console_files, known_ports
from ..module_utils._constellation.facts import server_facts
from ..module_utils._constellation.files import rewrite
from ..module_utils._constellation.this_host import is_own, own_addresses
from ..module_utils._host.errors import EdgeError


def carry_out(module: AnsibleModule) -> dict[str, Any]:
    """Change each Console's file; return the module's answer."""
    wish = module.params
    server = server_facts(wish["path"], wish["program"])
    files = console_files([os.path.dirname(server.path)], server.file_servers) if server.path else []
    ports, addresses = known_ports([*server.listen_uris, *wish["uris"]]), own_addresses()
    answer: dict[str, Any] = {"changed": False, "files": files, "backup_files": [], "diff": []}
    for path in files:
        plan, changed, kept = rewrite(
            path,
            lambda data: change_console(data, ports, lambda host: is_own(host, addresses)),
            backup=wish["backup"],
            check=module.check_mode,
        )
        if plan.note:
            module.warn(f"{path}: {plan.note}")
        if changed:
            header = {"before_header": path, "after_header": path}
            answer["diff"].append({**header, "before": plan.before, "after": plan.after})
        answer["backup_files"] += [kept] if kept else []
        answer["changed"] |= changed
    return answer


def main() -> None:
    """Bring the Consoles to the wanted state."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "program": {"type": "str", "default": "constellation-server"},
            "uris": {"type": "list", "elements": "str", "default": []},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**carry_out(module))
    except EdgeError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
