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
        (RFC 6797; V(true) unless said otherwise, V(false) on a site that adopts).
      - C(adopt) of a site lets its routes go into the servers that its owner made for these names, wherever nginx reads
        them. Everything else in them stays; without it, such a server is an error.
      - C(path) of a route is where clients find it, V(/) or a prefix such as V(/zm/).
      - C(app) says what a preset knows of the service, C(constellation), C(domoticz), C(emby), C(grafana),
        C(homeassistant), C(jeedom), C(jellyfin), C(motioneye), C(nodered), C(openhab), C(portainer), C(radarr),
        C(sonarr), C(syncthing), C(uptimekuma), C(vaultwarden), C(zoneminder), or C(generic), the default, which knows
        nothing. C(homeassistant), C(openhab) and C(uptimekuma) need V(/) as their path.
      - C(upstream) is scheme, host and port of the service. Where the preset knows the usual port, the default is that
        port on the proxy itself; C(generic), C(jeedom) and C(zoneminder) have none.
      - The other keys win over the preset, which wins over these defaults. C(prefix) is V(keep), or V(strip) when the
        service must not see the path; C(read_timeout) is V(7200), in seconds without a byte from the service, so that a
        WebSocket may be silent for an hour; C(max_body_size) is V(0), no limit, in nginx's notation; C(websocket) is
        V(true). C(method_override) is V(false), so that no client has its method replaced by a header; the editor of
        WordPress needs V(true).
      - C(buffering) is V(false), so that events and video come at once. A service is then busy with an answer of more
        than some 100 KB until its client has read it. V(true) is for one of few threads that does not stream, because
        nginx then takes the whole answer at once, and gives nothing on until a buffer is full.
      - A path with a part of two dots, in whatever form, is answered 400. With C(prefix=strip) the service gets what
        the client wrote behind the prefix, and its cookies for a path get the prefix; those for V(/) stay.
      - C(frame_ancestors) of a site are origins, such as V(https://dashboard.example.org), that may show its pages in a
        frame, beside the sites of the same host; V(any) is everybody. What a service says of that itself counts.
      - C(probe) says what C(verify.yml) asks beyond the page. C(status) is a list of the codes that are right, C(sse),
        C(websocket) and C(stream) are paths below the route.
      - C(console) of a route with C(app=constellation) says who may open what the server keeps for its own host
        (C(localhostOnly) of a C(fileServer), as the Console comes), when the server is on the proxy's host. V(lan), the
        default, answers 403 to everybody outside the LAN, V(public) lets everybody in. A server on another host keeps
        it for that host itself.
      - C(moved_from) of a route is a path that it had before. GET and HEAD for it get a 308 (RFC 9110) to the same
        place below the route's path. An owner's location there stays otherwise as it is. When C(app=constellation)
        moves away from the site's V(/) and no other route has that path, the default is V(/), which the summary says.
        An empty text is no path.
      - C(drops) of a route, or of a site for all its routes, lists directives that protected a service, and that may be
        lost with a change, C(auth_basic), C(auth_jwt), C(auth_request), C(deny), C(limit_conn), C(limit_req) or
        C(ssl_verify_client). Of a site also C(ssl_certificate), one that was put in by hand.
      - Not needed on hosts outside the group C(edge).
    type: raw
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
  description: O(ignoreip) and the loopback.
  returned: on a proxy
  type: list
  elements: str
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
closed_ports:
  description: The ports that nobody outside may reach.
  returned: on a proxy
  type: list
  elements: int
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
