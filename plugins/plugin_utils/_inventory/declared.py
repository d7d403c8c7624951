# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: every variable of the playbooks: each is declared here, and nowhere else.

Its kind says what a value must be. Those that the roles declare, such as `hardening_connection_limit`, stand in the
roles' argument specs, and `variables` checks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._keys.keys import key, secret_names
from .._keys.kinds import FLAG, Kind, Listing, Word
from .._keys.users import Logins
from .site import Site
from .variable_kinds import AcmeDirectory, Email, FirewallRules, Ignored, Networks, PresetsFolder

PREFIX = "edge_"
# Let's Encrypt's production directory (RFC 8555 section 7.1.1).
ACME_SERVER = "https://acme-v02.api.letsencrypt.org/directory"

_TEXT: dict[str, Any] = {"type": "string"}
_FILE = Kind("a path on the controller", {"type": "path"}, {**_TEXT, "minLength": 1})


@dataclass(frozen=True)
class Variables:
    """What an owner says of a host, beside the variables of the roles."""

    edge_sites: list[Site] = key(Listing("sites", Site), "The sites of the host, each with its routes.")
    edge_acme_server: str = key(
        AcmeDirectory(ACME_SERVER),
        "Another certificate authority, by the URL of its ACME directory, such as Let's Encrypt's staging.",
        default=ACME_SERVER,
        otherwise="Let's Encrypt",
        example="https://acme-staging-v02.api.letsencrypt.org/directory",
    )
    edge_adopt: bool = key(
        FLAG,
        "Whether routes go into the servers that you made for the same names, in your files; C(adopt) of a site says "
        "it for one.",
        default=False,
        example=True,
    )
    edge_email: str = key(
        Email(),
        "The address of the account at Let's Encrypt; empty registers without one.",
        default="",
        otherwise="empty",
        example="me@example.org",
    )
    edge_fail2ban_ignoreip: list[str] = key(
        Ignored(),
        "Addresses and networks that are never banned, such as the LAN.",
        default=(),
        example=["192.168.0.0/24"],
    )
    edge_firewall_rules: list[dict[str, Any]] = key(
        FirewallRules(),
        "What is open beside SSH, 80 and 443.",
        default=(),
        example=[{"port": "445", "source": "192.168.0.0/24", "comment": "Samba"}],
    )
    edge_lan: list[str] = key(
        Networks(),
        "Networks beside the private ones that count as the LAN, for `access` and the server's Console.",
        default=(),
        example=["2001:db8:0:1::/64"],
    )
    edge_presets_dir: str = key(
        PresetsFolder(),
        "A folder of presets of your own, which stand beside ours or in the place of those of the same name.",
        default="",
        otherwise="none",
        example="{{ inventory_dir }}/presets",
    )
    edge_probe_address: str = key(
        Kind("an address or a name", {"type": "str"}, _TEXT),
        "Where the controller asks the routes, if C(ansible_host) is not it (an alias of SSH, a jump host).",
        default="",
        otherwise="`ansible_host`",
        example="192.168.0.2",
    )
    edge_probe_ca_file: str = key(
        _FILE,
        "The certificate of an authority of your own, by which the controller judges.",
        default="",
        otherwise="the controller's own",
        example="/home/owner/ca.pem",
    )
    edge_probe_outside: bool = key(
        FLAG,
        "Whether the controller sees what the Internet sees of closed ports.",
        default=True,
        otherwise="true, or false on the server itself",
        example=False,
    )
    edge_report_file: str = key(
        _FILE,
        "Where C(verify.yml) writes its report as JSON, on the controller; one file of all hosts, or one of each with "
        "C({{ inventory_hostname }}) in the path.",
        default="",
        otherwise="none",
        example="report.json",
    )
    edge_restore_constellation: bool | None = key(
        FLAG,
        "Whether C(remove.yml) gives server and sentinels the addresses that they had before the first run.",
        default=None,
        otherwise="asked where it matters",
        example=True,
    )
    edge_ufw_was: str = key(
        Word("active", "inactive"),
        "What the firewall was before the first run, for C(remove.yml) on a host without a record of it.",
        default="",
        otherwise="as recorded",
        example="inactive",
    )
    edge_users: dict[str, str] = key(
        Logins(),
        "Who may log in where C(access) asks for it, each with a password or a hash. C(users) of a site or route names "
        "some of them.",
        "A password is locked by Ansible Vault or comes from a lookup; one that a file shows to every reader is "
        "refused. A hash, made by C(openssl passwd -6), may stand anywhere.",
        default={},
        otherwise="nobody",
        example="{{ vaulted_users }}",
        secret=True,
    )
    edge_verify_hostile: bool = key(
        FLAG,
        "Whether C(verify.yml) also asks what a client may not do; it takes up to two minutes.",
        default=False,
        example=True,
    )


# The names of variables and keys whose values no message may have.
SECRETS = secret_names(Variables)
