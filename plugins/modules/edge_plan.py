#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_plan
short_description: Validate the sites and derive every role's variables from them
version_added: 0.1.0
description:
  - The first task of every playbook of this collection. Checks O(sites) on the controller, at every depth, before a
    host is touched; all mistakes are reported at once, each with file, line, host, site, route and the nearest valid
    name.
  - Then looks at the host with M(constellation.edge.edge_preflight). The playbooks register the result as C(edge_plan)
    and take the variables of the roles from it.
  - A variable whose name begins with C(edge_), or with the name of one of the roles, and that the collection does not
    know is a mistake, too. So are a file of the inventory that is missing or no YAML, and a key that stands twice.
  - What keeps a host from being asked, such as an unknown host key or a user who may not use sudo, fails the task with
    what to type.
  - Which hosts are proxies, Constellation servers and sentinels is read from the groups C(edge),
    C(constellation_servers) and C(constellation_sentinels).
extends_documentation_fragment:
  - constellation.edge.attributes
  - constellation.edge.edge_sites
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  adopt:
    description: What C(adopt) is for a site that does not say.
    type: bool
    default: false
  email:
    description: Address of the ACME account. Empty registers without one.
    type: str
    default: ""
  acme_server:
    description: URL of the certificate authority's ACME directory.
    type: str
    default: https://acme-v02.api.letsencrypt.org/directory
  firewall_rules:
    description: Rules beside SSH, HTTP and HTTPS, in the form that M(constellation.edge.ufw_rules) takes.
    type: list
    elements: dict
    default: []
  ignoreip:
    description: Addresses and networks beside the loopback that fail2ban never bans, such as the LAN.
    type: list
    elements: str
    default: []
  lan:
    description:
      - Networks beside the private and link-local ranges (RFC 1918, 3927, 4193, 4291) that count as the LAN for
        C(console), such as the IPv6 prefix that the Internet provider gave to the house.
      - What counts is the address that nginx sees. Behind another proxy, as of a content delivery network, that is the
        proxy's, and a proxy inside the LAN makes everybody one of the LAN. Then let nginx's C(real_ip_header) and
        C(set_real_ip_from) give it the client's.
    type: list
    elements: str
    default: []
  users:
    description:
      - Passwords or ready hashes by the names of those who may log in, for the lists in C(users) of sites and routes.
      - None is in the result. C(constellation.edge.edge_password_files) adds them to RV(password_files).
    type: raw
  presets_dir:
    description:
      - A folder on the controller with presets of your own. Each file C(NAME.yml) is what C(app=NAME) of a route means,
        and takes the place of the collection's of that name as a whole.
      - A relative path begins where the command is run. The guide C(docs/guides/presets.md) has the form of a file.
    type: path
    default: ""
  connection_limit:
    description: How many connections a client will have; checked for M(constellation.edge.edge_connection_limit).
    type: int
    default: 256
  connection_limit_exempt:
    description: Who will not be counted; checked alone.
    type: list
    elements: str
    default: []
  record:
    description:
      - Whether the task is changed where no run has changed the host yet, and it has no record of what it is. A handler
        of C(site.yml) then keeps the record, before anything is changed. See M(constellation.edge.edge_record).
    type: bool
    default: false
  leaving:
    description:
      - Used by C(remove.yml). Nothing is planned, O(sites) may be wrong or missing. RV(found), RV(installed) and
        RV(notes) are returned.
    type: bool
    default: false
  restore_constellation:
    description:
      - With O(leaving), whether server and sentinels get back the addresses that they had before the first run.
      - Where a sentinel calls the public name, which the proxy serves, this has to be said.
    type: bool
seealso:
  - module: constellation.edge.edge_preflight
  - module: constellation.edge.nginx_site
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Validate everything before anything is touched
  constellation.edge.edge_plan:
    sites: "{{ edge_sites | default(none) }}"
    email: "{{ edge_email | default('') }}"
  register: edge_plan

