# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that Ansible Vault locks is named, at whatever depth it is, with the way to open it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.vault import EncryptedString
from ansible_collections.constellation.edge.plugins.plugin_utils._vault import locked, locked_variables

TEXT = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
OPEN = "add --ask-vault-pass to the command, or --vault-password-file FILE"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Attempting to decrypt but no vault secrets found.", "is locked by Ansible Vault"),
        ("Decryption failed (no vault secrets were found that could decrypt).", "is locked by another vault password"),
    ],
)
def test_the_way_to_open_it_is_told(said, why):
    text = locked(AnsibleError(said), "edge_email")
    assert text.startswith(f"edge_email {why}")
    assert text.endswith(OPEN)


def test_another_error_is_none_of_the_vaults():
    assert locked(AnsibleError("'x' is undefined"), "edge_email") == ""


def test_a_locked_value_is_found_at_every_depth_and_told_once(monkeypatch):
    def refuse(_self):
        raise AnsibleError("Attempting to decrypt but no vault secrets found.")

    monkeypatch.setattr(EncryptedString, "_decrypt", refuse)
    secret = EncryptedString(ciphertext=TEXT)
    variables = {"a": secret, "b": [{"c": secret, "d": secret}], "e": "open", "other": secret}
    found = locked_variables(variables, ["a", "b", "e", "missing"])
    assert [text.split()[0] for text in found] == ["a", "b"]
    assert all(text.endswith(OPEN) for text in found)
