#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask routes from outside, as a client would."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_probe
short_description: Ask routes from outside, as a client would
version_added: 0.1.0
description:
  - Asks each route for its status, its redirect from HTTP, its TLS connection and certificate, and, where that is
    wanted, for server-sent events, a WebSocket or moving pictures; and asks whether ports are open or closed.
  - It is meant for the controller, by C(delegate_to), and needs no privilege and nothing but Python there.
  - Every step has an end in time. What is wrong is collected, not raised at the first finding.
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
options:
  routes:
    description: What to ask.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: URL of the route.
        type: str
        required: true
      address:
        description: Address to connect to for this URL, by default that of all.
        type: str
        default: ""
      status:
        description: Acceptable statuses. None stands for 200 to 399 and 401.
        type: list
        elements: int
        default: []
      location:
        description: Where the answer must lead, empty for anywhere.
        type: str
        default: ""
      closes:
        description: Whether the connection must be closed without an answer.
        type: bool
        default: false
      grpc:
        description:
          - Whether the service speaks gRPC. The URL is called as a method that no service has, and the answer must be
            one of gRPC, where O(routes[].status) has none.
        type: bool
        default: false
      agent:
        description: As who the URL is asked, in brackets behind the own name of the probe in C(User-Agent).
        type: str
        default: ""
      holds:
        description: What must stand in the answer.
        type: str
        default: ""
      guarded:
        description: Whether its owner lets only some addresses in, so that C(403) is acceptable, too.
        type: bool
        default: false
      refused_by:
        description:
          - The statuses by which the proxy itself keeps some clients out, such as V(401) and V(403). Such an answer is
            right, and nothing else is asked of the route.
        type: list
        elements: int
        default: []
      closed:
        description: Whether everybody who asks without a login has to be refused so.
        type: bool
        default: false
      limited:
        description:
          - Whether a client may ask only so often, so that C(429) is acceptable, too. What else would be asked then is
            not.
        type: bool
        default: false
      maintenance:
        description:
          - Whether the site may be in maintenance, so that C(503) is acceptable, too, instead of a redirect of port 80
            as well. Nothing else is asked then.
        type: bool
        default: false
      redirect:
        description: Whether port 80 must lead to the same place under HTTPS by 301 or 308. Only for HTTPS URLs.
        type: bool
        default: true
      sse:
        description:
          - Path of the site where server-sent events are, empty for none. Without a leading slash it is taken from the
            URL on.
          - Events have to come at two different moments, the first within 5 seconds. A buffer in between fails that.
        type: str
        default: ""
      websocket:
        description: Path of the site that takes a WebSocket, empty for none.
        type: str
        default: ""
      websocket_echo:
        description: Whether a text that is sent through the WebSocket has to come back.
        type: bool
        default: false
      stream:
        description: Path of the site that answers C(multipart/x-mixed-replace), of which two whole parts have to come.
        type: str
        default: ""
  address:
    description: Address to connect to, whatever the names resolve to. Empty lets the names resolve.
    type: str
    default: ""
  ca_file:
    description: File with a trust root that counts besides the system's.
    type: path
  trust:
    description: Whether a certificate that is not trusted is a problem. It is reported in any case.
    type: bool
    default: true
  closed_ports:
    description:
      - Ports that must not be open. One that has not answered two tries within 1.2 seconds is silent.
    type: list
    elements: int
    default: [8088]
  open_ports:
    description: Ports that must be open.
    type: list
    elements: int
    default: []
  outside:
    description:
      - Whether the module runs on another machine than the one that is asked.
      - On the same machine a port says nothing about what others see, and its proof is V(not proven from outside).
    type: bool
    default: true
  timeout:
    description: Seconds that each step may take.
    type: int
    default: 10
  fail:
    description: Whether a problem fails the task.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Ask the routes from the controller
  constellation.edge.edge_probe:
    address: "{{ ansible_host }}"
    routes:
      - url: https://home.example.org/constellation/
        sse: /constellation/events
      - url: https://camera.example.org/
        websocket: /socket
  delegate_to: localhost
  become: false
