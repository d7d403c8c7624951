# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate `edge_sites` on the controller, look at the host, and derive every role's variables from both."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import astuple, replace
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.validation import check_type_list
from ansible.plugins.action import ActionBase

from ..module_utils._connection_limit.table import DEFAULT_LIMIT
from ..module_utils._host.lan import LAN_NETWORKS
from ..module_utils._nginx.service.unit import RESTRICTIONS
from ..plugin_utils._access import SSH_PORT, Login, explained, remedy
from ..plugin_utils._become import become_exe, refusal
from ..plugin_utils._constellation.local_server import local_server
from ..plugin_utils._features._addresses import is_literal
from ..plugin_utils._features._pins import asked_pins
from ..plugin_utils._features._policy import looked_up
from ..plugin_utils._features.trusted_proxies import networks
from ..plugin_utils._features.upstream import asked
from ..plugin_utils._inventory.edges import Edges, edges, survey
from ..plugin_utils._inventory.role_variables import role_options, role_problems
from ..plugin_utils._inventory.schema import Problem, SchemaError, read_sites
from ..plugin_utils._inventory.site import Site
from ..plugin_utils._inventory.sources import FileProblem, extra_problems, file_problems, files_of
from ..plugin_utils._inventory.variable_kinds import own_folder
from ..plugin_utils._inventory.variables import (
    EDGE_GROUP,
    OPTIONS,
    SENTINEL_GROUP,
    SERVER_GROUP,
    VARIABLES,
    argument_problems,
    argument_spec,
    group_problems,
    later_problems,
    value_problems,
    variable_problems,
)
from ..plugin_utils._once import once
from ..plugin_utils._origin import where
from ..plugin_utils._plan import public
from ..plugin_utils._plan.addresses import address_problems, decides, named
from ..plugin_utils._plan.adoption import standing_problems
from ..plugin_utils._plan.by_hand import by_hand, questions, unserved
from ..plugin_utils._plan.clear import clear_problems
from ..plugin_utils._plan.clients import client_notes, client_problems
from ..plugin_utils._plan.cut_off import cut_off_problems, seen_problems
from ..plugin_utils._plan.defined import defined_problems, definitions
from ..plugin_utils._plan.folders import directories, folder_notes, folder_problems
from ..plugin_utils._plan.hidden import hidden_problems
from ..plugin_utils._plan.machine import machine
from ..plugin_utils._plan.modules import module_problems
from ..plugin_utils._plan.moved import with_moves
from ..plugin_utils._plan.packages import ROLE_UNITS, role_packages
from ..plugin_utils._plan.pins import pins
from ..plugin_utils._plan.plan import constellation_plan, edge_plan
from ..plugin_utils._plan.ports import closed_ports, with_web
from ..plugin_utils._plan.repeated import repeated_problems
from ..plugin_utils._plan.servers import constellation_hosts
from ..plugin_utils._plan.standing import are_served
from ..plugin_utils._plan.upstreams import upstream_problems
from ..plugin_utils._plan.users import password_files, readable_problems, user_problems
from ..plugin_utils._vault import Locked, locked, locked_variables

