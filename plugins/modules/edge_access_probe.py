#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask each place of a proxy to let somebody in, with and without a login."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_access_probe
short_description: Ask who may come in where
version_added: 0.1.0
description:
  - Asks each route, location and start page without a login, with a right and a wrong one, with headers that lie about
    the client's address and name, by HTTP/1.1 and HTTP/2, and by other spellings of its path.
  - It tells what came. What has to come is told by C(constellation.edge.edge_access_table), which knows the rules.
  - C(verify.yml) runs it on the controller, by C(delegate_to), and on the proxy's host.
  - No name or password is sent to what lets somebody in without asking.
  - A right password is sent only where the certificate is trusted for the site's name. With V(host) that is not asked
    of the loopback, where nobody else answers.
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
  - From an address that fail2ban does not ignore, at most two wrong passwords are tried in a run, and none where they
    could lead to a ban together with those of the last minutes.
  - A jail of your own that counts refused requests may ban the address that this is asked from.
options:
  part:
    description:
      - V(host) asks everything from the proxy's own host.
      - V(greet) sends requests that can be found in nginx's log, V(find) finds them there on the proxy's host, and
        V(ask) then asks everything from where V(greet) was run.
    type: str
    choices: [host, greet, find, ask]
    required: true
  places:
    description: What to ask.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: URL of the place, by HTTPS.
        type: str
        required: true
      file:
        description: Name of the file in O(logins) that has its users. Empty where nobody is asked for a login.
        type: str
        default: ""
      realm:
        description: What nginx says with that question.
        type: str
        default: ""
      says:
        description: What stands in a page of nginx's own, by its status. Without it nginx's page is not known.
        type: dict
        default: {}
      near:
        description: An address that is let in. Empty for none.
        type: str
        default: ""
      far:
        description: An address that is not let in. Empty for none.
        type: str
        default: ""
      spellings:
        description: Other spellings of its path, which are asked where the path itself is refused.
        type: list
        elements: str
        default: []
      addresses:
        description: Addresses to connect to, by default those of all.
        type: list
        elements: str
        default: []
      listens:
        description: The same with V(host).
        type: list
        elements: str
        default: []
  addresses:
    description: Addresses to connect to, the first one for all questions, others for fewer.
    type: list
    elements: str
    default: []
  logins:
    description: By the name of each file, passwords or hashes by the names of its users.
    type: dict
    default: {}
  ca_file:
    description: File with a trust root that counts besides the system's where a password is sent.
    type: path
  greetings:
    description: With V(find), what V(greet) returned.
    type: list
    elements: dict
    default: []
  clients:
    description: With V(ask), what V(find) returned.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Ask from the host itself
  constellation.edge.edge_access_probe:
    part: host
    places: "{{ edge_plan.access.asked }}"
    addresses: [127.0.0.1, "::1"]
"""

RETURN = r"""
greetings:
  description:
    - With V(greet), the C(marker) of the requests to each C(host) through each C(address), and both ends
      of a connection.
  returned: with O(part=greet) and O(part=host)
  type: list
  elements: dict
clients:
  description: The address that nginx C(seen) of each of them, and how many wrong passwords are safe from there.
  returned: with O(part=find) and O(part=host)
  type: list
  elements: dict
ipv6:
  description: The host's IPv6 addresses, without those of its link and its loopback.
  returned: with O(part=host)
  type: list
  elements: str
rows:
  description: What came at each place through each address, with C(url), C(address) and C(cells).
  returned: with O(part=ask) and O(part=host)
  type: list
  elements: dict
"""

import ipaddress
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._access_table.ask import Trust, ask, problem
from ..module_utils._access_table.door import Door
from ..module_utils._access_table.greet import greet, whom
from ..module_utils._constellation.this_host import own_addresses
from ..module_utils._probe.connection import ProbeError, tls_context

ARGUMENTS = {
    "part": {"type": "str", "choices": ["host", "greet", "find", "ask"], "required": True},
    "places": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "url": {"type": "str", "required": True},
            "file": {"type": "str", "default": ""},
            "realm": {"type": "str", "default": ""},
            "says": {"type": "dict", "default": {}},
            "near": {"type": "str", "default": ""},
            "far": {"type": "str", "default": ""},
            "spellings": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "listens": {"type": "list", "elements": "str", "default": []},
        },
    },
    "addresses": {"type": "list", "elements": "str", "default": []},
    "logins": {"type": "dict", "default": {}, "no_log": True},
    "ca_file": {"type": "path"},
    "greetings": {"type": "list", "elements": "dict", "default": []},
    "clients": {"type": "list", "elements": "dict", "default": []},
}
_LISTS = ("spellings", "addresses", "listens")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    doors = [Door(**each | {name: tuple(each[name]) for name in _LISTS}) for each in given["places"]]
    if given["part"] == "host":
        doors = [replace(door, addresses=door.listens) for door in doors]
    if wrong := [text for door in doors if (text := problem(door))]:
        module.fail_json(msg=wrong[0])
    trust = Trust(given["ca_file"] or "", is_host=given["part"] == "host")
    if trust.ca_file:
        try:
            tls_context(trust.ca_file)
        except ProbeError as error:
            module.fail_json(msg=str(error))
    addresses = list(dict.fromkeys(each.strip("[]") for each in given["addresses"]))
    found: dict[str, Any] = {}
    if given["part"] in ("host", "greet"):
        found["greetings"] = greet(doors, addresses)
    if given["part"] in ("host", "find"):
        found["clients"] = whom(found.get("greetings", given["greetings"]))
    if given["part"] == "host":
        found["ipv6"] = _reachable(own_addresses())
    if given["part"] in ("host", "ask"):
        found["rows"] = ask(doors, addresses, given["logins"], found.get("clients", given["clients"]), trust)
    module.exit_json(changed=False, **found)


def _reachable(addresses: frozenset[str]) -> list[str]:
    """Return the IPv6 addresses of a host at which others may reach it."""
    several = sorted(each for each in map(ipaddress.ip_address, addresses) if each.version == 6)
    return [str(each) for each in several if not (each.is_link_local or each.is_loopback)]


if __name__ == "__main__":
    main()
