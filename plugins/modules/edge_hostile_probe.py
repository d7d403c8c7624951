#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask sites what a client may not do."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_hostile_probe
short_description: Ask sites what a client may not do
version_added: 0.1.0
description:
  - Sends each site what a hostile client would, and tells for each request whether it was refused or did no harm. Wrong
    names, old TLS, upgrades, requests of which two readers disagree, odd paths, and clients that take their time.
  - It harms no service. Nothing is uploaded, no credentials are sent, and the paths are those that nobody has.
  - It is meant for the controller, by C(delegate_to), and needs no privilege and nothing but Python there; a second TLS
    handshake is asked for by C(openssl), where that is installed.
  - It takes up to two minutes, since slow clients are held until the host ends them. All sites are asked at once.
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: The module only reads.
  diff_mode:
    support: none
    details: The module changes nothing.
  idempotent:
    support: full
notes:
  - A jail that counts bad requests may ban the address that this is asked from; what is asked after that is not proven.
  - The same as a program that prints a line for each probe, in the folder which holds C(ansible_collections).
    C(python3 -m ansible_collections.constellation.edge.plugins.module_utils._hostile https://home.example.org/)
options:
  url:
    description: URL of the site, by HTTPS. For more than one site see O(targets).
    type: str
  echo:
    description:
      - Path of a service that reports what it was sent, for O(url). Empty for none.
      - It answers every request by JSON with C(head), the lines of the request as they came, C(requests), which request
        of its connection this was, C(peer), the address that it came from, and C(recent), the same three of the latest
        requests.
      - C(headers) need it, and C(smuggling) proves more with it.
    type: str
    default: ""
  kept:
    description: Path that answers C(403) outside the LAN, for O(url). Empty for none.
    type: str
    default: ""
  targets:
    description: Sites to ask, instead of O(url).
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: URL of the site, by HTTPS.
        type: str
        required: true
      address:
        description: Address to connect to, by default that of all.
        type: str
        default: ""
      echo:
        description: Path of a service that reports what it was sent. Empty for none.
        type: str
        default: ""
      kept:
        description: Path that answers C(403) outside the LAN. Empty for none.
        type: str
        default: ""
      without:
        description: Kinds and probes that are not asked, such as V(answers) or V(answers.x-frame-options).
        type: list
        elements: str
        default: []
      leads_to:
        description: Name to which the host leads for names that it does not have. Empty where it refuses them.
        type: str
        default: ""
  address:
    description: Address to connect to, whatever the names resolve to. Empty lets the names resolve.
    type: str
    default: ""
  ca_file:
    description: File with a trust root that counts besides the system's.
    type: path
  kinds:
    description:
      - What to ask. None stands for all that can be, C(headers) where there is an O(echo), C(paths) where there is
        something O(kept), and C(limits) where there are O(connections).
    type: list
    elements: str
    choices: [names, tls, answers, upgrade, smuggling, headers, paths, traversal, slow, limits]
    default: []
  claims:
    description: Headers that no service may be told by a client. None stands for the usual ones.
    type: list
    elements: str
    default: []
  slow:
    description: How many unfinished requests are held open for each site. V(0) leaves them out.
    type: int
    default: 60
  connections:
    description: How many connections are tried at once. V(0) leaves them out.
    type: int
    default: 0
  fail:
    description: Whether a failed probe fails the task.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Ask a site from the controller what a client may not do
  constellation.edge.edge_hostile_probe:
    url: https://home.example.org/
  delegate_to: localhost
  become: false

- name: Ask for its names and its TLS only, and at another address than the name's
  constellation.edge.edge_hostile_probe:
    url: https://home.example.org/
    address: 192.0.2.7
    kinds: [names, tls]
  delegate_to: localhost
  become: false
"""

RETURN = r"""
results:
  description: What each probe says, in the order of the sites and of the questions.
  returned: always
  type: list
  elements: dict
  contains:
    url:
      description: The site.
      type: str
    id:
      description: Kind and name of the probe.
      type: str
      sample: names.unknown-sni
    what:
      description: What was sent.
      type: str
    ok:
      description: Whether that was refused, or did no harm. Null when it was not proven.
      type: bool
    detail:
      description: What was seen, or why nothing was proven.
      type: str
    remedy:
      description: What to do about a failed probe.
      type: str
proofs:
  description:
    - The same in the form of M(constellation.edge.edge_host_probe), for a report. What passed of a kind at a site is
      one proof, as is what was not proven; each failed probe is one of its own.
  returned: always
  type: list
  elements: dict
  contains:
    subject:
      description: Site and kind, or site and probe.
      type: str
    ok:
      description: As above.
      type: bool
    detail:
      description: What was seen, and what to do about it.
      type: str
lines:
  description: A line for each probe, and the sum of each site.
  returned: always
  type: list
  elements: str
ok:
  description: Whether no probe failed.
  returned: always
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._hostile.run import KINDS, report
from ..module_utils._hostile.subject import CLAIMS, Subject

TARGET = {
    "url": {"type": "str", "required": True},
    "address": {"type": "str", "default": ""},
    "echo": {"type": "str", "default": ""},
    "kept": {"type": "str", "default": ""},
    "without": {"type": "list", "elements": "str", "default": []},
    "leads_to": {"type": "str", "default": ""},
}
ARGUMENTS = {
    "url": {"type": "str"},
    "echo": {"type": "str", "default": ""},
    "kept": {"type": "str", "default": ""},
    "targets": {"type": "list", "elements": "dict", "default": [], "options": TARGET},
    "address": {"type": "str", "default": ""},
    "ca_file": {"type": "path"},
    "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
    "claims": {"type": "list", "elements": "str", "default": []},
    "slow": {"type": "int", "default": 60},
    "connections": {"type": "int", "default": 0},
    "fail": {"type": "bool", "default": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, mutually_exclusive=[("url", "targets")])
    given = module.params
    targets = given["targets"]
    if given["url"]:
        targets = [
            {"address": "", "without": [], "leads_to": "", **{key: given[key] for key in ("url", "echo", "kept")}}
        ]
    subjects = [
        Subject(
            url=target["url"],
            address=(target["address"] or given["address"]).strip("[]"),
            ca_file=given["ca_file"] or "",
            echo=target["echo"],
            kept=target["kept"],
            without=tuple(target["without"]),
            leads_to=target["leads_to"],
            claims=tuple(given["claims"]) or CLAIMS,
            slow=given["slow"],
            connections=given["connections"],
        )
        for target in targets
    ]
    try:
        found = report(subjects, given["kinds"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    if given["fail"] and not found["ok"]:
        failed = [f"{proof['subject']}: {proof['detail']}" for proof in found["proofs"] if proof["ok"] is False]
        module.fail_json(msg="not as expected: " + "; ".join(failed), **found)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
