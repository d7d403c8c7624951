#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: constellation_server
short_description: Move a Constellation server to its listenUris, in one step with nginx
version_added: 0.1.0
description:
  - Sets the listenUris as M(constellation.edge.constellation_listen_uris) does, and restarts the server when it does
    not run as its file says, as M(constellation.edge.constellation_service) does.
  - A server that does not answer on every URI in time, or does not stay up, gets its previous file back byte for byte
    and is restarted on it. The call fails with the last lines of the server's log, access keys masked.
  - With O(nginx), the site files of nginx are part of the same step. The new configuration is tested before the server
    is restarted, and nginx is reloaded as soon as the server answers at its new address. What clients miss is one
    restart. When nginx refuses the reload, or a path of a changed site is lost, the server goes back, too.
  - A call that was killed half way is put back by the next one, which restarts the server when the running process may
    have read another file.
options:
  path:
    description:
      - The configuration file.
      - Without it, the file beside the C(.exe) that supervisor starts as O(program).
    type: path
  program:
    description: The server's name in supervisor.
    type: str
    default: constellation-server
  uris:
    description: The URIs, such as C(http://+:8088/constellation).
    type: list
    elements: str
    required: true
  state:
    description:
      - V(exact) makes the list this one, V(present) adds to it, V(absent) takes out of it and refuses to leave none.
    type: str
    choices: [present, exact, absent]
    default: exact
  keep_others:
    description:
      - With O(state=exact), leave the URIs on other ports that no earlier call of this module set. The owner may have
        them for something else.
    type: bool
    default: false
  timeout:
    description: How many seconds the restarted server has to answer on every URI.
    type: float
    default: 60
  settle:
    description: How many seconds the restarted process must then stay up.
    type: float
    default: 3
  backup:
    description:
      - Keep a copy of every file below C(/var/lib/constellation-edge/backup) before it changes. The copy is as private
        as the file.
    type: bool
    default: false
  missing:
    description:
      - What to do when O(path) is not given and there is no Constellation server on the host, or when O(nginx) is given
        and nginx is not installed, V(fail) or V(skip). Nothing is changed in either case.
    type: str
    choices: [fail, skip]
    default: fail
  nginx:
    description:
      - The sites of an nginx on the same host, as M(constellation.edge.nginx_site) takes them.
    type: dict
    suboptions:
      sites:
        description: The sites.
        type: list
        elements: dict
        required: true
      password_files:
        description: The users of each password file, as M(constellation.edge.nginx_site) takes them.
        type: dict
        default: {}
      end_streams_after:
        description: When streams end of who lost his login, in seconds, as M(constellation.edge.nginx_site) takes it.
        type: int
        default: 10
      purge:
        description: Whether what carries our mark and is not listed any more is removed.
        type: bool
        default: true
      disable_default:
        description: Whether the distribution's own unchanged default site is taken away.
        type: bool
        default: false
      main_directives:
        description: Directives of nginx's main context.
        type: raw
      probe:
        description: Whether the sites that change are asked before and after.
        type: bool
        default: true
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: The restart is predicted, too.
  diff_mode:
    support: full
    details:
      - Of the server's file the C(listenUris) element alone, since it holds the access keys of all sentinels and users;
        why the server is restarted; every byte of the site files.
  idempotent:
    support: full
seealso:
  - module: constellation.edge.constellation_listen_uris
  - module: constellation.edge.constellation_service
  - module: constellation.edge.nginx_site
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Listen below a path
  constellation.edge.constellation_server:
    uris:
      - http://+:8088/constellation

- name: Move server and proxy to another path at once
  constellation.edge.constellation_server:
    uris:
      - http://+:8088/c
    nginx:
      sites:
        - name: demo.example.org
          servers:
            - server_name: [demo.example.org]
              listen: ["443 ssl"]
              certificate: demo.example.org
              locations:
                - location: /c/
                  directives:
                    proxy_pass: http://127.0.0.1:8088
"""

RETURN = r"""
path:
  description: The server's file; empty when it was skipped.
  returned: success
  type: str
  sample: /opt/constellation-server/Constellation.Server.exe.config
uris:
  description: The listenUris of the file after the change, as written there.
  returned: success
  type: list
  elements: str
  sample: [http://+:8088/constellation]
restarted:
  description: Whether the server was restarted (in check mode, would be).
  returned: success
  type: bool
reason:
  description: Why it was restarted; empty when it was in line already.
  returned: success
  type: str
  sample: its listenUris change
pid:
  description: The server's process id; 0 when there is none.
  returned: success
  type: int
reloaded:
  description: Whether nginx was reloaded (in check mode, would be).
  returned: success
  type: bool
sites:
  description: What happened to each site, as M(constellation.edge.nginx_site) returns it.
  returned: when O(nginx) is given
  type: list
  elements: dict
notes:
  description: What adopted servers keep of their owner's, as M(constellation.edge.nginx_site) returns it.
  returned: when O(nginx) is given
  type: list
  elements: str
logins:
  description: What happens to users, as M(constellation.edge.nginx_site) returns it.
  returned: when O(nginx) is given
  type: dict
out:
  description: Who lost a login, and what became of open streams, as M(constellation.edge.nginx_site) returns it.
  returned: when O(nginx) is given
  type: list
  elements: str
ended:
  description: How many workers of nginx's former configurations were ended for that.
  returned: when O(nginx) is given
  type: int
placeholders:
  description: The names for which a self-signed placeholder certificate was made.
  returned: when O(nginx) is given
  type: list
  elements: str
backup_files:
  description: The copies that O(backup) made.
  returned: success
  type: list
  elements: str
skipped_reason:
  description: Why nothing was done.
  returned: when O(missing=skip) and there is no server, or no nginx, on the host
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._constellation.locate import find_config, not_found
from ..module_utils._constellation.program import WantedProgram
from ..module_utils._constellation.server_step import ServerStep
from ..module_utils._constellation.supervisor import find_program
from ..module_utils._host.command import find
from ..module_utils._host.errors import EdgeError
from ..module_utils._nginx.sites.plan import plan
from ..module_utils._nginx.sites.spec import SITE
from ..module_utils._nginx.sites.step import SitesStep
from ..module_utils._nginx.sites.streams import USUAL, Streams
from ..module_utils._nginx.text.tokens import ConfigError
from ..module_utils._transaction.steps import RunOptions, carry_out

NGINX = {
    "sites": {"type": "list", "elements": "dict", "required": True},
    "password_files": {"type": "dict", "default": {}, "no_log": True},
    "end_streams_after": {"type": "int", "default": USUAL},
    "purge": {"type": "bool", "default": True},
    "disable_default": {"type": "bool", "default": False},
    "main_directives": {"type": "raw"},
    "probe": {"type": "bool", "default": True},
}

# The result of a call that does nothing.
NOTHING = {"path": "", "uris": [], "restarted": False, "reason": "", "pid": 0, "reloaded": False}
_UNKNOWN = ". Supported parameters include: "


def prepared(wish: dict[str, Any]) -> tuple[str, str]:
    """Return the server's file and what is not on the host, "" when server and proxy are. Raises EdgeError."""
    path = find_config(wish["path"], wish["program"], "server")
    if wish["nginx"]:
        wish["nginx"]["sites"] = checked_sites(wish["nginx"]["sites"])
    if not path:
        return "", not_found(wish["program"])
    return path, "nginx is not installed" if wish["nginx"] and find("nginx") is None else ""


def server_step(wish: dict[str, Any], path: str, lacking: str) -> ServerStep:
    """Return the server's part of the change. Raises EdgeError for a host where it cannot be carried out."""
    if lacking:
        raise EdgeError(f"{lacking}: install it, or do without it. Nothing was changed")
    if find_program(wish["program"]) is None:
        raise EdgeError(
            f"supervisor's configuration has no [program:{wish['program']}]: give the server's name in supervisor "
            "as program, since nobody could restart it. Nothing was changed"
        )
    wanted = WantedProgram(wish["program"], path, "server", wish["timeout"], wish["settle"])
    return ServerStep(wanted, wish["uris"], wish["state"], keep_others=wish["keep_others"])


def checked_sites(sites: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sites as `nginx_site` takes them, with its defaults. Raises ConfigError for what it would refuse."""
    validator = ArgumentSpecValidator({"sites": {"type": "list", "elements": "dict", "options": SITE}})
    checked: list[dict[str, Any]] = []
    for number, site in enumerate(sites, 1):
        found = validator.validate({"sites": [site]})
        if found.error_messages:
            # Of an unknown key the validator says where it stands and which ones there are, and no more.
            known = [("unknown key " if _UNKNOWN in each else "") + each.rstrip(".") for each in found.error_messages]
            place = f"site {site['name']!r}" if site.get("name") else f"the site at place {number}"
            raise ConfigError(
                f"nginx, {place}: {'; '.join(known)}. Write it as nginx_site's documentation says. Nothing was changed"
            )
        checked += found.validated_parameters["sites"]
    return checked


def sites_step(nginx: dict[str, Any], options: RunOptions) -> SitesStep:
    """Return nginx's part of the change."""
    return SitesStep(
        options,
        lambda: plan(
            nginx["sites"],
            purge=nginx["purge"],
            disable_default=nginx["disable_default"],
            main=nginx["main_directives"],
            passwords=nginx["password_files"],
            hashes=not options.check_mode,
        ),
        probe=nginx["probe"],
        streams=Streams(nginx["end_streams_after"]),
    )


def main() -> None:
    """Bring file, process and proxy to the wanted state."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "program": {"type": "str", "default": "constellation-server"},
            "uris": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "exact", "absent"], "default": "exact"},
            "keep_others": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 60},
            "settle": {"type": "float", "default": 3},
            "backup": {"type": "bool", "default": False},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
            "nginx": {"type": "dict", "options": NGINX},
        },
        supports_check_mode=True,
    )
    wish = module.params
    try:
        path, lacking = prepared(wish)
        if lacking and wish["missing"] == "skip":
            module.exit_json(
                changed=False,
                path="",
                uris=[],
                restarted=False,
                reason="",
                pid=0,
                reloaded=False,
                skipped_reason=lacking,
            )
        server = server_step(wish, path, lacking)
        options = RunOptions(validate=wish["nginx"] is not None, backup=wish["backup"], check_mode=module.check_mode)
        sites = sites_step(wish["nginx"], options) if wish["nginx"] else None
        done = carry_out([server, sites] if sites else [server], options)
    except EdgeError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in done.warnings:
        module.warn(warning)
    module.exit_json(
        **done.answer(),
        path=path,
        uris=server.result.uris,
        restarted=bool(server.reason),
        reason=server.reason,
        pid=server.pid,
        **(sites.report() if sites else {"reloaded": False}),
    )


if __name__ == "__main__":
    main()