- name: One site, with a route for each kind of service
  constellation.edge.edge_plan:
    sites:
      - server_name: [home.example.org, www.home.example.org]
        hsts: false
        routes:
          - path: /constellation/
            app: constellation
          - path: /camera/
            upstream: http://192.168.0.12:8081
            prefix: strip
            buffering: false
            read_timeout: 3600
            max_body_size: 10m
            probe: { status: [200, 401], stream: video }
"""

RETURN = r"""
is_edge:
  description: Whether the host is a proxy.
  returned: success
  type: bool
become_exe:
  description:
    - What the later plays call as C(sudo), as their keyword C(become_exe).
    - It is another program where a password is given and this ansible-core does not understand sudo-rs.
  returned: where it is not the default
  type: str
constellation:
  description:
    - C(listen_uris), on which a Constellation server on this host listens, C(sentinel_uri), which a sentinel on it
      calls, and C(found), what is there of both.
  returned: success
  type: dict
host:
  description: What M(constellation.edge.edge_preflight) found on the host.
  returned: on a proxy
  type: dict
nginx_sites:
  description: The sites in the form that M(constellation.edge.nginx_site) takes.
  returned: on a proxy
  type: list
  elements: dict
certificates:
  description: The certificates in the form that M(constellation.edge.certbot_certificate) takes.
  returned: on a proxy
  type: list
  elements: dict
firewall_rules:
  description: O(firewall_rules) and those for HTTP and HTTPS.
  returned: on a proxy
  type: list
  elements: dict
ignoreip:
  description: O(ignoreip), the loopback and RV(proxies).
  returned: on a proxy
  type: list
  elements: str
proxies:
  description: The networks of the proxies that a site trusts.
  returned: on a proxy
  type: list
  elements: str
password_files:
  description:
    - The files of users that the sites name, by their names. C(users) has the names of those who are in one; without it
      all of O(users) are. C(at) is the way to their passwords in O(sites), empty where O(users) has them.
  returned: on a proxy
  type: dict
lan:
  description: O(lan) as a list.
  returned: on a proxy
  type: list
  elements: str
acme_server:
  description: O(acme_server).
  returned: on a proxy
  type: str
probes:
  description: What is asked in the end, in the form that M(constellation.edge.edge_probe) takes.
  returned: on a proxy
  type: list
  elements: dict
hostile:
  description: The sites that M(constellation.edge.edge_hostile_probe) asks, with C(url), C(kept) and C(without).
  returned: on a proxy
  type: list
  elements: dict
access:
  description:
    - The places that M(constellation.edge.edge_access_probe) asks, as C(asked), and the C(rules) by which
      C(constellation.edge.edge_access_table) judges what came. C(unasked) has why a place is not asked.
  returned: on a proxy
  type: dict
closed_ports:
  description: The ports that nobody outside may reach.
  returned: on a proxy
  type: list
  elements: int
client_names:
  description: The names in C(allow) and C(deny), as M(constellation.edge.nginx_service) takes them.
  returned: on a proxy, where there are names
  type: dict
jails:
  description: The jails that routes ask for, as M(constellation.edge.fail2ban_jails) takes them.
  returned: on a proxy
  type: list
  elements: dict
address:
  description: Where the controller asks the routes.
  returned: on a proxy
  type: str
outside:
  description: Whether the controller sees what the outside sees of closed ports.
  returned: on a proxy
  type: bool
notes:
  description: What the owner should know of the plan.
  returned: on a proxy, and with O(leaving)
  type: list
  elements: str
found:
  description: What the host was before the first run, as M(constellation.edge.edge_record) returns it.
  returned: with O(leaving)
  type: dict
installed:
  description: Those of the packages that the roles install which the host has.
  returned: with O(leaving)
  type: list
  elements: str
restore:
  description: O(restore_constellation), false where nothing is said.
  returned: with O(leaving)
  type: bool
"""
