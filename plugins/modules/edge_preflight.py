#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_preflight
short_description: Tell whether a host can become an edge, and what its software is
version_added: 0.1.0
description:
  - Reads the distribution, the versions of nginx and OpenSSL that are installed or would be installed, and whether the
    host has IPv6.
  - Looks up the names of upstreams, as nginx will and as the host itself does.
  - Fails where a newer version of this collection manages the host.
  - Fails when a program other than this host's own nginx listens on a port that nginx needs, and names that program and
    the ways out.
  - For certificates that a public authority is still to be asked for, finds out what the Internet meets at their
    names. The name servers of a name's own zone are asked for its addresses, since the DNS server of a house may
    rightly answer otherwise inside it. Then port 80 is asked at the addresses. Where nothing listens on this port, the
    module itself does so for these two seconds. It takes six seconds at most, and no time where each name has its
    certificate.
  - Changes nothing.
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
  ports:
    description: TCP ports that nginx needs. An empty list asks for none.
    type: list
    elements: int
    default: [80, 443]
  names:
    description:
      - Host names to look up. The host's DNS servers are asked as nginx asks them, without search domains;
        a name that they do not know is looked up as the host's own programs do, by C(/etc/hosts), mDNS or LLMNR.
    type: list
    elements: str
    default: []
  hosts:
    description: Names and addresses, written as in a URL, of which it is told whether they are this host's.
    type: list
    elements: str
    default: []
  sockets:
    description: Paths of Unix sockets, to which nginx's user is tried to be connected. Nothing is sent.
    type: list
    elements: str
    default: []
  server_names:
    description: Names of sites; what nginx serves under them already is returned.
    type: list
    elements: str
    default: []
  folders:
    description: Directories that nginx is to read.
    type: list
    elements: str
    default: []
  pins:
    description:
      - Services whose certificate the host is to hold. All are asked for it at once, which takes some seconds where one
        does not answer.
      - An answer may be anybody's. M(constellation.edge.edge_plan) decides what is done with it.
    type: list
    elements: dict
    default: []
    suboptions:
      file:
        description: Name of the file in C(/etc/nginx/constellation-edge) that holds the certificate.
        type: str
        required: true
      host:
        description: Name or address of the service.
        type: str
        required: true
      port:
        description: TCP port of the service.
        type: int
        required: true
      name:
        description: The name by which the service is asked (SNI). Empty for none.
        type: str
        default: ""
  owners:
    description: Whether the servers of other owners on a port of the web are returned, whatever their names are.
    type: bool
    default: false
  client_names:
    description:
      - DNS names of clients. The host's DNS servers are asked for all of their addresses, without search domains and
        C(/etc/hosts).
    type: list
    elements: str
    default: []
  packages:
    description: Packages of the distribution, of which it is told whether they are installed.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd, of which it is told whether they are active and start with the host.
    type: list
    elements: str
    default: []
  definitions:
    description: Names for all servers of nginx, each with its kind, such as V(variable is_scanner).
    type: list
    elements: str
    default: []
  certificates:
    description: Certificates to have of a public authority. Names that one of them is valid for are not asked about.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the lineage, its folder below C(/etc/letsencrypt/live).
        type: str
        required: true
      names:
        description: Host names it is for.
        type: list
        elements: str
        required: true
seealso:
  - module: constellation.edge.edge_plan
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: See whether nginx can have its ports
  constellation.edge.edge_preflight:
  register: host
