#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_site
short_description: Keep nginx site files in line with a declaration, losslessly
version_added: 0.1.0
description:
  - Brings any number of site files below C(sites-available), and their links in C(sites-enabled), in line with a
    declaration.
  - A file that is there already is edited, not overwritten. Every byte that the declaration does not name stays,
    such as
    comments, indentation, quoting, line ends and Certbot's own lines.
  - Servers and locations that this module makes carry the comment C(# constellation.edge). Only those are ever purged.
  - All files of one call change together or not at all, after C(nginx -t) has accepted a staged copy.
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
  - constellation.edge.nginx
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  sites:
    description: The site files.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the file in C(sites-available) and of its link in C(sites-enabled).
        type: str
        required: true
      state:
        description:
          - V(present) makes what is declared be there.
          - V(absent) removes what carries our mark; the file goes when nothing else is in it.
        type: str
        choices: [present, absent]
        default: present
      enabled:
        description: Whether the file is linked in C(sites-enabled).
        type: bool
        default: true
      adopt:
        description:
          - Whether servers and locations that are not ours may be changed when they have the same names and
            addresses, or
            the same path, as declared ones. Otherwise that is an error.
          - A site whose names nginx reads in another file is then changed there, wherever that file is, and no file of
            this O(sites[].name) is made; a part of it that no file has goes beside the rest.
          - Without it, a name that another file serves on the same address is an error too, except in a default server.
            Names and addresses are compared as nginx does, C(.example.org), ranges of ports and included files among
            them.
        type: bool
        default: false
      directives:
        description:
          - Directives for the top of the file, such as C(map), C(upstream) or C(limit_req_zone).
          - A mapping of names to arguments in nginx's own notation (a list gives several statements, a mapping a
            block), or
            a text.
        type: raw
      files:
        description:
          - The whole texts of files that O(sites[].directives) or those of its servers name, by the names of the files
            in C(/etc/nginx/constellation-edge).
          - Everybody on the host may read them, so none is for a secret.
          - A file there that no listed site has goes with O(purge), unless nginx's configuration still names it.
        type: dict
        default: {}
      servers:
        description: The C(server) blocks.
        type: list
        elements: dict
        default: []
        suboptions:
          server_name:
            description: The names.
            type: list
            elements: str
            default: []
          listen:
            description:
              - Addresses with their options, in nginx's own notation, such as C(443 ssl).
              - Where another server has one address of a port to itself, such as C(192.168.0.2:443 ssl), a server that
                listens on all of them listens on that one, too, and RV(notes) says so. nginx would never take it there.
            type: list
            elements: str
            default: []
          default:
            description:
              - Adds C(default_server) to each address. When another file holds it for one of the addresses already,
                this
                server is left out and a warning names that file.
            type: bool
            default: false
          certificate:
            description:
              - The name of a lineage below C(/etc/letsencrypt/live). Until it is there, a self-signed placeholder is
                made
                and used.
              - In a server that is not ours, a certificate that is there stays.
            type: str
          directives:
            description: The server's directives, as a mapping or as a text.
            type: raw
          locations:
            description: The C(location) blocks of the server.
            type: list
            elements: dict
            default: []
            suboptions:
              location:
                description: The path, or modifier and path, as nginx takes it.
                type: str
                required: true
              directives:
                description: The body, as a mapping or as a text.
                type: raw
              state:
                description:
                  - V(present) sets the named directives and leaves others, V(exact) makes the body exactly this,
                    V(absent)
                    removes the location.
                type: str
                choices: [present, exact, absent]
                default: present
              owns:
                description:
                  - The names of directives on which the declaration decides alone. With V(present), those of them that
                    are not declared are removed, and of repeatable ones, such as C(proxy_set_header), exactly the
                    declared ones are left. Every other directive stays.
                  - A name with the argument that tells one of several apart, such as C(add_header X-Frame-Options),
                    means that one alone.
                type: list
                elements: str
                default: []
              yields:
                description:
                  - The names of directives that give way where they are declared with an empty value, such as
                    C(proxy_set_header). Where the location has a value for the same header, that stays and the empty
                    one is not written beside it.
                type: list
                elements: str
                default: []
              marks:
                description:
                  - Groups of directives, such as C([allow, deny]), that stand beside an owner's own. Each of ours
                    carries our mark, and goes when it is not declared any more. One without the mark is its owner's and
                    stays.
                  - One of each in the same location is an error, because nginx takes some of them once, and of others
                    the order decides.
                type: list
                elements: list
                default: []
              marked:
                description:
                  - Further single directives of the body, such as C(add_header), as a mapping. Each carries our mark,
                    and one that carries it goes when it is not declared any more. An owner's own of the same names
                    stay beside them.
                  - One of the owner's that says the same is left alone. One that says another value of the same, such
                    as for the same header, is an error.
                type: dict
              guards:
                description:
                  - The conditions, in the form of O(sites[].servers[].locations[].owns), that decide on a request
                    before anything else does. Each is kept in front of what would keep nginx from it (C(break)),
                    in the order of the directives.
                  - One that itself only breaks is kept in front of whatever answers, too.
                type: list
                elements: str
                default: []
              adopted:
                description: What to do instead in a location that is there and does not carry our mark; its head stays.
                type: dict
                suboptions:
                  directives:
                    description: Directives that are set in it, as a mapping or as a text.
                    type: raw
                  owns:
                    description: As in O(sites[].servers[].locations[].owns).
                    type: list
                    elements: str
                    default: []
                  yields:
                    description: As in O(sites[].servers[].locations[].yields).
                    type: list
                    elements: str
                    default: []
                  marks:
                    description: As in O(sites[].servers[].locations[].marks).
                    type: list
                    elements: list
                    default: []
                  marked:
                    description: As in O(sites[].servers[].locations[].marked).
                    type: dict
                  guards:
                    description: As in O(sites[].servers[].locations[].guards).
                    type: list
                    elements: str
                    default: []
              drops:
                description:
                  - Directives, such as C(auth_basic), C(deny) or C(limit_req), that may stop protecting its service.
                  - Without them, a new location is refused that would serve what they protect, on its path or on
                    another one.
                type: list
                elements: str
                default: []
              parents:
                description:
                  - The locations around this one, the outermost first; none for a location of the server itself.
                type: list
                elements: str
                default: []
              before:
                description: The location in front of which this one stands; it matters among regular expressions.
                type: str
              after:
                description: The location behind which this one stands.
                type: str
          owns:
            description: The server's directives on which the declaration decides alone, as in a location.
            type: list
            elements: str
            default: []
          guards:
            description: As in O(sites[].servers[].locations[].guards).
            type: list
            elements: str
            default: []
          adopted:
            description:
              - What to do instead in a server that is there and does not carry our mark. Its addresses and their
                options then stay as they are.
            type: dict
            suboptions:
              directives:
                description:
                  - Directives that are set, each with our mark, where neither the server nor a file that it includes
                    says them. What is left out is told in RV(notes). Those with our mark that are not listed go.
                type: raw
              without:
                description: Those of the O(sites[].servers[].locations) that are not put into it.
                type: list
                elements: str
                default: []
              guards:
                description: As in O(sites[].servers[].locations[].guards).
                type: list
                elements: str
                default: []
          drops:
            description:
              - As in O(sites[].servers[].locations[].drops), for all of its locations. C(ssl_certificate) lets a
                certificate be replaced that was put into a server of ours by hand.
            type: list
            elements: str
            default: []
          state:
            description:
              - V(present) sets the named directives and leaves others, V(exact) removes others, V(absent) removes
                the server.
            type: str
            choices: [present, exact, absent]
            default: present
  password_files:
    description:
      - The users of each file that C(auth_basic_user_file) names, by the names of the files in
        C(/etc/nginx/constellation-edge/users), as a mapping of names to passwords or ready hashes.
      - A password is hashed on the host by C(openssl passwd -6). Where the file has a hash that fits it, that stays.
      - Of hashes those are taken that cost nginx at most 5 ms at each request, SHA-512 (C($6$)) and SHA-256 (C($5$))
        with up to 5,000 rounds, and C($apr1$). In what is neither a hash nor begins like one, a password is seen.
      - Root may write a file, and the group of nginx's workers may read it. A diff shows names alone.
      - A file there that is not listed goes with O(purge), unless nginx's configuration still names it.
    type: dict
    default: {}
  client_names:
    description:
      - DNS names of clients, whose addresses files in C(/etc/nginx/constellation-edge) have. The sites have these files
        in their C(files).
      - A timer of systemd has the names looked up every five minutes, and nginx reloaded where their addresses are
        others. It comes, changes and goes in one transaction with the files.
      - Not given, the timer stays as it is.
    type: dict
    suboptions:
      files:
        description:
          - What each file has, by its name. C(names) are pairs of a name and its value in nginx's C(geo), of which the
            last counts. C(fixed) are the networks beside the file, whose addresses are left out of it.
          - Without any, there is no timer.
        type: dict
        default: {}
      restrictions:
        description:
          - The RV(constellation.edge.nginx_service#module:restrictions) that hold for nginx. What the timer starts has
            the same but for V(ProtectProc) and V(MemoryDenyWriteExecute), and V(NoNewPrivileges) where there are none.
        type: list
        elements: str
        default: []
      writable:
        description: The RV(constellation.edge.nginx_service#module:writable) folders of nginx.
        type: list
        elements: str
        default: []
  out_before:
    description: What an earlier call of the same run has returned as C(out), which C(out) then begins with.
    type: list
    elements: str
    default: []
  end_streams_after:
    description:
      - How long, in seconds from V(0) to V(120), a stream may go on that was open when a user lost his login, because
        he was taken out of one of the O(password_files) or his password changed. V(0) ends it at once.
      - In such a run nginx is reloaded in any case. Workers of former configurations that are still there after this
        time are ended, with all streams that they have, whoever's these are. In every other run streams go on.
      - What a run that was cut off has left is done by the next one. Needs O(reload).
    type: int
    default: 10
  purge:
    description:
      - Removes servers and locations with our mark from the listed files when they are not listed any more, and
        whole files
        that hold nothing else and are not listed any more.
      - A file that is not listed any more stays whole, with a warning, when it holds a comment or a block without our
        mark, also inside our servers.
    type: bool
    default: true
  disable_default:
    description:
      - Takes the distribution's own C(sites-enabled/default) away, when the file is as its package delivered it.
    type: bool
    default: false
  main_directives:
    description:
      - Directives of nginx's main context, such as C(worker_shutdown_timeout), as in O(sites[].directives). They are
        kept in C(modules-enabled/99-constellation-edge.conf), which the distributions' C(nginx.conf) includes there.
      - Not given, what is there stays; empty, what carries our mark goes.
    type: raw
  worker_connections:
    description:
      - How many connections a worker takes at least. A lower number in the C(events) block of C(nginx.conf) is raised,
        with a comment that says which one was there; a higher one stays. C(worker_rlimit_nofile) becomes twice of it
        in the file of O(main_directives), unless the owner says it elsewhere.
      - Not given, what is there stays; V(0) puts the owner's number back.
    type: int
  reload:
    description:
      - Makes the running nginx serve what is on disk, also when this call wrote nothing. An nginx that does not run
        is not
        started.
    type: bool
    default: true
  probe:
    description:
      - Asks every site whose file changes on the host itself, with Host and SNI as a client sends them, before the
        change and after the reload. The root and every path of a location that is no regular expression are asked, but
        for a location that says C(return) with 444 or a status from 500 on, which is meant to answer like that.
      - A path that answered with a status below 500 before, is still configured, and does not do so within 5 seconds
        after the reload, puts the previous files back, reloads nginx and fails the call with both answers.
      - Needs O(reload) and a running nginx.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: One site in front of two services
  constellation.edge.nginx_site:
    disable_default: true
    sites:
      - name: demo.example.org
        servers:
          - server_name: [demo.example.org]
            listen: ["80", "[::]:80"]
            directives:
              return: 301 https://$host$request_uri
          - server_name: [demo.example.org]
            listen: ["443 ssl", "[::]:443 ssl"]
            certificate: demo.example.org
            locations:
              - location: /zm/
                state: exact
                directives:
                  proxy_pass: http://192.168.0.10
                  proxy_set_header:
                    - Host $host
                    - X-Forwarded-Proto $scheme
"""

RETURN = r"""
sites:
  description: What happened to each site, including files that are purged or should have been.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the site.
      type: str
    path:
      description: The file.
      type: str
    changed:
      description: Whether its file or its link changed.
      type: bool
    problem:
      description: What kept it from being done, or its file from being purged; null when nothing did.
      type: str
reloaded:
  description: Whether the running nginx was reloaded; in check mode, whether it would be.
  returned: always
  type: bool
backup_files:
  description: The copies that O(backup) made.
  returned: always
  type: list
  elements: str
notes:
  description:
    - What adopted servers keep of their owner's where the declaration has something else, and the way to it.
    - On which addresses sites listen beside those that are declared.
  returned: always
  type: list
  elements: str
logins:
  description:
    - What happens to users, by their file of O(password_files), with the names of those that were C(added), whose
      password was C(changed), and that were C(removed). Files without a change are left out. Who has the same password
      in another file of O(password_files) is not removed with a file that goes.
  returned: always
  type: dict
out:
  description: Who lost a login, and what became of the streams that were open then; in check mode, what would.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      who was logged in as otto (edge_users) is out; all streams of 2 old workers of nginx, whoever's they were, were
      ended after 10 s
ended:
  description: How many workers of former configurations were ended for that.
  returned: always
  type: int
placeholders:
  description: The names for which a self-signed placeholder certificate was made.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.service.client_names import NAMES, ClientNamesStep, WantedNames
from ..module_utils._nginx.sites.plan import plan
from ..module_utils._nginx.sites.run import RUN, run_options
from ..module_utils._nginx.sites.spec import SITE
from ..module_utils._nginx.sites.step import SitesStep
from ..module_utils._nginx.sites.streams import USUAL, Streams
from ..module_utils._transaction.steps import carry_out


def main() -> None:
    """Plan from the declaration and carry it out."""
    module = AnsibleModule(
        argument_spec={
            "sites": {"type": "list", "elements": "dict", "required": True, "options": SITE},
            "password_files": {"type": "dict", "default": {}, "no_log": True},
            "client_names": {"type": "dict", "options": NAMES},
            "out_before": {"type": "list", "elements": "str", "default": []},
            "end_streams_after": {"type": "int", "default": USUAL},
            "purge": {"type": "bool", "default": True},
            "disable_default": {"type": "bool", "default": False},
            "main_directives": {"type": "raw"},
            "worker_connections": {"type": "int"},
            "reload": {"type": "bool", "default": True},
            "probe": {"type": "bool", "default": True},
            **RUN,
        },
        supports_check_mode=True,
    )
    given = module.params
    options = run_options(given, check_mode=module.check_mode)
    step = SitesStep(
        options,
        lambda: plan(
            given["sites"],
            root=given["root"],
            purge=given["purge"],
            disable_default=given["disable_default"],
            main=given["main_directives"],
            worker_connections=given["worker_connections"],
            passwords=given["password_files"],
            hashes=not module.check_mode,
        ),
        reload=given["reload"],
        probe=given["probe"],
        streams=Streams(given["end_streams_after"]),
    )
    names = given["client_names"]
    try:
        done = carry_out([step, *([] if names is None else [ClientNamesStep(WantedNames(**names))])], options)
    except EdgeError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in done.warnings:
        module.warn(warning)
    found = step.report()
    module.exit_json(**done.answer(), **found | {"out": [*given["out_before"], *found["out"]]})


if __name__ == "__main__":
    main()
