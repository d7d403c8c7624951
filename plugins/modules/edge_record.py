#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep, read and remove the record of what a host was before the first run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_record
short_description: Keep, read and remove the record of what a host was before the first run
version_added: 0.1.0
description:
  - C(site.yml) keeps the record before it changes anything for the first time. C(remove.yml) puts the host back by it.
  - The record is C(/var/lib/constellation-edge/found.json), for root alone. Beside it, C(found-etc.json) has a
    fingerprint of each file below C(/etc), without C(/etc/letsencrypt).
  - A host that a run has changed already gets no record, since what it was cannot be told any more.
  - Beside the record stands what keeps an older version of this collection off the host. It goes with the record.
author:
  - constellation.edge contributors (@myconstellation)
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
  state:
    description:
      - With V(present), the record is made where there is none and no run has changed the host yet. A host without
        nginx's service of ours gets what keeps older versions off; on the others, M(constellation.edge.nginx_service)
        leaves it.
      - With V(read), it is returned and nothing is changed.
      - With V(absent), C(/etc) is compared with it, and it goes, with C(/etc/constellation-edge) and
        C(/var/lib/constellation-edge). While something of ours is still active on the host, that is an error.
    type: str
    choices: [present, read, absent]
    required: true
  server_path:
    description: The Constellation server's C(.exe.config). Without it, it is found as the other modules find it.
    type: path
  server_program:
    description: The Constellation server's name in supervisor.
    type: str
    default: constellation-server
  sentinel_path:
    description: The sentinel's C(.exe.config). Without it, it is found as the other modules find it.
    type: path
  sentinel_program:
    description: The sentinel's name in supervisor.
    type: str
    default: constellation-sentinel
"""

EXAMPLES = r"""
- name: Remember what is there
  constellation.edge.edge_record:
    state: present

- name: Say what is left of us
  constellation.edge.edge_record:
    state: absent
  register: left
"""

RETURN = r"""
found:
  description:
    - The record. Empty where there is none.
    - It has C(packages) that were there, C(services), C(ufw), C(nginx) and C(constellation), which are the addresses in
      the files of server and sentinel.
  returned: success
  type: dict
installed:
  description: With O(state=read), those of the packages that the roles install which the host has.
  returned: success
  type: list
  elements: str
undecided:
  description:
    - With O(state=read), what its owner has to decide before the proxy goes. Empty where there is nothing.
    - It is a sentinel that calls a public name.
  returned: success
  type: str
remains:
  description: With O(state=absent), what differs from before the first run below C(/etc), each line with a reason.
  returned: success
  type: list
  elements: str
notes:
  description:
    - With O(state=absent), what else stays and why.
    - With O(state=read), what server and sentinel have for addresses now, and what they had before.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._found.leaving import Left, finish
from ..module_utils._found.look import keep
from ..module_utils._found.now import Here, here_now
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.files import explained, host_lock
from ..module_utils._host.found import is_due, is_unmarked, read
from ..module_utils._host.older import keep_older_off
from ..module_utils._host.versions import too_new

PLACES = ("server_path", "server_program", "sentinel_path", "sentinel_program")


def main() -> None:
    """Keep, read or remove the record."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "read", "absent"], "required": True},
            "server_path": {"type": "path"},
            "server_program": {"type": "str", "default": "constellation-server"},
            "sentinel_path": {"type": "path"},
            "sentinel_program": {"type": "str", "default": "constellation-sentinel"},
        },
        supports_check_mode=True,
    )
    state = module.params["state"]
    places = {name: module.params[name] for name in PLACES}
    record, left, changed, here = read(), Left(), False, Here()
    if newer := too_new():
        module.fail_json(msg=f"{newer}. Nothing was changed")
    try:
        with explained("/var/lib"):
            if state == "present" and (is_due() or is_unmarked()):
                changed = True
                if not module.check_mode:
                    with host_lock():
                        record = keep(places) if is_due() else record
                        keep_older_off()
            elif state == "read":
                here = here_now(record, places)
                left.notes = here.notes
            elif state == "absent":
                left = finish(check_mode=module.check_mode)
                changed = bool(left.removed)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=changed,
        found=record,
        installed=here.installed,
        undecided=here.undecided,
        remains=left.remains,
        notes=left.notes,
    )


if __name__ == "__main__":
    main()
