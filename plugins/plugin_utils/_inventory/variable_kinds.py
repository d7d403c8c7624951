# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the kinds of variables beside `edge_sites`, which know the programs that will read them."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._fail2ban.jail import Fail2banError, normal_ignored
from ...module_utils._ufw.rule import RULE, UfwError, wanted_rules
from .._keys.kinds import Kind, Mistake
from .._keys.nearest import nearest

# HTTP is needed for the challenges and for the redirect.
WEB_RULES = ({"port": "80", "comment": "http"}, {"port": "443", "comment": "https"})
_EMAIL = "[^@\\s]+@[^@\\s]+\\.[^@\\s]+"
_TEXT: dict[str, Any] = {"type": "string"}
_JSON_OF = {"str": {"type": ["string", "integer"]}}


class Email(Kind):
    """An e-mail address, or an empty text for none."""

    def __init__(self) -> None:
        """Name it."""
        super().__init__(words="an e-mail address", option={"type": "str"}, json={**_TEXT, "pattern": f"^$|^{_EMAIL}$"})

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Refuse what no certificate authority takes for an address."""
        if value and not re.match(f"{_EMAIL}\\Z", value):
            yield Mistake(value, f"'{value}' is not an e-mail address")


class AcmeDirectory(Kind):
    """The URL of an ACME directory (RFC 8555 section 7.1.1)."""

    def __init__(self, example: str) -> None:
        """Name one that is right."""
        super().__init__(words="a URL", option={"type": "str"}, json={**_TEXT, "pattern": "^https://[^\\s/]+"})
        self._example = example

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Refuse what is no URL of HTTPS with a host."""
        try:
            parts = urlsplit(value)
            usable = parts.scheme == "https" and parts.hostname and parts.port != 0 and not re.search(r"\s", value)
        except ValueError:  # a port or an IPv6 address that is none
            usable = False
        if not usable:
            text = (
                f"'{value}' is not the URL of an ACME directory: write https://, a host and a path, as in "
                f"{self._example}"
            )
            yield Mistake(value, text)


class _Addresses(Kind):
    """A list of addresses and networks."""

    def __init__(self) -> None:
        """Name it."""
        option = {"type": "list", "elements": "str"}
        json = {"type": "array", "items": _TEXT}
        super().__init__(words="a list of addresses and networks", option=option, json=json)


class Ignored(_Addresses):
    """Whom fail2ban never bans; it takes host names, too."""

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Refuse what fail2ban takes neither for an address nor for a name."""
        for index, each in enumerate(value):
            try:
                normal_ignored("", [each])
            except Fail2banError as error:
                yield Mistake(each, str(error).removeprefix(".ignoreip: "), f"{name}[{index}]")


class Networks(_Addresses):
    """Networks, each without bits of a host."""

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Refuse what is no network, or one with bits of a host."""
        for index, each in enumerate(value):
            try:
                ipaddress.ip_network(each)
            except ValueError as error:
                text = f"'{each}' is no network, such as 2001:db8:0:1::/64 or 10.8.0.0/24 ({error})"
                yield Mistake(each, text, f"{name}[{index}]")


class FirewallRules(Kind):
    """A list of firewall rules with the options that `ufw_rules` takes."""

    def __init__(self) -> None:
        """Name the options."""
        properties = {
            name: {"enum": option["choices"]} if "choices" in option else _JSON_OF[option["type"]]
            for name, option in RULE.items()
        }
        required = [name for name, option in RULE.items() if option.get("required")]
        rule = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        super().__init__(
            words="a list of rules: " + ", ".join(f"`{name}`" for name in RULE),
            option={"type": "list", "elements": "dict"},
            json={"type": "array", "items": rule},
        )

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Check each rule as `ufw_rules` will, and then against those before it, ours for the web among them."""
        rules, places = [dict(rule) for rule in WEB_RULES], ["the rule for HTTP", "the rule for HTTPS"]
        for index, item in enumerate(value):
            place = f"{name}[{index}]"
            rule, texts = _checked(item)
            if texts:
                yield from (Mistake(item, text, place) for text in texts)
                continue
            try:
                wanted_rules([*rules, rule], [*places, place])
            except UfwError as error:
                yield Mistake(item, str(error).removeprefix(f"{place}: "), place)
            else:
                rules.append(rule)
                places.append(place)


class PresetsFolder(Kind):
    """A folder of presets on the controller."""

    def __init__(self) -> None:
        """Name it."""
        super().__init__(words="a folder on the controller", option={"type": "path"}, json={**_TEXT, "minLength": 1})

    def faults(self, name: str, value: Any) -> Iterator[Mistake]:
        """Refuse a folder that is none, or that cannot be read."""
        folder = own_folder(value)
        try:
            if folder:
                os.listdir(folder)
        except OSError as error:
            text = (
                f"'{folder}' is no folder with presets ({error.strerror}): a relative path begins where the command is "
                'run; write "{{ inventory_dir }}/presets" for one beside the inventory'
            )
            yield Mistake(value, text)


def own_folder(value: object) -> str:
    """Return the folder that an owner names, "" for none; a relative path begins where the command is run."""
    return os.path.abspath(os.path.expanduser(os.path.expandvars(str(value)))) if value else ""


def _checked(item: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a rule with its defaults, and what is wrong with it by itself."""
    checked = ArgumentSpecValidator(RULE).validate({key: item[key] for key in item if key in RULE})
    texts = [f"unknown key '{key}'{nearest(key, RULE)}" for key in item if key not in RULE]
    return checked.validated_parameters, texts + checked.error_messages
