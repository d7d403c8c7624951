# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate `edge_sites` on the controller, look at the host, and derive every role's variables from both."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils._edge.console import local_server
from ..module_utils._edge.elsewhere import by_hand, questions, unserved
from ..module_utils._edge.plan import Machine, constellation_hosts, constellation_plan, edge_plan
from ..module_utils._edge.schema import Problem, SchemaError, Site, nearest, read_sites
from ..module_utils._edge.upstreams import asked_names
from ..module_utils._fail2ban import Fail2banError, normal_ignored
from ..module_utils._ufw_rule import UfwError, wanted_rules
from ..modules.ufw_rules import RULE

try:  # where a value was written; ansible-core keeps it for its own messages, and may move it
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None

EDGE_GROUP, SERVER_GROUP, SENTINEL_GROUP = "edge", "constellation_servers", "constellation_sentinels"
PRESETS = os.path.join(os.path.dirname(__file__), "..", "..", "roles", "nginx_proxy", "files", "presets.yml")
# Every variable of this collection's playbooks; the prefix is theirs, so that a misspelt one is found.
VARIABLES = (
    "edge_acme_server",
    "edge_email",
    "edge_fail2ban_ignoreip",
    "edge_firewall_rules",
    "edge_lan",
    "edge_plan",
    "edge_probe_address",
    "edge_probe_ca_file",
    "edge_probe_outside",
    "edge_report_file",
    "edge_sites",
)
# What `constellation_info` is told, by the variable of the role constellation_config that says so.
PLACES = {
    "server_path": "server_path",
    "server_program": "program",
    "sentinel_path": "sentinel_path",
    "sentinel_program": "sentinel_program",
}
# Let's Encrypt's production directory (RFC 8555 section 7.1.1).
ACME_SERVER = "https://acme-v02.api.letsencrypt.org/directory"
# HTTP is needed for the challenges and for the redirect.
WEB_RULES = ({"port": "80", "comment": "http"}, {"port": "443", "comment": "https"})
LOOPBACK = ("127.0.0.1/8", "::1")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


