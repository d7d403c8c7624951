#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_info
short_description: Tell where a host's Constellation server listens and which server its sentinel names
version_added: 0.1.0
description:
  - Reads C(Constellation.Server.exe.config) and C(Constellation.Sentinel.exe.config), found as
    M(constellation.edge.constellation_server) finds them. What is not on the host is empty.
  - A file that those modules would refuse is an error here, too.
  - Tells, too, which upstreams of a proxy are this host, and which of those elsewhere serve a path already.
  - Access keys are not returned, and nothing is changed.
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  server_path:
    description: The server's file.
    type: path
  server_program:
    description: The server's name in supervisor.
    type: str
    default: constellation-server
  sentinel_path:
    description: The sentinel's file.
    type: path
  sentinel_program:
    description: The sentinel's name in supervisor.
    type: str
    default: constellation-sentinel
  hosts:
    description: Names and addresses, as a URL holds them, of which those that are this host are returned.
    type: list
    elements: str
    default: []
  questions:
    description:
      - Paths of servers that are asked for, as a proxy on this host would ask. One on this host is not asked when its
        file was found.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: The path, with the server's own address.
        type: str
        required: true
      host:
        description: The name under which clients ask for it.
        type: str
        required: true
seealso:
  - module: constellation.edge.constellation_server
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: See where the server listens
  constellation.edge.constellation_info:
  register: constellation
"""

RETURN = r"""
server:
  description: The server's file.
  returned: success
  type: dict
  contains:
    path:
      description: Where it is; empty when there is no server on the host.
      type: str
      sample: /opt/constellation-server/Constellation.Server.exe.config
    listen_uris:
      description: Its listenUris, as written.
      type: list
      elements: str
      sample: [http://+:8088/]
    file_servers:
      description:
        - The folders that it serves. C(path) is relative to every listenUri, C(physical_path) as written,
          C(localhost_only) whether only the host itself is served.
      type: list
      elements: dict
      sample: [{path: /WebConsole, physical_path: '..\Console\', localhost_only: true}]
sentinel:
  description: The sentinel's file.
  returned: success
  type: dict
  contains:
    path:
      description: Where it is; empty when there is no sentinel on the host.
      type: str
      sample: /opt/constellation-sentinel/Constellation.Sentinel.exe.config
    uri:
      description: The server that it names.
      type: str
      sample: http://192.168.0.5:8088/
    source:
      description: The address from which this host calls that server; empty when it cannot be told.
      type: str
      sample: 192.168.0.9
own_hosts:
  description: Those of O(hosts) that are names or addresses of this host.
  returned: success
  type: list
  elements: str
  sample: [192.168.0.2]
answers:
  description: For each URL of O(questions) that was asked, why it is not served; empty when it is.
  returned: success
  type: dict
  sample: {"http://192.168.0.5:8088/constellation/": it answers 404 there}
record_due:
  description: Whether M(constellation.edge.edge_record) has something to keep, as before the first run.
  returned: success
  type: bool
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.elsewhere import Question, ask_all
from ..module_utils._constellation.facts import sentinel_facts, server_facts
from ..module_utils._constellation.this_host import is_own, own_addresses, own_hosts
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.found import is_due, is_unmarked
from ..module_utils._host.versions import too_new

QUESTION = {"url": {"type": "str", "required": True}, "host": {"type": "str", "required": True}}


def answers(questions: list[dict[str, Any]], has_server: bool) -> dict[str, str]:
    """Return what servers answer; the one whose file is on this host is not asked."""
    addresses = own_addresses()
    wanted = [Question(one["url"], one["host"]) for one in questions]
    return ask_all(one for one in wanted if not (has_server and is_own(urlsplit(one.url).hostname or "", addresses)))


def main() -> None:
    """Read both files and report."""
    module = AnsibleModule(
        argument_spec={
            "server_path": {"type": "path"},
            "server_program": {"type": "str", "default": "constellation-server"},
            "sentinel_path": {"type": "path"},
            "sentinel_program": {"type": "str", "default": "constellation-sentinel"},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "questions": {"type": "list", "elements": "dict", "default": [], "options": QUESTION},
        },
        supports_check_mode=True,
    )
    wish = module.params
    if newer := too_new():
        module.fail_json(msg=f"{newer}. Nothing was changed.")
    try:
        server = server_facts(wish["server_path"], wish["server_program"])
        sentinel = sentinel_facts(wish["sentinel_path"], wish["sentinel_program"])
    except EdgeError as error:
        module.fail_json(msg=f"{error}. Nothing was changed.")
    module.exit_json(
        changed=False,
        server=asdict(server),
        sentinel=asdict(sentinel),
        own_hosts=own_hosts(wish["hosts"]),
        answers=answers(wish["questions"], bool(server.path)),
        record_due=is_due() or is_unmarked(),
    )


if __name__ == "__main__":
    main()
