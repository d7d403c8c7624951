#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep certbot lineages as they are wanted."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certbot_certificate
short_description: Keep certbot lineages as they are wanted
version_added: 0.1.0
description:
  - Issues certificates by HTTP-01 with C(certbot certonly --webroot), so that no web server file is edited, and only
    when the certificate on disk does not do. Names, key, key type and end are read from the certificate itself, the CA
    it came from is read from certbot's renewal file.
  - Before the CA is asked, the module fetches a file of its own from port 80 of the host. When that is not served, the
    CA is not asked, because a validation that fails counts towards its rate limits.
  - A public CA is not asked for a private name, such as one that ends in C(.lan). What a CA refused because of its name
    is remembered below C(/var/lib/constellation-edge), and asked for again when the CA's URL or the names change.
  - A certificate that cannot be had now is reported with what is missing. The next run finishes it.
  - A lineage that was made with another authenticator or another webroot is the owner's. It is accepted while it is
    valid and has the names that are wanted; otherwise it is reported with the remedy.
  - Where its renewal would fail behind nginx, or nginx would not read the new certificate, its renewal file is changed,
    without a new certificate. The authenticator V(nginx) stays while its plugin is installed, V(standalone) and a
    folder that port 80 does not serve give way to O(webroot), others stay. The owner's hooks stay, and O(renew_hook)
    is added where none of them reloads nginx. What the file said before is kept below
    C(/var/lib/constellation-edge/renewal).
  - A lineage of another name that is valid for all the names is used where there is none of the name that is wanted.
    Of several, it is the one that lives longest.
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
    details: The CA is not asked. What is missing is expected to be issued.
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - certbot 1.21 or later, with its python3-cryptography
options:
  certificates:
    description: The lineages. Others on the host are left alone. Required where O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the lineage, which is its folder below C(/etc/letsencrypt/live).
        type: str
        required: true
      names:
        description: Host names the certificate is valid for. Without any, it is the name of the lineage.
        type: list
        elements: str
        default: []
      key_type:
        description: Kind of the private key.
        type: str
        choices: [ecdsa, rsa]
        default: ecdsa
  state:
    description:
      - With V(released), every lineage that is renewed through O(webroot) is changed so that it renews without anything
        of this collection. That is the way it had before, where that still works; else a folder that port 80 serves
        for its names, with a hook that reloads nginx; else certbot's nginx plugin, where it is installed; else with
        nginx stopped meanwhile.
      - For leaving, when the site files are gone. No certificate is asked for.
    type: str
    choices: [present, released]
    default: present
  email:
    description: Address for the account at the CA. Empty registers without one.
    type: str
    default: ""
  server:
    description: URL of the CA's ACME directory.
    type: str
    default: https://acme-v02.api.letsencrypt.org/directory
  webroot:
    description: Folder from which port 80 serves C(/.well-known/acme-challenge/). It is made when it is missing.
    type: path
    default: /var/lib/constellation-edge/acme
  renew_hook:
    description: Command that certbot runs after each certificate it got, now and at each renewal.
    type: str
    default: systemctl reload nginx
  required:
    description: Whether a certificate that cannot be had fails the task.
    type: bool
    default: false
  timeout:
    description: Seconds that one certificate may take.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Have a certificate for two names
  constellation.edge.certbot_certificate:
    email: me@example.org
    certificates:
      - name: home.example.org
        names: [home.example.org, camera.example.org]
  register: certificates

- name: Have every lineage renewed without this collection, as the last step on leaving
  constellation.edge.certbot_certificate:
    state: released