class ActionModule(ActionBase):
    """`edge_plan`: the first task of every playbook."""

    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the plan as the fact `edge_plan`; fail with every problem at once."""
        result = super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._host = self._task_vars["inventory_hostname"]
        _validation, arguments = self.validate_argument_spec(
            argument_spec={
                "sites": {"type": "raw"},
                "email": {"type": "str", "default": ""},
                "acme_server": {"type": "str", "default": ACME_SERVER},
                "firewall_rules": {"type": "list", "elements": "dict", "default": []},
                "ignoreip": {"type": "list", "elements": "str", "default": []},
                "lan": {"type": "list", "elements": "str", "default": []},
            }
        )
        groups = self._task_vars["group_names"]
        is_edge = EDGE_GROUP in groups
        problems = [
            *_group_problems(self._task_vars.get("groups", {})),
            *self._variable_problems(),
            *_email_problems(arguments["email"]),
            *_server_problems(arguments["acme_server"]),
            *_firewall_problems(arguments["firewall_rules"]),
            *_ignored_problems(arguments["ignoreip"]),
            *_lan_problems(arguments["lan"]),
        ]
        edges = self._edges(arguments["sites"] if is_edge else None, problems)
        if problems:
            raise AnsibleActionFail(_report(self._host, problems))
        rules = _with_web(arguments["firewall_rules"])
        sites = edges.get(self._host, [])
        found = self._found(edges, sites, groups)
        if found.get("failed"):
            return {**result, **found}
        constellation = self._constellation(edges, groups, found)
        server = local_server(found, constellation["listen_uris"], arguments["lan"])
        if is_edge:
            constellation["unserved"] = unserved(sites, found.get("answers", {}), server)
        plan: dict[str, Any] = {"is_edge": is_edge, "constellation": constellation}
        if is_edge:
            host = self._look("edge_preflight", {"names": asked_names(sites)})
            if host.get("failed"):
                return {**result, **host}
            plan |= {"host": host["host"], **edge_plan(sites, host["host"], server)}
            plan["closed_ports"] = _closed_ports(plan["closed_ports"], rules)
            plan |= {
                "acme_server": arguments["acme_server"],
                "firewall_rules": rules,
                "ignoreip": [*LOOPBACK, *arguments["ignoreip"]],
                **self._view_from_the_controller(),
            }
            result["warnings"] = host.get("warnings", [])
        return {**result, "changed": False, "ansible_facts": {"edge_plan": plan}}

    def _look(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a module of ours reads on the host; its failure names the host."""
        answer: dict[str, Any] = self._execute_module(
            module_name=f"constellation.edge.{module}", module_args=arguments, task_vars=self._task_vars
        )
        if answer.get("failed"):
            answer["msg"] = f"host {self._host}: {answer.get('msg', f'{module} failed')}"
        return answer

    def _constellation_places(self) -> dict[str, Any]:
        """Return where the owner says that server and sentinel are; what is not said, is found."""
        given = {
            option: self._templar.template(self._task_vars.get(f"constellation_config_{variable}", ""))
            for option, variable in PLACES.items()
        }
        return {option: value for option, value in given.items() if value}

    def _view_from_the_controller(self) -> dict[str, Any]:
        """Return where the probes connect; asked from the server itself, nothing says what the outside sees."""
        is_local = self._connection.transport == "local"
        return {
            "outside": not is_local,
            "address": "127.0.0.1" if is_local else self._task_vars.get("ansible_host", self._host),
        }

    def _edges(self, own: object, problems: list[Problem]) -> dict[str, list[Site]]:
        """Return the sites of every edge; only this host's own mistakes are reported here, the others' on their own."""
        with open(PRESETS, encoding="utf-8") as stream:
            presets = yaml.safe_load(stream)
        edges: dict[str, list[Site]] = {}
        hostvars = self._task_vars.get("hostvars", {})
        for edge in self._task_vars.get("groups", {}).get(EDGE_GROUP, []):
            value = own if edge == self._host else hostvars[edge].get("edge_sites")
            try:
                edges[edge] = read_sites(value, presets)
            except SchemaError as error:
                if edge == self._host:
                    problems.extend(error.problems)
        return edges

    def _found(self, edges: Mapping[str, list[Site]], sites: list[Site], groups: Iterable[str]) -> dict[str, Any]:
        """Return what `constellation_info` finds on this host; nothing where it has no part, or no Python."""
        hosts = constellation_hosts(edges.values())
        has_part = constellation_hosts([sites]) or {SERVER_GROUP, SENTINEL_GROUP} & set(groups)
        if not (hosts and has_part) or self._is_windows:
            return {}
        return self._look(
            "constellation_info", {**self._constellation_places(), "hosts": hosts, "questions": questions(sites)}
        )

    @property
    def _is_windows(self) -> bool:
        # By winrm or psrp, or by ssh with ansible_shell_type powershell or cmd: as ansible-core's own actions ask.
        return bool(getattr(self._connection._shell, "_IS_WINDOWS", False))

    def _constellation(
        self, edges: Mapping[str, list[Site]], groups: Iterable[str], found: Mapping[str, Any]
    ) -> dict[str, Any]:
        hosts = constellation_hosts(edges.values())
        listed = [host for host in self._task_vars.get("groups", {}).get(SERVER_GROUP, []) if host not in edges]
        machine = Machine(
            self._host,
            own_hosts=frozenset([*self._named(hosts, [self._host]), *found.get("own_hosts", [])]),
            is_listed=SERVER_GROUP in groups,
            is_sentinel=SENTINEL_GROUP in groups,
            sole_server=listed == [self._host],
            edge_hosts=frozenset(self._named(hosts, edges)),
        )
        plan = constellation_plan(edges, machine)
        if self._is_windows:
            return by_hand(plan, is_sentinel=machine.is_sentinel)
        if found:
            plan["found"] = {part: found[part] for part in ("server", "sentinel", "own_hosts")}
        return plan

    def _named(self, hosts: Iterable[str], names: Iterable[str]) -> list[str]:
        """Return those of the upstreams' hosts by which the inventory knows one of these hosts."""
        hostvars = self._task_vars.get("hostvars", {})
        known = {str(value).lower() for name in names for value in (name, hostvars[name].get("ansible_host", name))}
        return [host for host in hosts if host.strip("[]").lower() in known]

    def _variable_problems(self) -> list[Problem]:
        unknown = [name for name in self._task_vars if name.startswith("edge_") and name not in VARIABLES]
        return [
            Problem(
                "variables",
                f"unknown variable '{name}'{nearest(name, VARIABLES)}",
                name if _where(name) else self._task_vars[name],
            )
            for name in unknown
        ]


