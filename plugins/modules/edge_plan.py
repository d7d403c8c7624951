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
  - Then looks at the host with M(constellation.edge.edge_preflight) and sets the fact C(edge_plan), from which the
    playbooks take the variables of the roles.
  - A variable whose name begins with C(edge_) and that the collection does not know is a mistake, too.
  - Which hosts are proxies, Constellation servers and sentinels is read from the groups C(edge),
    C(constellation_servers) and C(constellation_sentinels).
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
  sites:
    description:
      - The sites of this host, as in C(inventory.example.yml). Each has a C(server_name), one name or a list of which
        the first names the certificate, C(routes), and C(hsts), which tells browsers for two years to use HTTPS alone
        (RFC 6797; V(true) unless said otherwise).
      - C(path) of a route is where clients find it, V(/) or a prefix such as V(/zm/).
      - C(app) says what a preset knows of the service, C(constellation), C(domoticz), C(emby), C(grafana),
        C(homeassistant), C(jeedom), C(jellyfin), C(motioneye), C(nodered), C(openhab), C(portainer), C(radarr),
        C(sonarr), C(syncthing), C(uptimekuma), C(vaultwarden), C(zoneminder), or C(generic), the default, which knows
        nothing. C(homeassistant), C(openhab) and C(uptimekuma) need V(/) as their path.
      - C(upstream) is scheme, host and port of the service. Where the preset knows the usual port, the default is that
        port on the proxy itself; C(generic), C(jeedom) and C(zoneminder) have none.
      - The other keys win over the preset, which wins over these defaults. C(prefix) is V(keep), or V(strip) when the
        service must not see the path; C(buffering) is V(true); C(read_timeout) is V(60), in seconds; C(max_body_size)
        is V(0), no limit, in nginx's notation.
      - C(probe) says what C(verify.yml) asks beyond the page. C(status) is a list of the codes that are right, C(sse),
        C(websocket) and C(stream) are paths below the route.
      - C(console) of a route with C(app=constellation) says who may open what the server keeps for its own host
        (C(localhostOnly) of a C(fileServer), as the Console comes), when the server is on the proxy's host. V(lan), the
        default, answers 403 to everybody outside the LAN, V(public) lets everybody in. A server on another host keeps
        it for that host itself.
      - Not needed on hosts outside the group C(edge).
    type: raw
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
ansible_facts:
  description: The plan.
  returned: success
  type: dict
  contains:
    edge_plan:
      description: Variables for the roles, and what is asked of the routes in the end.
      type: dict
"""