"""

RETURN = r"""
certificates:
  description: The state of each lineage after the run, by the name that was wanted. In check mode the state before it.
  returned: success, when O(state=present)
  type: dict
  contains:
    lineage:
      description: The name of the lineage, another one where that is valid for all the names. Empty without one.
      type: str
      sample: home.example.org
    fullchain:
      description: Path of the certificate with its chain, empty when there is none that can be used.
      type: str
      sample: /etc/letsencrypt/live/home.example.org/fullchain.pem
    privkey:
      description: Path of the private key, empty when there is no certificate that can be used.
      type: str
    source:
      description: V(certbot) when there is a certificate whose key fits, else V(none).
      type: str
    names:
      description: Host names the certificate is valid for.
      type: list
      elements: str
    issuer:
      description: Who signed it.
      type: str
      sample: E7 (Let's Encrypt)
    not_after:
      description: When it ends, in UTC.
      type: str
      sample: "2026-11-01T10:00:00Z"
    days_left:
      description: Whole days until then. Null without a certificate.
      type: int
    key_type:
      description: Kind of its key, V(ecdsa), V(rsa) or V(other).
      type: str
    serial:
      description: Serial number in hexadecimal.
      type: str
    problem:
      description: Why the certificate is not as wanted, and how to finish. Empty when it is.
      type: str
notes:
  description: RV(released) as sentences.
  returned: success, when O(state=released)
  type: list
  elements: str
released:
  description: How each lineage that was changed is renewed from now on, by its name.
  returned: success, when O(state=released)
  type: dict
  sample:
    home.example.org: renews by certbot's authenticator nginx, as before
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._certbot.issue import reconcile, wanted
from ..module_utils._certbot.lineage import CertbotSettings
from ..module_utils._certbot.offered import withdraw_left
from ..module_utils._certbot.release import release
from ..module_utils._host.errors import EdgeError
from ..module_utils._host.files import explain
from ..module_utils._host.names import STATE_FOLDER, WEBROOT

ARGUMENTS = {
    "certificates": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "default": []},
            "key_type": {"type": "str", "choices": ["ecdsa", "rsa"], "default": "ecdsa"},
        },
    },
    "state": {"type": "str", "choices": ["present", "released"], "default": "present"},
    "email": {"type": "str", "default": ""},
    "server": {"type": "str", "default": "https://acme-v02.api.letsencrypt.org/directory"},
    "webroot": {"type": "path", "default": WEBROOT},
    "renew_hook": {"type": "str", "default": "systemctl reload nginx"},
    "required": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 300},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS, required_if=[("state", "present", ["certificates"])], supports_check_mode=True
    )
    given = module.params
    settings = CertbotSettings(
        given["email"], given["server"], Path(given["webroot"]), given["renew_hook"], given["timeout"]
    )
    try:
        if not module.check_mode:
            withdraw_left()
    except OSError as error:
        module.fail_json(msg=f"{explain(error, STATE_FOLDER)}. Nothing was changed")
    try:
        answer, warnings = (_release if given["state"] == "released" else _present)(module, settings)
    except EdgeError as error:
        module.fail_json(msg=str(error))
    for warning in warnings:
        module.warn(warning)
    module.exit_json(**answer)


def _present(module: AnsibleModule, settings: CertbotSettings) -> tuple[dict[str, object], list[str]]:
    given = module.params
    outcome = reconcile(
        [wanted(each["name"], each["names"], each["key_type"]) for each in given["certificates"]],
        settings,
        check_mode=module.check_mode,
        required=given["required"],
    )
    header = "certificates of certbot"
    shown = {"before_header": header, "after_header": header, "before": outcome.before, "after": outcome.after}
    answer = {"changed": outcome.changed, "certificates": outcome.certificates, "diff": [shown, *outcome.diff]}
    return answer, outcome.warnings


def _release(module: AnsibleModule, settings: CertbotSettings) -> tuple[dict[str, object], list[str]]:
    outcome = release(settings, check_mode=module.check_mode)
    notes = [f"the certificate {name} stays and {told}" for name, told in outcome.told.items()]
    answer = {"changed": outcome.changed, "released": outcome.told, "notes": notes, "diff": outcome.diff}
    return answer, outcome.warnings


if __name__ == "__main__":
    main()
