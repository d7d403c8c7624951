# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the groups and variables of an inventory, and what is wrong with the variables beside `edge_sites`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._connection_limit.table import DEFAULT_PORTS, LimitError, parse_limit
from .._keys.keys import Key, keys_of
from .._keys.kinds import Listing
from .._keys.nearest import ALIKE, closest, nearest
from .._origin import where
from .declared import PREFIX, Variables
from .role_variables import is_result
from .schema import Problem
from .wishes import VARIABLE_WISHES, wish
from .yaml_numbers import number_problems

EDGE_GROUP, SERVER_GROUP, SENTINEL_GROUP = GROUPS = ("edge", "constellation_servers", "constellation_sentinels")
# What the names of groups begin with that are certainly meant for us.
GROUP_PREFIX = "constellation_"
# Every variable of this collection's playbooks; the prefix is theirs, so that a misspelt one is found.
VARIABLES = tuple(sorted(keys_of(Variables)))
# What the first task finds, as `playbooks/tasks/plan.yml` registers it.
PLAN = "edge_plan"
# The options of `edge_plan` that are variables, in the order in which their mistakes are told.
OPTIONS = {
    "sites": "edge_sites",
    "adopt": "edge_adopt",
    "email": "edge_email",
    "acme_server": "edge_acme_server",
    "firewall_rules": "edge_firewall_rules",
    "ignoreip": "edge_fail2ban_ignoreip",
    "lan": "edge_lan",
    "connection_limit": "hardening_connection_limit",
    "connection_limit_exempt": "hardening_connection_limit_exempt",
    "users": "edge_users",
    "presets_dir": "edge_presets_dir",
    "restore_constellation": "edge_restore_constellation",
}
# Those in which YAML may have made another number of what was written.
_NUMBERS = ("sites", "users", "firewall_rules", "connection_limit")
_DECLARED = keys_of(Variables)


def argument_spec() -> dict[str, dict[str, Any]]:
    """Return the argument spec of those options of `edge_plan` that are declared variables, with their types.

    `sites` has none: what is wrong with them is told by their reader, in better words.
    """
    return {option: _spec(_DECLARED[name]) for option, name in OPTIONS.items() if name in _DECLARED}


def argument_problems(arguments: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the arguments of `edge_plan` beside the schema of the sites."""
    problems = number_problems({OPTIONS[option]: arguments.get(option) for option in _NUMBERS})
    for option, name in OPTIONS.items():
        if name in _DECLARED:
            problems += value_problems(name, arguments.get(option))
        elif option == "connection_limit":
            # A variable of the role hardening, whose argument spec declares it; so is who is exempt from it.
            problems += limit_problems(arguments[option], arguments["connection_limit_exempt"])
    return problems


def later_problems(value_of: Callable[[str], Any]) -> list[Problem]:
    """Return what is wrong with the variables that later tasks read, and that are no option of `edge_plan`.

    `value_of` returns a variable's value, None where it is not given. What Ansible takes for the type is right, as text
    from a command line is.
    """
    problems = []
    for name, known in _DECLARED.items():
        value = None if name in OPTIONS.values() else value_of(name)
        checked = ArgumentSpecValidator({name: _spec(known)}).validate({name: value})
        if value not in (None, "") and checked.error_messages:
            text = f"{name} must be {known.kind.words}, not {'its secret value' if known.is_secret else repr(value)}"
            problems.append(Problem("variables", text, value))
    return problems


def value_problems(name: str, value: object) -> list[Problem]:
    """Return what the kind of a declared variable finds wrong with its value; nothing where it has none."""
    mistakes = [] if value is None else _DECLARED[name].read(name, value)[1]
    return [Problem(mistake.below or name, mistake.text, mistake.part) for mistake in mistakes]


def _spec(key: Key) -> dict[str, Any]:
    if key.is_secret:
        # Ansible would quote a value of another type, its kind does not.
        return {"type": "raw", "no_log": True}
    if isinstance(key.kind, Listing):
        return {"type": "raw"}
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    return {**key.kind.option, **({} if default is None else {"default": default})}


def group_problems(groups: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Refuse an inventory without a proxy, of which every play would say that no host matches, and end well.

    A group whose name is one of ours but for a slip is refused, too: all plays would pass over its hosts.
    """
    problems = [_misspelt(name, meant) for name, meant in _slips(groups)]
    if groups.get(EDGE_GROUP):
        return problems
    named = [name for name in groups if name not in ("all", "ungrouped")]
    text = f"no host is in the group '{EDGE_GROUP}', whose hosts are the proxies"
    remedy = (nearest(EDGE_GROUP, named) if named else "") or "; put the proxy's host there"
    return [Problem("inventory", text + remedy, groups), *problems]


def _slips(groups: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield the groups that begin as ours do and are misspelt, each with the one that is meant.

    Ansible tells only which hosts are in a group. Where one of both groups has all hosts of the other, it may well be
    its child or its parent, and no host is passed over.
    """
    for name in groups:
        meant = closest(name, (SERVER_GROUP, SENTINEL_GROUP), GROUP_PREFIX, ALIKE) if _begins_as_ours(name) else ""
        hosts, right = set(groups[name]), set(groups.get(meant, ()))
        is_relative = hosts <= right or (bool(right) and right <= hosts)
        if meant and name not in GROUPS and not is_relative:
            yield name, meant


def _begins_as_ours(name: str) -> bool:
    return name.replace("-", "_").lower().startswith(GROUP_PREFIX)


def _misspelt(name: str, meant: str) -> Problem:
    text = f"no play knows the group '{name}', and its hosts are passed over; did you mean '{meant}'? Rename the group"
    return Problem("inventory", text, name)


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
