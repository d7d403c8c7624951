#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_host_probe
short_description: Prove on the host what cannot be seen from outside
version_added: 0.1.0
description:
  - Proves that ufw filters, that no client can take every connection, that each jail of fail2ban really reaches the
    packet filter, that the running nginx serves what is on disk, and that certbot will
    renew each certificate.
  - A jail is proven by a ban of a documentation address that no interface and no route of the host has. The ban is
    looked for in the packet filter and lifted in any case. No client is ever banned.
  - Changes nothing that lasts and reports C(changed=false).
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: partial
    details: In check mode nothing is banned and port 80 is not asked, and the proofs say so.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  jails:
    description:
      - The jails that must be alive. Without it, those of this collection's file and all that run, one at least.
    type: list
    elements: str
  ban_address:
    description: The address to ban, of a network reserved for documentation. Without it, a free one is chosen.
    type: str
  firewall:
    description: Whether ufw is proven.
    type: bool
    default: true
  connection_limit:
    description: Whether the limit of M(constellation.edge.edge_connection_limit) is proven.
    type: bool
    default: true
  nginx:
    description: Whether nginx is proven.
    type: bool
    default: true
  certificates:
    description: Certificates to prove.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name that the certificate must be for.
        type: str
        required: true
      fullchain:
        description: The file. Without it, that of the lineage O(certificates[].name).
        type: path
  renewal:
    description: Whether the renewal timer and the renewal of each lineage are proven.
    type: bool
    default: true
  lineages:
    description:
      - The certificates whose renewal is proven. certbot has to take the lineage up, and port 80 has to serve the
        folder for the challenge of each name. No authority is asked.
      - Without it, these are all lineages of the host.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the lineage.
        type: str
        required: true
      names:
        description: The names of the certificate. A lineage of another name that has them all counts, too.
        type: list
        elements: str
        default: []
  fail:
    description: Whether a fact that is not as it should be makes the module fail.
    type: bool
    default: true
author:
  - constellation.edge contributors (@myconstellation)
"""

EXAMPLES = r"""
- name: Prove firewall, bans, nginx and renewal
  constellation.edge.edge_host_probe:
    jails: [sshd, nginx-http-auth]
"""

RETURN = r"""
ok:
  description: Whether no fact is other than it should be.
  returned: always
  type: bool
proofs:
  description: The facts, one by one; C(ok) is null for one that could not be proven.
  returned: always
  type: list
  elements: dict
  sample:
    - {subject: jail sshd, ok: true, detail: "banned 192.0.2.1, found it in the packet filter, lifted it"}
"""

import contextlib
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._certbot.lineage import CertbotSettings
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.files import host_lock
from ..module_utils._nginx.process import NginxError, loaded
from ..module_utils._proof.host import prove_certificate, prove_connection_limit, prove_firewall, prove_jails
from ..module_utils._proof.proof import Proof
from ..module_utils._proof.renewal import prove_lineages, prove_renewal

CERTIFICATE = {"name": {"type": "str", "required": True}, "fullchain": {"type": "path"}}
LINEAGE = {"name": {"type": "str", "required": True}, "names": {"type": "list", "elements": "str", "default": []}}


def prove_nginx() -> list[Proof]:
    """Prove that nginx accepts what is on disk, and serves it."""
    try:
        found = loaded()
    except NginxError as exc:
        return [Proof("nginx", False, str(exc))]
    if found.current and found.running:
        return [Proof("nginx", True, "accepts its configuration and serves what is on disk")]
    # After a renewal, for example: it accepts its configuration, but what it loaded is not recorded.
    return [Proof("nginx", None if found.unknown else False, found.reason)]


def main() -> None:
    """Read the arguments, prove, report."""
    module = AnsibleModule(
        argument_spec={
            "jails": {"type": "list", "elements": "str"},
            "ban_address": {"type": "str"},
            "firewall": {"type": "bool", "default": True},
            "connection_limit": {"type": "bool", "default": True},
            "nginx": {"type": "bool", "default": True},
            "certificates": {"type": "list", "elements": "dict", "default": [], "options": CERTIFICATE},
            "renewal": {"type": "bool", "default": True},
            "lineages": {"type": "list", "elements": "dict", "options": LINEAGE},
            "fail": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    proofs: list[Proof] = []
    try:
        with contextlib.nullcontext() if module.check_mode else host_lock():
            proofs += prove_firewall() if params["firewall"] else []
            proofs += prove_connection_limit() if params["connection_limit"] else []
            proofs += prove_jails(params["jails"], params["ban_address"], module.check_mode)
    except EdgeError as exc:
        module.fail_json(msg=str(exc))
    proofs += prove_nginx() if params["nginx"] else []
    for one in params["certificates"]:
        proofs.append(
            prove_certificate(one["name"], one["fullchain"] or f"/etc/letsencrypt/live/{one['name']}/fullchain.pem")
        )
    if params["renewal"]:
        proofs += [
            *prove_renewal(),
            *prove_lineages(params["lineages"], CertbotSettings(), check_mode=module.check_mode),
        ]
    failed = [proof for proof in proofs if proof.ok is False]
    told = [asdict(proof) for proof in proofs]
    if failed and params["fail"]:
        msg = "; ".join(f"{proof.subject}: {proof.detail}" for proof in failed)
        module.fail_json(msg=msg, changed=False, ok=False, proofs=told)
    module.exit_json(changed=False, ok=not failed, proofs=told)


if __name__ == "__main__":
    main()
