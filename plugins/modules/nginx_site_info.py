#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_site_info
short_description: Read a host's nginx sites into the structure that nginx_site takes
version_added: 0.1.0
description:
  - Reads every file in C(sites-available), and every file that C(nginx.conf) includes.
  - What it returns in RV(sites) can be given to M(constellation.edge.nginx_site) as
    O(constellation.edge.nginx_site#module:sites).
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
  idempotent:
    support: full
options:
  root:
    description: The folder of nginx's configuration.
    type: path
    default: /etc/nginx
"""

EXAMPLES = r"""
- name: Read what is there
  constellation.edge.nginx_site_info:
  register: found

- name: The servers of a host
  ansible.builtin.debug:
    msg: "{{ found.sites | map(attribute='servers') | flatten | map(attribute='server_name') }}"
"""

RETURN = r"""
sites:
  description:
    - One entry for each file in C(sites-available) that can be said in the structure of
      M(constellation.edge.nginx_site).
  returned: always
  type: list
  elements: dict
files:
  description:
    - Every file that was read; C(path), C(enabled) (nginx reads it), C(servers) (each with C(line), and C(ours) when it
      carries our mark) and C(problem) (why it is not among RV(sites), or cannot be read).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.sites.info import describe_host


def main() -> None:
    """Read and report."""
    module = AnsibleModule(
        argument_spec={"root": {"type": "path", "default": "/etc/nginx"}},
        supports_check_mode=True,
    )
    try:
        found = describe_host(module.params["root"])
    except EdgeError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
