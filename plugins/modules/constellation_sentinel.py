#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_sentinel
short_description: Move a Constellation sentinel to its server's address, proven, or leave it where it is
version_added: 0.1.0
description:
  - Sets C(ConstellationServerURI) in the sentinel's file and restarts it, when it does not yet run so.
  - The new address is asked first, from the sentinel's own host. The name must resolve, the port connect, the
    certificate be trusted by the system and by Mono, and a Constellation server answer.
  - After the restart the sentinel must be seen connected to that address. If it is not, it gets its previous file back
    byte for byte and is restarted on it, unless no server answers at the previous address any more.
  - The same move is then not tried again for a day, so that no run restarts a sentinel that works for the same failure.
    It is tried earlier when the sentinel was restarted, its file changed, or O(timeout) grew.
  - A sentinel that cannot move is no failure. It keeps its address, and the answer says why and what to do about it.
  - A call that was killed half way is put back by the next one.
options:
  path:
    description:
      - The configuration file.
      - Without it, the file beside the C(.exe) that supervisor starts as O(program).
    type: path
  program:
    description: The sentinel's name in supervisor.
    type: str
    default: constellation-sentinel
  uri:
    description: The server's address, such as C(https://demo.internal.myconstellation.io/constellation).
    type: str
    required: true
  timeout:
    description: How many seconds the restarted sentinel has to be seen connected.
    type: float
    default: 30
  settle:
    description: How many seconds a connection must stay. One that is refused ends sooner.
    type: float
    default: 3
  reach:
    description: Whether the address is asked before anything changes.
    type: bool
    default: true
  backup:
    description:
      - Keep a copy of the file below C(/var/lib/constellation-edge/backup) before it changes. The copy is as private
        as the file.
    type: bool
    default: false
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
    details:
      - The address is asked, and the move predicted. What a server or proxy that is not there yet would answer is not
        known. The move is then predicted as if it would, and RV(problem) says what is in the way now.
  diff_mode:
    support: full
    details: Shows the one setting, and why the sentinel is restarted.
  idempotent:
    support: full
seealso:
  - module: constellation.edge.constellation_server
  - module: constellation.edge.dotnet_appsetting
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Send the sentinel through the proxy
  constellation.edge.constellation_sentinel:
    uri: https://demo.internal.myconstellation.io/constellation
  throttle: 1
"""

RETURN = r"""
path:
  description: The file that was looked at; empty when it was skipped.
  returned: success
  type: str
  sample: /opt/constellation-sentinel/Constellation.Sentinel.exe.config
uri:
  description: The server that the file names in the end (in check mode, would name).
  returned: success
  type: str
  sample: https://demo.internal.myconstellation.io/constellation
moved:
  description: Whether that is O(uri).
  returned: success
  type: bool
connected:
  description: Whether the sentinel was seen connected to O(uri).
  returned: success
  type: bool
problem:
  description: Why the sentinel cannot move, or why it is not connected; empty when nothing is wrong.
  returned: success
  type: str
  sample: the name demo.internal.myconstellation.io does not resolve on this host
remedy:
  description: What to do about RV(problem).
  returned: success
  type: str
source:
  description: The address from which this host calls the server that it keeps; empty when nothing is wrong.
  returned: success
  type: str
  sample: 192.168.0.20
restarted:
  description: Whether the sentinel was restarted (in check mode, would be). One that was put back does not count.
  returned: success
  type: bool
reason:
  description: Why it was restarted; empty when it was in line already.
  returned: success
  type: str
  sample: its server's address changes
backup_file:
  description: The copy of the file before the change.
  returned: when O(backup) is true and the file changed
  type: str
skipped_reason:
  description: Why nothing was done.
  returned: when O(missing=skip) and there is no sentinel on the host
  type: str
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._constellation.locate import find_config, not_found
from ..module_utils._constellation.mono.trust import obstacle
from ..module_utils._constellation.program import WantedProgram
from ..module_utils._constellation.sentinel_step import MoveOutcome, move
from ..module_utils._constellation.supervisor import find_program
from ..module_utils._host.errors import EdgeError

SKIPPED = MoveOutcome("")


def answer(path: str, outcome: MoveOutcome, program: str) -> dict[str, object]:
    """Return what the module says of an outcome."""
    said = asdict(outcome)
    before, after, kept = said.pop("before"), said.pop("after"), said.pop("backup")
    diff = [{"before_header": path, "after_header": path, "before": before, "after": after}] if before != after else []
    if outcome.restarted:
        line = {"before": f"{program}: {outcome.reason}\n", "after": f"{program}: runs as {path} says\n"}
        diff.append({"before_header": program, "after_header": program, **line})
    return {"path": path, "diff": diff, **said, **({"backup_file": kept} if kept else {})}


def main() -> None:
    """Move the sentinel, or tell what is in the way."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "program": {"type": "str", "default": "constellation-sentinel"},
            "uri": {"type": "str", "required": True},
            "timeout": {"type": "float", "default": 30},
            "settle": {"type": "float", "default": 3},
            "reach": {"type": "bool", "default": True},
            "backup": {"type": "bool", "default": False},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
        supports_check_mode=True,
    )
    wish = module.params
    program = wish["program"]
    try:
        path = find_config(wish["path"], program, "sentinel")
        if not path and wish["missing"] == "skip":
            module.exit_json(**answer("", SKIPPED, program), skipped_reason=not_found(program))
        if find_program(program) is None:
            module.fail_json(msg=f"{not_found(program)}: nobody could restart it. Nothing was changed")
        wanted = WantedProgram(program, path, "sentinel", wish["timeout"], wish["settle"])
        ask = obstacle if wish["reach"] else None
        outcome = move(wanted, wish["uri"], ask=ask, check=module.check_mode, backup=wish["backup"])
    except EdgeError as error:
        module.fail_json(msg=str(error))
    if outcome.problem:
        module.warn(
            f"{program} {'calls' if outcome.moved else 'keeps'} {outcome.uri}: {outcome.problem}. "
            f"What to do: {outcome.remedy}"
        )
    module.exit_json(**answer(path, outcome, program))


if __name__ == "__main__":
    main()
