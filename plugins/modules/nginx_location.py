#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_location
short_description: Keep location blocks of one server in line with a declaration, losslessly
version_added: 0.1.0
description:
  - Adds, changes, removes and orders C(location) blocks inside one C(server) block of an existing file, or in a file of
    locations that servers include. Every other byte of the file stays.
  - Locations are told apart as nginx tells them apart, so that C(=/x), C(= /x) and C("=" "/x") are the same.
  - A location that this module makes carries the comment C(# constellation.edge). Only those are ever purged.
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
  - constellation.edge.nginx
  - constellation.edge.nginx.locations
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - nginx serves what is on disk after M(constellation.edge.nginx_reload), which does nothing when it does already.
seealso:
  - module: constellation.edge.nginx_reload
  - module: constellation.edge.nginx_site
"""

EXAMPLES = r"""
- name: A service below a path of a hand-made site
  constellation.edge.nginx_location:
    path: /etc/nginx/sites-available/example.org
    server:
      server_name: example.org
      listen: 443 ssl
    locations:
      - location: ^~ /jeedom/
        state: exact
        directives:
          proxy_pass: http://192.168.0.11
          proxy_set_header:
            - Host $host
            - Upgrade $http_upgrade
"""

RETURN = r"""
backup_files:
  description: The copies that O(backup) made.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.sites.locations import plan_locations
from ..module_utils._nginx.sites.run import RUN, FilesStep, run_options
from ..module_utils._nginx.text.declare import LOCATION
from ..module_utils._transaction.steps import carry_out


def main() -> None:
    """Plan from the declaration and carry it out."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "server": {"type": "dict", "options": {"server_name": {"type": "str"}, "listen": {"type": "str"}}},
            "locations": {"type": "list", "elements": "dict", "required": True, "options": LOCATION},
            "adopt": {"type": "bool", "default": False},
            "purge": {"type": "bool", "default": False},
            **RUN,
        },
        supports_check_mode=True,
    )
    given = module.params
    options = run_options(given, check_mode=module.check_mode)
    step = FilesStep(
        options,
        lambda: plan_locations(
            given["path"],
            given["server"],
            given["locations"],
            adopt=given["adopt"],
            purge=given["purge"],
            root=given["root"],
        ),
    )
    try:
        done = carry_out([step], options)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    for warning in done.warnings:
        module.warn(warning)
    module.exit_json(**done.answer())


if __name__ == "__main__":
    main()