# What `constellation_info` is told, by the variable of the role constellation_config that says so.
PLACES = {
    "server_path": "server_path",
    "server_program": "program",
    "sentinel_path": "sentinel_path",
    "sentinel_program": "sentinel_program",
}
HEADING = "Nothing was changed, the inventory has to be corrected first:"
LOOPBACK = ("127.0.0.1/8", "::1")
ARGUMENTS: dict[str, dict[str, Any]] = {
    **argument_spec(),
    # Variables of the role hardening, whose argument spec declares them.
    "connection_limit": {"type": "int", "default": DEFAULT_LIMIT},
    "connection_limit_exempt": {"type": "list", "elements": "str", "default": []},
    "record": {"type": "bool", "default": False},
    "leaving": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """`edge_plan`: the first task of every playbook."""

    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the plan, whose keys are the result's own; fail with every problem at once."""
        result = super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._host = self._task_vars["inventory_hostname"]
        self._groups: Mapping[str, list[str]] = self._task_vars.get("groups", {})
        self._is_edge = EDGE_GROUP in self._task_vars["group_names"]
        try:
            return self._planned(result)
        except AnsibleActionFail:
            raise
        except AnsibleError as error:
            # Of SSH and sudo, and of ansible-core about them: what they say does not end in what to do.
            if said := remedy(str(error), self._login):
                raise AnsibleActionFail(f"host {self._host}: {said}") from None
            raise

    @classmethod
    def finalize_task_arg(cls, name: str, value: Any, templar: Any, context: Any) -> Any:
        """Template an argument, before `run`; ansible-core would not say of a locked one how it is opened."""
        try:
            return super().finalize_task_arg(name, value, templar, context)
        except AnsibleError as error:
            if said := locked(error, f"the value of '{name}'"):
                return Locked(said)
            raise

    def _planned(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the plan, which `result` begins."""
        self._refuse_locked()
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        if arguments["leaving"]:
            return {**result, "changed": False, **self._leaving(arguments["restore_constellation"])}
        known, sites = self._validated(arguments)
        # Before the first module, which needs sudo.
        exe = become_exe(self._connection, self._get_remote_user(), self._plainly)
        found = self._found(known, sites)
        if found.get("failed"):
            return {**result, **found}
        constellation = self._constellation(known, found)
        if problems := self._cut_off(known, constellation):
            raise AnsibleActionFail(_report(self._host, problems))
        server = local_server(found, constellation["listen_uris"], arguments["lan"])
        if self._is_edge:
            constellation["unserved"] = unserved(sites, found.get("answers", {}), server)
            constellation["related"] = known.related
        plan: dict[str, Any] = {"is_edge": self._is_edge, "constellation": constellation}
        due = bool(found.get("record_due"))
        if self._is_edge:
            server_names = [name for site in sites for name in site.names]
            acme_server = arguments["acme_server"]
            about: dict[str, Any] = {**asked(sites, named(sites)), "certificates": public.asked(sites, acme_server)}
            about |= {"folders": shown} if (shown := directories(sites)) else {}
            about |= {"pins": pinned} if (pinned := asked_pins(sites)) else {}
            about |= {"definitions": names} if (names := definitions(sites)) else {}
            about |= {"client_names": names} if (names := looked_up(sites)) else {}
            about |= {"owners": True} if decides(sites) else {}
            about |= {"packages": role_packages(self._value_of("hardening_packages")), "units": [*ROLE_UNITS]}
            host = self._look("edge_preflight", {"server_names": server_names, **about})
            if host.get("failed"):
                return {**result, **host}
            servers = host["host"]["servers"]
            moved = with_moves(sites, servers, host["host"]["upstreams"])
            problems = standing_problems(arguments["sites"], moved, servers)
            problems += hidden_problems(arguments["sites"], moved, servers)
            problems += module_problems(arguments["sites"], sites, host["host"], server)
            folders, omitted = host["host"].get("folders", {}), self._sandbox_omitted()
            problems += folder_problems(arguments["sites"], sites, folders, omitted)
            problems += defined_problems(arguments["sites"], sites, host["host"].get("definitions", {}))
            problems += clear_problems(arguments["sites"], sites, server)
            clients = host["host"].get("clients", {})
            problems += client_problems(arguments["sites"], sites, clients)
            problems += repeated_problems(arguments["sites"], sites, host["host"], server)
            address = str(self._task_vars.get("ansible_host", self._host))
            problems += upstream_problems(arguments["sites"], sites, host["host"], [self._host, address])
            keeps = self._value_of("nginx_proxy_disable_default") is False
            problems += address_problems(arguments["sites"], sites, host["host"], keeps_packaged=keeps)
            held = pins(arguments["sites"], sites, host["host"].get("pins", {}))
            problems += held.problems
            if problems:
                raise AnsibleActionFail(_report(self._host, problems))
            rules = with_web(arguments["firewall_rules"])
            view = self._view_from_the_controller()
            # An address that the owner gives for all is asked for all.
            asks = "" if self._value_of("edge_probe_address") else view["address"]
            plan |= {"host": host["host"], **edge_plan(sites, host["host"], server, held.held, asks)}
            # Not in every run: nothing is lost where all routes are served already.
            if host["host"]["nginx_installed"] and not are_served(sites, servers):
                self._refuse_losses(plan["nginx_sites"])
            plan |= {
                "closed_ports": closed_ports(plan["closed_ports"], rules),
                "acme_server": acme_server,
                "firewall_rules": rules,
                "ignoreip": [*LOOPBACK, *arguments["ignoreip"], *networks(sites)],
                "proxies": networks(sites),
                "password_files": password_files(arguments["sites"], sites),
                "lan": arguments["lan"],
                **view,
            }
            unreached = public.warnings(host["host"].get("reach", {}))
            plan["certificates"] = public.certificates(plan["certificates"], acme_server)
            plan["notes"] += public.private_notes(sites, acme_server)
            plan["notes"] += [*folder_notes(folders, omitted), *held.notes, *client_notes(clients)]
            # In the end of a real run the authority's own word is told.
            plan["notes"] += unreached if self._task.check_mode else []
            result["warnings"] = [*host.get("warnings", []), *unreached]
            due = host["host"]["record_due"]
        if exe:
            plan["become_exe"] = exe
        # The record itself is kept behind this task, by a handler, when no host of the run was refused.
        changed = arguments["record"] and due and not self._task.check_mode
        return {**result, "changed": changed, **plan}

    def _leaving(self, restore: bool | None) -> dict[str, Any]:
        """Return what `remove.yml` needs: what the host was, what is installed, and what is left to say."""
        self._refuse_files()
        if problems := self._variable_problems():
            raise AnsibleActionFail(_report(self._host, problems))
        exe = become_exe(self._connection, self._get_remote_user(), self._plainly)
        plan: dict[str, Any] = {"is_edge": self._is_edge, "restore": bool(restore), "become_exe": exe or None}
        if self._is_windows:
            return {**plan, "found": {}, "installed": [], "notes": []}
        answer = self._look("edge_record", {"state": "read", **self._constellation_places()})
        if answer.get("failed"):
            raise AnsibleActionFail(str(answer["msg"]))
        if restore is None and answer["undecided"]:
            raise AnsibleActionFail(f"host {self._host}: {answer['undecided']}")
        notes = [] if restore else answer["notes"]
        return {**plan, "found": answer["found"], "installed": answer["installed"], "notes": notes}

    def _validated(self, arguments: Mapping[str, Any]) -> tuple[Edges, list[Site]]:
        """Return what every proxy has, and this host's sites; of the mistakes, only this host's are reported."""
        self._refuse_files()
        problems = [
            *self._variable_problems(),
            *role_problems(self._task_vars, self._options),
            *argument_problems(arguments),
        ]
        known = edges(self._once("edges", lambda: survey(self._groups, self._task_vars.get("hostvars", {}))))
        presets = known.presets_of(own_folder(arguments["presets_dir"]))
        sites: list[Site] = []
        # With half of the presets, routes would be refused that are right.
        if self._is_edge and not (presets.problems or value_problems(OPTIONS["presets_dir"], arguments["presets_dir"])):
            try:
                sites = read_sites(arguments["sites"], presets.found, adopt=arguments["adopt"])
            except SchemaError as error:
                problems += error.problems
        if sites and not problems:
            users = arguments["users"] or {}
            problems += user_problems(arguments["sites"], sites, users)
            problems += readable_problems(arguments["sites"], users, self._files)
            lan = [*LAN_NETWORKS, *arguments["lan"]]
            problems += cut_off_problems(arguments["sites"], sites, lan, self._calling(known))
        if problems or presets.problems:
            raise AnsibleActionFail(_report(self._host, problems, presets.problems))
        # A playbook of the owner's may give this host other sites than its `edge_sites`.
        return (replace(known, sites={**known.sites, self._host: sites}) if self._is_edge else known), sites

    def _calling(self, known: Edges) -> dict[str, str]:
        """Return the addresses of the other hosts whose sentinel calls a site of this host: that of the first proxy."""
        if self._host != next(iter(known.sites), None):
            return {}
        hostvars, listed = self._task_vars.get("hostvars", {}), self._groups.get(SENTINEL_GROUP, [])
        others = [each for each in known.related if each in listed and each != self._host]
        return {each: str(hostvars[each].get("ansible_host", each)) for each in others}

    def _cut_off(self, known: Edges, constellation: Mapping[str, Any]) -> list[Problem]:
        """Return what would keep the sentinel of this host out, which calls the first proxy's site from elsewhere."""
        source = ((constellation.get("found") or {}).get("sentinel") or {}).get("source", "")
        if self._is_edge or not source or not constellation["sentinel_uri"].startswith("https:"):
            return []
        proxy, sites = next(iter(known.sites.items()))
        try:
            lan = check_type_list(self._task_vars["hostvars"][proxy].get("edge_lan") or [])
        except TypeError:
            return []  # the proxy itself is refused for it
        return seen_problems(sites, [*LAN_NETWORKS, *map(str, lan)], self._host, source)

    def _variable_problems(self) -> list[Problem]:
        """Return what is wrong with groups and variables, those that later tasks read as well."""
        return [
            *group_problems(self._groups),
            *variable_problems(self._task_vars),
            *later_problems(self._value_of),
        ]

    def _value_of(self, name: str) -> Any:
        """Return the value of a variable; None where it is not given, or needs what only a later task knows."""
        try:
            return self._templar.template(self._task_vars.get(name))
        except AnsibleError:
            return None

    @property
    def _options(self) -> dict[str, list[str]]:
        """The variables of each role."""
        found: dict[str, list[str]] = self._once("roles", role_options)
        return found

    def _refuse_locked(self) -> None:
        """Fail where a value is locked that this task or a later one needs."""
        names = [*VARIABLES, *(name for known in self._options.values() for name in known)]
        # A playbook of the owner's may give the task other variables.
        given = [value for value in self._task.args.values() if isinstance(value, Locked)]
        if closed := locked_variables(self._task_vars, names) or given:
            raise AnsibleActionFail("\n".join([HEADING, *closed]))

    def _refuse_files(self) -> None:
        """Fail where Ansible has read less than what was written: all else would be said of the rest alone."""
        sources = self._task_vars.get("ansible_inventory_sources") or []
        extra = context.CLIARGS.get("extra_vars") or ()
        found = self._once("files", lambda: [astuple(each) for each in file_problems(sources) + extra_problems(extra)])
        if found:
            raise AnsibleActionFail("\n".join([HEADING, *(str(FileProblem(*each)) for each in found)]))

    @property
    def _files(self) -> list[str]:
        """The files from which the variables of the run come."""
        sources = self._task_vars.get("ansible_inventory_sources") or []
        return files_of(sources, context.CLIARGS.get("extra_vars") or ())

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what the first host of this task has found for all of them."""
        # ansible-core sets it under a name that it computes, as it does with every setting.
        folder: str = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]
        return once(folder, f"{name}-{self._task._uuid}", make)

    def _look(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a module of ours reads on the host; its failure names the host."""
        answer: dict[str, Any] = self._execute_module(
            module_name=f"constellation.edge.{module}", module_args=arguments, task_vars=self._task_vars
        )
        if answer.get("failed"):
            if said := explained(answer, self._login) or refusal(answer):
                raise AnsibleActionFail(f"host {self._host}: {said}")
            answer["msg"] = f"host {self._host}: {answer.get('msg', f'{module} failed')}"
        return answer

    def _refuse_losses(self, sites: list[dict[str, Any]]) -> None:
        """Fail where a service would be served without what protects it now, as nginx_site tells in check mode."""
        check_mode, self._task.check_mode = self._task.check_mode, True
        try:
            answer = self._look("nginx_site", {"sites": sites})
        finally:
            self._task.check_mode = check_mode
        if answer.get("failed"):
            raise AnsibleActionFail(str(answer["msg"]))

    @property
    def _login(self) -> Login:
        given = {
            name: self._templar.template(self._task_vars.get(f"ansible_{name}", default))
            for name, default in (("host", self._host), ("port", SSH_PORT))
        }
        user: str = self._get_remote_user() or getpass.getuser()
        return Login(user, str(given["host"]), str(given["port"]), self._connection.transport == "local")

    def _plainly(self, command: str) -> str:
        """Return what a command writes on the host, run as who logs in."""
        return str(self._low_level_execute_command(command, sudoable=False)["stdout"])

    def _sandbox_omitted(self) -> Collection[str]:
        """Return the parts of nginx's sandbox that the owner does without."""
        if self._value_of("nginx_proxy_sandbox") is False:
            return RESTRICTIONS
        return self._value_of("nginx_proxy_sandbox_omit") or ()

    def _constellation_places(self) -> dict[str, Any]:
        """Return where the owner says that server and sentinel are; what is not said, is found."""
        given = {
            option: self._templar.template(self._task_vars.get(f"constellation_config_{variable}", ""))
            for option, variable in PLACES.items()
        }
        return {option: value for option, value in given.items() if value}

    def _view_from_the_controller(self) -> dict[str, Any]:
        """Return where the probes connect; a probe from the server itself does not show what the outside sees."""
        is_local = self._connection.transport == "local"
        return {
            "outside": not is_local,
            "address": "127.0.0.1" if is_local else self._task_vars.get("ansible_host", self._host),
        }

    def _found(self, known: Edges, sites: list[Site]) -> dict[str, Any]:
        """Return what `constellation_info` finds on this host; nothing where it has no part, or no Python."""
        hosts = constellation_hosts(known.sites.values())
        listed = {SERVER_GROUP, SENTINEL_GROUP} & set(self._task_vars["group_names"])
        has_part = constellation_hosts([sites]) or listed
        if not (hosts and has_part) or self._is_windows:
            return {}
        # A route leads to the server whatever it calls itself. Other names are not looked up: without DNS that is slow.
        targets = (each for site in sites for route in site.routes for each in route.targets)
        others = (each.host for each in targets if is_literal(each) and not each.is_socket)
        asked = {"hosts": list(dict.fromkeys([*hosts, *others])), "questions": questions(sites)}
        return self._look("constellation_info", {**self._constellation_places(), **asked})

    @property
    def _is_windows(self) -> bool:
        # By winrm or psrp, or by ssh with ansible_shell_type powershell or cmd: as ansible-core's own actions ask.
        return bool(getattr(self._connection._shell, "_IS_WINDOWS", False))

    def _constellation(self, known: Edges, found: Mapping[str, Any]) -> dict[str, Any]:
        address = str(self._task_vars.get("ansible_host", self._host))
        own = machine(self._host, address, self._groups, known, found)
        plan = constellation_plan(known.sites, own)
        if self._is_windows:
            return by_hand(plan, is_sentinel=own.is_sentinel)
        if found:
            plan["found"] = {part: found[part] for part in ("server", "sentinel", "own_hosts")}
        return plan


def _report(host: str, problems: Iterable[Problem], files: Iterable[FileProblem] = ()) -> str:
    lines = [f"{where(problem.value)}host {host}, {problem.place}: {problem.text}" for problem in problems]
    return "\n".join([HEADING, *lines, *map(str, files)])
