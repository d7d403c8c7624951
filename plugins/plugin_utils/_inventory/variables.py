# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the groups and variables of an inventory, and what is wrong with the variables beside `edge_sites`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._connection_limit.table import DEFAULT_PORTS, LimitError, parse_limit
from ...module_utils._fail2ban.jail import Fail2banError, normal_ignored
from ...module_utils._ufw.rule import RULE, UfwError, wanted_rules
from .._keys.keys import keys_of
from .._keys.nearest import nearest
from .._origin import where
from .declared import ACME_SERVER, PREFIX, Variables
from .presets import folder_problems
from .role_variables import is_result
from .schema import Problem
from .wishes import VARIABLE_WISHES, wish
from .yaml_numbers import number_problems

EDGE_GROUP, SERVER_GROUP, SENTINEL_GROUP = GROUPS = ("edge", "constellation_servers", "constellation_sentinels")
# Every variable of this collection's playbooks; the prefix is theirs, so that a misspelt one is found.
VARIABLES = tuple(sorted(keys_of(Variables)))
# What the first task finds, as `playbooks/tasks/plan.yml` registers it.
PLAN = "edge_plan"
# HTTP is needed for the challenges and for the redirect.
WEB_RULES = ({"port": "80", "comment": "http"}, {"port": "443", "comment": "https"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


def argument_problems(arguments: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the arguments of `edge_plan` beside the schema of the sites."""
    numbers = {
        "edge_sites": arguments.get("sites"),
        "edge_firewall_rules": arguments["firewall_rules"],
        "hardening_connection_limit": arguments["connection_limit"],
    }
    return [
        *number_problems(numbers),
        *email_problems(arguments["email"]),
        *server_problems(arguments["acme_server"]),
        *firewall_problems(arguments["firewall_rules"]),
        *ignored_problems(arguments["ignoreip"]),
        *lan_problems(arguments["lan"]),
        *limit_problems(arguments["connection_limit"], arguments["connection_limit_exempt"]),
        *folder_problems(arguments["presets_dir"]),
    ]


def group_problems(groups: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Refuse an inventory without a proxy, of which every play would say that no host matches, and end well."""
    if groups.get(EDGE_GROUP):
        return []
    named = [name for name in groups if name not in ("all", "ungrouped")]
    text = f"no host is in the group '{EDGE_GROUP}', whose hosts are the proxies"
    remedy = (nearest(EDGE_GROUP, named) if named else "") or "; put the proxy's host there"
    return [Problem("inventory", text + remedy, groups)]


def variable_problems(variables: Mapping[str, Any]) -> list[Problem]:
    """Refuse variables of a host that carry our prefix and that nobody reads."""
    problems = [
        Problem("variables", f"unknown variable '{name}'{_instead(name)}", name if where(name) else variables[name])
        for name in variables
        if name.startswith(PREFIX) and name not in (*VARIABLES, PLAN)
    ]
    return problems + _plan_problems(variables)


def _instead(name: str) -> str:
    sentence = wish(name.removeprefix(PREFIX), VARIABLE_WISHES)
    return f": {sentence}" if sentence else nearest(name, VARIABLES, PREFIX)


def _plan_problems(variables: Mapping[str, Any]) -> list[Problem]:
    """Refuse an owner's `edge_plan`. That of an earlier play of the same run is the result of a task."""
    found = variables.get(PLAN)
    name = next((each for each in variables if each == PLAN), PLAN)
    if found is None or is_result(name, found):
        return []
    text = f"'{PLAN}' is no variable of yours: the first task makes it; write what you want into `edge_sites`"
    return [Problem("variables", text, name if where(name) else found)]


def email_problems(email: str) -> list[Problem]:
    """Refuse what no certificate authority takes for an address."""
    if not email or _EMAIL.match(email):
        return []
    return [Problem("edge_email", f"'{email}' is not an e-mail address", email)]


def server_problems(server: str) -> list[Problem]:
    """Refuse what is not the URL of an ACME directory."""
    try:
        parts = urlsplit(server)
        usable = parts.scheme == "https" and parts.hostname and parts.port != 0 and not re.search(r"\s", server)
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    text = f"'{server}' is not the URL of an ACME directory: write https://, a host and a path, as in {ACME_SERVER}"
    return [] if usable else [Problem("edge_acme_server", text, server)]


def firewall_problems(raw: Iterable[Mapping[str, Any]]) -> list[Problem]:
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


def ignored_problems(values: Iterable[str]) -> list[Problem]:
    """Refuse what fail2ban takes neither for an address nor for a name."""
    problems: list[Problem] = []
    for index, value in enumerate(values):
        place = f"edge_fail2ban_ignoreip[{index}]"
        try:
            normal_ignored("", [value])
        except Fail2banError as error:
            problems.append(Problem(place, str(error).removeprefix(".ignoreip: "), value))
    return problems


def lan_problems(values: Iterable[str]) -> list[Problem]:
    """Refuse what is no network, or one with bits of a host."""
    problems: list[Problem] = []
    for index, value in enumerate(values):
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            text = f"'{value}' is no network, such as 2001:db8:0:1::/64 or 10.8.0.0/24 ({error})"
            problems.append(Problem(f"edge_lan[{index}]", text, value))
    return problems


def limit_problems(connections: int, exempt: Iterable[str]) -> list[Problem]:
    """Refuse a limit of connections, or who is not counted, that would be refused in the end of a run."""
    if not connections:
        return []
    try:
        parse_limit(connections, DEFAULT_PORTS, list(exempt))
    except LimitError as error:
        name, _colon, text = str(error).partition(": ")
        place = "hardening_connection_limit" + ("_exempt" if name == "exempt" else "")
        return [Problem(place, text, exempt if name == "exempt" else connections)]
    return []
