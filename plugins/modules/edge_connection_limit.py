#!/usr/bin/python

# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limit the open connections of each client in the packet filter."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_connection_limit
short_description: Limit the open connections of each client in the packet filter
version_added: 0.1.0
description:
  - Keeps one client from taking every connection of nginx, for example with a thousand requests whose headers never
    end. nginx's own C(limit_conn) does not count those.
  - Writes C(/etc/constellation-edge/connection-limit.nft) with a table of our own, C(inet constellation_edge), and the
    unit C(constellation-edge-limit.service) that loads it before the network is up. No other table is read or changed.
  - A drop-in has C(nftables.service), which flushes every table when it starts, load ours again.
  - A client is an IPv4 address, or an IPv6 network of 64 bits. Private, link-local and loopback addresses are never
    counted.
  - A connection over the limit is dropped, not rejected. A browser asks again by itself, and gets in when another one
    has ended. Open connections are never cut.
  - Half-open connections are counted. Who can send packets with a client's address can therefore keep that client out.
  - At most 65535 clients are counted at a time. What comes beyond them is let in.
  - The file, the unit and what the kernel holds are compared. A table that somebody deleted comes back; a call that
    changes nothing leaves the counters as they are.
  - Where nft is missing, or the kernel cannot count connections, nothing is written and RV(notes) says so.
  - Whoever runs C(nft flush ruleset), or stops C(nftables.service), takes the table away until the next call or the
    next start of the host.
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: The kernel is asked in check mode too whether it accepts the table; nothing of that is left.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  limit:
    description:
      - How many open connections one client may have, from 32 to 65535. V(0) removes the limit.
      - The default leaves room for 60 Constellation packages behind one router. Each holds one connection for events
        (SSE or a long poll) and opens up to two more, which is 180. The other 76 are for browsers, which open six
        to a site.
      - Clients behind one address of a provider (CGNAT) share the limit; raise it where many of yours do.
    type: int
    default: 256
  ports:
    description: The TCP ports on which connections are counted together.
    type: list
    elements: int
    default: [80, 443]
  exempt:
    description: Addresses and networks, beside the private ones, whose connections are not counted.
    type: list
    elements: str
    default: []
  state:
    description: Whether the limit is there, or all of it is removed.
    type: str
    choices: [present, absent]
    default: present
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Let nobody take every connection
  constellation.edge.edge_connection_limit:
    exempt:
      - 198.51.100.7
      - 2001:db8:0:1::/64

- name: Remove the limit
  constellation.edge.edge_connection_limit:
    state: absent
"""

RETURN = r"""
limit:
  description: The limit that holds, or would after a run without check mode; 0 for none.
  returned: success
  type: int
  sample: 256
refused:
  description: How many packets that open a connection were dropped since the table was loaded.
  returned: success
  type: int
  sample: 0
notes:
  description: Why this host has no limit, and what to do.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._connection_limit.step import bring
from ..module_utils._connection_limit.table import DEFAULT_LIMIT, DEFAULT_PORTS, parse_limit
from ..module_utils._host.errors import EdgeError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "limit": {"type": "int", "default": DEFAULT_LIMIT},
            "ports": {"type": "list", "elements": "int", "default": list(DEFAULT_PORTS)},
            "exempt": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        wanted = given["limit"] != 0 and given["state"] == "present"
        limit = parse_limit(given["limit"], given["ports"], given["exempt"]) if wanted else None
        result = bring(limit, check_mode=module.check_mode)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
