#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_service
short_description: Have a Constellation server or sentinel run as its configuration file says
version_added: 0.1.0
description:
  - A Constellation program reads its listenUris and settings only when it starts. This module compares the running
    process with the file, and restarts it through C(supervisorctl) only when they differ. An earlier run that died
    between the change of the file and the restart is healed by the next one.
  - A server is asked on every listenUri over HTTP on the host itself. It is restarted when one of them does not
    answer, when it was started with other settings than the file holds now, or when it is older than the file and
    still serves more than the file says.
  - A sentinel is restarted when it was started with other settings than the file holds now, or, where that is not
    known, when it is older than its file.
  - After a restart the module waits until every URI answers and the process stays up. If it does not, the task fails
    with the last lines of the program's log, access keys masked. The file is left as it is;
    M(constellation.edge.constellation_server) changes it and puts it back.
options:
  program:
    description:
      - The program's name in supervisor.
      - The default is C(constellation-server) or C(constellation-sentinel), by O(kind).
    type: str
  config:
    description:
      - The configuration file.
      - Without it, the file beside the C(.exe) that supervisor starts as O(program).
    type: path
  kind:
    description: What the program is.
    type: str
    choices: [server, sentinel]
    default: server
  timeout:
    description: How many seconds a restarted program has to answer on every URI.
    type: float
    default: 60
  settle:
    description: How many seconds the restarted process must stay up.
    type: float
    default: 3
  missing:
    description: What to do when supervisor has no such program, V(fail) or V(skip).
    type: str
    choices: [fail, skip]
    default: fail
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: A change of the file that the same check run only predicts is not seen.
  diff_mode:
    support: full
    details: Shows why the program is restarted.
  idempotent:
    support: full
seealso:
  - module: constellation.edge.constellation_listen_uris
  - module: constellation.edge.constellation_server
  - module: constellation.edge.dotnet_appsetting
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Have the server listen as its file says
  constellation.edge.constellation_service:

- name: Have the sentinel run with its present settings, where there is one
  constellation.edge.constellation_service:
    kind: sentinel
    missing: skip
"""

RETURN = r"""
restarted:
  description: Whether the program was restarted (in check mode, would be).
  returned: success
  type: bool
reason:
  description: Why it was restarted; empty when it was in line already.
  returned: success
  type: str
  sample: "http://+:8088/constellation/ does not answer: connection refused: nothing listens on the port"
uris:
  description: The listenUris of the server's file; empty for a sentinel.
  returned: success
  type: list
  elements: str
  sample: [http://+:8088/constellation]
pid:
  description: The process id; 0 when there is none.
  returned: success
  type: int
skipped_reason:
  description: Why nothing was done.
  returned: when O(missing=skip) and supervisor has no such program
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.locate import find_config
from ..module_utils._constellation.program import WantedProgram
from ..module_utils._constellation.service import bring_in_line
from ..module_utils._constellation.supervisor import find_program
from ..module_utils._host.errors import EdgeError


def main() -> None:
    """Bring the running program in line with its file."""
    module = AnsibleModule(
        argument_spec={
            "program": {"type": "str"},
            "config": {"type": "path"},
            "kind": {"type": "str", "choices": ["server", "sentinel"], "default": "server"},
            "timeout": {"type": "float", "default": 60},
            "settle": {"type": "float", "default": 3},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
        supports_check_mode=True,
    )
    wish = module.params
    program = wish["program"] or f"constellation-{wish['kind']}"
    try:
        if find_program(program) is None:
            why = f"supervisor's configuration has no [program:{program}]"
            if wish["missing"] == "skip":
                module.exit_json(changed=False, restarted=False, reason="", uris=[], pid=0, skipped_reason=why)
            module.fail_json(msg=f"{why}: give the program's name, or add it to supervisor")
        config = find_config(wish["config"], program, wish["kind"])
        wanted = WantedProgram(program, config, wish["kind"], wish["timeout"], wish["settle"])
        outcome = bring_in_line(wanted, check=module.check_mode)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    before = f"{program}: {outcome.reason}\n" if outcome.restarted else f"{program}: runs as {config} says\n"
    diff = [{"before_header": program, "after_header": program, "before": before}]
    diff[0]["after"] = f"{program}: runs as {config} says\n"
    module.exit_json(
        changed=outcome.restarted,
        restarted=outcome.restarted,
        reason=outcome.reason,
        uris=outcome.uris,
        pid=outcome.pid,
        diff=diff,
    )


if __name__ == "__main__":
    main()