def _group_problems(groups: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Refuse an inventory without a proxy, of which every play would say that no host matches, and end well."""
    if groups.get(EDGE_GROUP):
        return []
    named = [name for name in groups if name not in ("all", "ungrouped")]
    text = f"no host is in the group '{EDGE_GROUP}', whose hosts are the proxies"
    return [Problem("inventory", text + (nearest(EDGE_GROUP, named) if named else ""), groups)]


def _with_web(rules: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all rules, the owner's first: who is denied 443 there is denied it before everybody is let in."""
    return [*rules, *WEB_RULES]


def _closed_ports(ports: Iterable[int], rules: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the ports that nobody outside may reach: not those that a rule of the owner's opens, be it to some."""
    opened = [rule for rule in wanted_rules(list(rules)) if rule.action in ("allow", "limit")]
    return [port for port in ports if not any(rule.covers(port) for rule in opened)]


def _email_problems(email: str) -> list[Problem]:
    if not email or _EMAIL.match(email):
        return []
    return [Problem("edge_email", f"'{email}' is not an e-mail address", email)]


def _server_problems(server: str) -> list[Problem]:
    try:
        parts = urlsplit(server)
        usable = parts.scheme == "https" and parts.hostname and parts.port != 0 and not re.search(r"\s", server)
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    text = f"'{server}' is not the URL of an ACME directory: write https://, a host and a path, as in {ACME_SERVER}"
    return [] if usable else [Problem("edge_acme_server", text, server)]


def _firewall_problems(raw: list[dict[str, Any]]) -> list[Problem]:
    """Check each rule as `ufw_rules` will, and then against those before it, ours for the web among them."""
    problems: list[Problem] = []
    rules, names = [dict(rule) for rule in WEB_RULES], ["the rule for HTTP", "the rule for HTTPS"]
    for index, item in enumerate(raw):
        name = f"edge_firewall_rules[{index}]"
        checked = ArgumentSpecValidator(RULE).validate({key: item[key] for key in item if key in RULE})
        texts = [f"unknown key '{key}'{nearest(key, RULE)}" for key in item if key not in RULE]
        texts += checked.error_messages
        if texts:
            problems += [Problem(name, text, item) for text in texts]
            continue
        try:
            wanted_rules([*rules, checked.validated_parameters], [*names, name])
        except UfwError as error:
            problems.append(Problem(name, str(error).removeprefix(f"{name}: "), item))
        else:
            rules.append(checked.validated_parameters)
            names.append(name)
    return problems


def _ignored_problems(values: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    for index, value in enumerate(values):
        place = f"edge_fail2ban_ignoreip[{index}]"
        try:
            normal_ignored("", [value])
        except Fail2banError as error:
            problems.append(Problem(place, str(error).removeprefix(".ignoreip: "), value))
    return problems


def _lan_problems(values: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    for index, value in enumerate(values):
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            text = f"'{value}' is no network, such as 2001:db8:0:1::/64 or 10.8.0.0/24 ({error})"
            problems.append(Problem(f"edge_lan[{index}]", text, value))
    return problems


def _report(host: str, problems: Iterable[Problem]) -> str:
    lines = [f"{_where(problem.value)}host {host}, {problem.place}: {problem.text}" for problem in problems]
    return "\n".join(["Nothing was changed, the inventory has to be corrected first:", *lines])


def _where(value: object) -> str:
    """Return `file:line: ` of what the owner wrote, or "" where ansible-core does not know it."""
    origin = Origin.get_tag(value) if Origin else None
    if origin is None or not origin.path:
        return ""
    return f"{os.path.relpath(origin.path)}{':' + str(origin.line_num) if origin.line_num else ''}: "