"""

RETURN = r"""
results:
  description: What each route answered, in the order of the question.
  returned: always
  type: list
  elements: dict
  contains:
    url:
      description: The URL that was asked.
      type: str
    agent:
      description: As who it was asked, empty for the probe itself.
      type: str
    ok:
      description: Whether there is no problem.
      type: bool
    status:
      description: HTTP status, null without an answer.
      type: int
    refused:
      description: Whether the proxy kept this client out, by one of O(routes[].refused_by).
      type: bool
    redirect:
      description: What port 80 answered. Null when it was not asked.
      type: dict
      contains:
        status:
          description: HTTP status, null without an answer.
          type: int
        location:
          description: Where it leads.
          type: str
        ok:
          description: Whether that is the same place under HTTPS.
          type: bool
    tls:
      description: The TLS connection and the certificate. Null for HTTP.
      type: dict
      contains:
        version:
          description: Protocol.
          type: str
          sample: TLSv1.3
        cipher:
          description: Cipher suite.
          type: str
        issuer:
          description: Who signed the certificate.
          type: str
        subject_names:
          description: Names the certificate is valid for.
          type: list
          elements: str
        not_after:
          description: When it ends, in UTC.
          type: str
        days_left:
          description: Whole days until then.
          type: int
        trusted:
          description: Whether it is trusted for this name.
          type: bool
        sha256:
          description: Hash of the certificate.
          type: str
        problem:
          description: Why it is not trusted.
          type: str
    sse:
      description: The server-sent events. Null when none were asked for.
      type: dict
      contains:
        ok:
          description: Whether they come as they are sent.
          type: bool
        events:
          description: How many were waited for.
          type: int
        first_seconds:
          description: Seconds until the first, null without one.
          type: float
        detail:
          description: What was wrong.
          type: str
    websocket:
      description: The WebSocket. Null when none was asked for.
      type: dict
      contains:
        ok:
          description: Whether it was opened, and echoed where that was asked for.
          type: bool
        detail:
          description: What came.
          type: str
    stream:
      description: The moving pictures. Null when none were asked for.
      type: dict
      contains:
        ok:
          description: Whether two whole parts came.
          type: bool
        parts:
          description: How many whole parts came.
          type: int
        first_seconds:
          description: Seconds until the first, null without one.
          type: float
        detail:
          description: What was wrong.
          type: str
    seconds:
      description: How long all of it took.
      type: float
    problems:
      description: What is wrong with the route.
      type: list
      elements: str
ports:
  description: What each port answered, for O(address), or else for each host of the routes.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: Who was asked.
      type: str
    port:
      description: The port.
      type: int
    expected:
      description: V(open) or V(closed).
      type: str
    state:
      description: V(open), V(refused) or V(filtered), which is silence.
      type: str
    proof:
      description: V(ok), V(failed) or V(not proven from outside).
      type: str
    detail:
      description: What is wrong.
      type: str
ok:
  description: Whether no problem was found.
  returned: always
  type: bool
problems:
  description: All problems, each with its place.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._probe.route import Conditions, ProbedRoute
from ..module_utils._probe.run import Ports, probe

ARGUMENTS = {
    "routes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "url": {"type": "str", "required": True},
            "status": {"type": "list", "elements": "int", "default": []},
            "location": {"type": "str", "default": ""},
            "address": {"type": "str", "default": ""},
            "closes": {"type": "bool", "default": False},
            "grpc": {"type": "bool", "default": False},
            "agent": {"type": "str", "default": ""},
            "holds": {"type": "str", "default": ""},
            "guarded": {"type": "bool", "default": False},
            "refused_by": {"type": "list", "elements": "int", "default": []},
            "closed": {"type": "bool", "default": False},
            "limited": {"type": "bool", "default": False},
            "maintenance": {"type": "bool", "default": False},
            "redirect": {"type": "bool", "default": True},
            "sse": {"type": "str", "default": ""},
            "websocket": {"type": "str", "default": ""},
            "websocket_echo": {"type": "bool", "default": False},
            "stream": {"type": "str", "default": ""},
        },
    },
    "address": {"type": "str", "default": ""},
    "ca_file": {"type": "path"},
    "trust": {"type": "bool", "default": True},
    "closed_ports": {"type": "list", "elements": "int", "default": [8088]},
    "open_ports": {"type": "list", "elements": "int", "default": []},
    "outside": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 10},
    "fail": {"type": "bool", "default": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    if given["timeout"] < 1:
        module.fail_json(msg=f"timeout is {given['timeout']}: give 1 second or more")
    lists = ("status", "refused_by")
    routes = [ProbedRoute(**route | {name: tuple(route[name]) for name in lists}) for route in given["routes"]]
    ports = Ports(tuple(given["closed_ports"]), tuple(given["open_ports"]), given["outside"])
    conditions = Conditions(
        given["address"].strip("[]"), given["ca_file"] or "", given["trust"], float(given["timeout"])
    )
    try:
        report = probe(routes, ports, conditions)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    if given["fail"] and not report["ok"]:
        module.fail_json(msg="not as expected: " + "; ".join(report["problems"]), **report)
    module.exit_json(changed=False, **report)


if __name__ == "__main__":
    main()
