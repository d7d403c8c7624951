#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_listen_uris
short_description: Set the URIs on which a Constellation server listens
version_added: 0.1.0
description:
  - Edits C(configuration/constellation/listenUris/uri[@listenUri]) of C(Constellation.Server.exe.config), or the same
    below C(constellationSection) as servers before 1.8.2 name it, in any default namespace or none. The same names
    elsewhere in the file, for instance in a package's setting, are left alone.
  - Every byte that the change does not name stays as it is - byte order mark, encoding, line ends, comments, quotes,
    and the order of attributes.
  - The file is replaced in one step and keeps its owner and mode. Nothing is restarted;
    M(constellation.edge.constellation_server) does both, and goes back when the server does not come up.
options:
  path:
    description:
      - The configuration file.
      - Without it, the file beside the C(.exe) that supervisor starts as O(program). A server at the documented
        C(/opt/constellation-server/Constellation.Server.exe.config) that supervisor does not know as O(program) is
        refused, because its file would change and nobody would restart it.
    type: path
  program:
    description: The server's name in supervisor, to find the file when O(path) is not given.
    type: str
    default: constellation-server
  uris:
    description:
      - The URIs, such as C(http://+:8088/constellation).
      - Two URIs are the same when they differ only in the final slash or the written default port. One
        that is in the file already keeps its spelling and its place.
      - What the server's listener would refuse, or silently ignore, is refused.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(exact) makes the list this one, V(present) adds to it, V(absent) takes out of it and refuses to leave none.
    type: str
    choices: [present, exact, absent]
    default: exact
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
      - What to do when O(path) is not given and there is no Constellation server on the host, V(fail) or V(skip).
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
    details: Shows the C(listenUris) element alone, since the file holds the access keys of all sentinels and users.
  idempotent:
    support: full
seealso:
  - module: constellation.edge.constellation_server
  - module: constellation.edge.constellation_service
  - module: constellation.edge.dotnet_appsetting
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Listen below a path, as the proxy forwards it
  constellation.edge.constellation_listen_uris:
    uris:
      - http://+:8088/constellation

- name: Add a second port while sentinels move
  constellation.edge.constellation_listen_uris:
    path: /srv/constellation/Constellation.Server.exe.config
    uris:
      - http://+:8089/
    state: present
    backup: true
"""

RETURN = r"""
path:
  description: The file that was looked at; empty when it was skipped.
  returned: success
  type: str
  sample: /opt/constellation-server/Constellation.Server.exe.config
uris:
  description: The listenUris of the file after the change, as written there.
  returned: success
  type: list
  elements: str
  sample: [http://+:8088/constellation]
backup_file:
  description: The copy of the file before the change.
  returned: when O(backup) is true and the file changed
  type: str
skipped_reason:
  description: Why nothing was done.
  returned: when O(missing=skip) and there is no server on the host
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.files import rewrite
from ..module_utils._constellation.locate import find_config, not_found
from ..module_utils._constellation.uris.listen_uris import change_uris
from ..module_utils._host.errors import EdgeError


def main() -> None:
    """Bring the listenUris to the wanted state."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "program": {"type": "str", "default": "constellation-server"},
            "uris": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "exact", "absent"], "default": "exact"},
            "backup": {"type": "bool", "default": False},
            "validate": {"type": "str"},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
        supports_check_mode=True,
    )
    wish = module.params
    try:
        path = find_config(wish["path"], wish["program"], "server")
        if not path and wish["missing"] == "skip":
            module.exit_json(changed=False, path="", uris=[], skipped_reason=not_found(wish["program"]))
        if not path:
            module.fail_json(msg=f"{not_found(wish['program'])}: give path")
        plan, changed, kept = rewrite(
            path,
            lambda data: change_uris(data, wish["uris"], wish["state"]),
            backup=wish["backup"],
            check=module.check_mode,
            validate=wish["validate"] or "",
        )
    except EdgeError as error:
        module.fail_json(msg=str(error))
    for warning in plan.warnings:
        module.warn(warning)
    header = f"{path} (listenUris)"
    diff = [{"before_header": header, "after_header": header, "before": plan.before, "after": plan.after}]
    backup = {"backup_file": kept} if kept else {}
    module.exit_json(changed=changed, path=path, uris=plan.uris, diff=diff, **backup)


if __name__ == "__main__":
    main()