"""

RETURN = r"""
host:
  description: What was read.
  returned: success
  type: dict
  contains:
    distribution:
      description: The C(ID) of C(/etc/os-release).
      type: str
      sample: debian
    release:
      description: The C(VERSION_ID) of C(/etc/os-release).
      type: str
      sample: "13"
    tested:
      description: Whether this release is one that the collection is tested on.
      type: bool
    nginx_installed:
      description: Whether nginx is there already.
      type: bool
    nginx_version:
      description: The version of nginx that is installed, or that the distribution would install.
      type: str
      sample: 1.26.3
    openssl_version:
      description: The version of OpenSSL that nginx uses, or would use.
      type: str
      sample: 3.5.9
    ipv6:
      description: Whether a socket of the IPv6 family can be bound.
      type: bool
    nginx_without:
      description: The modules, such as C(http_geo_module), that nginx was built without.
      type: list
      elements: str
    owners:
      description:
        - With O(owners), the servers on port 80 or 443 that nginx reads and that do not carry our mark, in its order.
          Each has C(place), C(names), C(listens), of these the ones of which it is the default server as C(defaults),
          and C(packaged), whether it is the distribution's own one as its package delivers it.
      type: list
      elements: dict
    definitions:
      description: For each of O(definitions) that a file of the owner's defines, the places.
      type: dict
      sample: {variable is_scanner: ["/etc/nginx/conf.d/maps.conf:3"]}
    nginx_modules:
      description: The other modules that nginx was built with or loads, such as C(ngx_http_brotli_filter_module).
      type: list
      elements: str
    record_due:
      description: Whether M(constellation.edge.edge_record) has something to keep, as before the first run.
      type: bool
    upstreams:
      description:
        - For each of O(names) what is known of it. C(in_dns) tells that C(servers) answer for C(full_name), and
          C(fresh) that they say so for this moment only.
        - Otherwise C(address) is the address that the host alone knows, IPv4 before IPv6 and then the lowest, or empty
          when nobody knows one. C(now) is one address that the name has at this moment, whoever knows it.
      type: dict
      sample: {nas.lan: {full_name: nas.lan, servers: [127.0.0.53], in_dns: true, fresh: false, now: 192.168.0.9}}
    clients:
      description:
        - For each of O(client_names) the C(addresses) that count, and the C(problem) why these are not just what DNS
          says, empty where they are. Where DNS has none of use, they are the last ones that nginx has.
      type: dict
      sample: {anna.dyndns.example.org: {addresses: [203.0.113.7], problem: ""}}
    packages:
      description: Those of O(packages) that are installed in full.
      type: list
      elements: str
    units:
      description: Those of O(units) that are active and enabled.
      type: list
      elements: str
    own_hosts:
      description: Those of O(hosts) that are names or addresses of this host.
      type: list
      elements: str
    sockets:
      description: For each of O(sockets) why nginx's user cannot connect to it, empty where it can.
      type: dict
      sample: {/run/app.sock: "www-data: Permission denied"}
    servers:
      description:
        - The servers with one of O(server_names) that nginx reads, in its order. Each has C(file), C(line), C(names),
          C(listens), C(certificate), C(redirects) to HTTPS, C(denies) addresses, and C(ours) when it carries our mark.
        - Its C(locations) have C(location), C(line), C(ours), C(denies), and C(upstream), where they lead;
          where that is a block with several servers, C(servers) has each. C(keeps)
          tells whether the Console of a Constellation server is kept for the LAN there, C(moved_to) the path that
          readers are sent on to.
      type: list
      elements: dict
    folders:
      description:
        - For each of O(folders) its path without links as C(real), and its C(state). That is V(missing), V(file) where
          it is no directory, V(closed) where nginx's C(user) may not pass the directory C(at), or empty.
        - C(hidden) tells that the nginx which runs does not see it, as in a sandbox of systemd.
      type: dict
      sample: {/srv/www: {real: /srv/www, state: "", at: "", user: www-data, hidden: false}}
    pins:
      description:
        - For each C(file) of O(pins) two certificates in PEM, or empty texts. C(held) is the file's, C(seen) what the
          service shows.
        - C(fault) says why none is seen. Where one is seen, it says why OpenSSL does not take it with itself as the
          authority.
      type: dict
      sample: {pin-0123456789abcdef.pem: {held: "", seen: "", fault: Connection refused}}
    reach:
      description:
        - What the Internet meets at the names of O(certificates). C(own) are the addresses of this host that can be
          reached from there.
        - Of C(names), each has C(addresses), those of them that are C(closed) to the Internet, C(alias) where it is
          another name for that one, and C(servers) that said so, C(authoritative) where they are the zone's own, and
          C(nowhere) where its top-level domain does not exist in the public DNS.
          C(port_80) has for each address that could be asked a C(state), C(ours), C(other) or C(silent), and what was
          C(said).
      type: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._client_names.look import look_up
from ..module_utils._constellation.this_host import own_hosts
from ..module_utils._dns.resolver import known_names
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.found import is_due, is_unmarked
from ..module_utils._host.packages import installed
from ..module_utils._host.units import at_work
from ..module_utils._host.versions import too_new
from ..module_utils._nginx.sites.definitions import definitions
from ..module_utils._nginx.sites.everywhere import owners
from ..module_utils._nginx.sites.standing import standing
from ..module_utils._preflight.folders import folders
from ..module_utils._preflight.host import host_facts, refuse_taken_ports
from ..module_utils._preflight.pins import shown
from ..module_utils._preflight.reach import reach
from ..module_utils._preflight.sockets import unreached

CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
}
PIN = {
    "file": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "name": {"type": "str", "default": ""},
}


def main() -> None:
    """Read the host and report."""
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": [80, 443]},
            "names": {"type": "list", "elements": "str", "default": []},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "sockets": {"type": "list", "elements": "str", "default": []},
            "server_names": {"type": "list", "elements": "str", "default": []},
            "folders": {"type": "list", "elements": "str", "default": []},
            "pins": {"type": "list", "elements": "dict", "default": [], "options": PIN},
            "owners": {"type": "bool", "default": False},
            "definitions": {"type": "list", "elements": "str", "default": []},
            "client_names": {"type": "list", "elements": "str", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "certificates": {"type": "list", "elements": "dict", "default": [], "options": CERTIFICATE},
        },
        supports_check_mode=True,
    )
    if newer := too_new():
        module.fail_json(msg=f"{newer}. Nothing was changed.")
    try:
        refuse_taken_ports(tuple(module.params["ports"]))
        facts = host_facts()
    except EdgeError as error:
        module.fail_json(msg=f"{error}. Nothing was changed.")
    if not facts.tested:
        module.warn(f"{facts.distribution} {facts.release} is not among the releases that this collection is tested on")
    upstreams = {name: asdict(found) for name, found in known_names(module.params["names"], ipv6=facts.ipv6).items()}
    # A name that nobody knows is nobody's, and asking for it once more can take seconds.
    hosts = [host for host in module.params["hosts"] if host not in upstreams or upstreams[host]["now"]]
    servers = standing("/etc/nginx", module.params["server_names"])
    reached = reach(module.params["certificates"], servers)
    seen = {
        "upstreams": upstreams,
        "clients": {name: found._asdict() for name, found in look_up(module.params["client_names"]).items()},
        "packages": installed(module.params["packages"]),
        "units": at_work(module.params["units"]),
        "own_hosts": own_hosts(hosts),
        "sockets": unreached(module.params["sockets"]),
        "folders": folders(module.params["folders"]),
        "pins": shown(module.params["pins"]),
        "servers": servers,
        "owners": owners("/etc/nginx") if module.params["owners"] else [],
        "definitions": definitions("/etc/nginx", module.params["definitions"]),
        "reach": reached,
        "record_due": is_due() or is_unmarked(),
    }
    module.exit_json(changed=False, host={**asdict(facts), **seen})


if __name__ == "__main__":
    main()
