# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret value that a file shows to every reader, as ansible-core itself hands it on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible._internal._datatag._tags import Origin
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.template import Templar
from ansible_collections.constellation.edge.plugins.plugin_utils._literal import line_of, readable

SECRET = VaultSecret(b"vault")
LOCKED = VaultLib([("default", SECRET)]).encrypt("from-vault").decode().replace("\n", "\n    ")
TEXT = f"""
shared: literal
locked: !vault |
    {LOCKED}
quoted: "quo\\"ted"
flow: {{a: in-flow, b: "{{{{ lookup('env', 'EDGE_PW') }}}}"}}
users:
  plain: literal-plain
  shared: "{{{{ shared }}}}"
  locked: "{{{{ locked }}}}"
  constant: "{{{{ 'constant' }}}}"
  filtered: "{{{{ shared | trim }}}}"
  env: "{{{{ lookup('env', 'EDGE_PW') }}}}"
  quoted: "{{{{ quoted }}}}"
  flow: "{{{{ flow.a }}}}"
  lookup: "{{{{ flow.b }}}}"
  file: "{{{{ lookup('file', secret) }}}}"
"""


def users_of(text: str, folder: Path, name: str = "inventory.yml", **more: Any) -> dict[str, Any]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    loader = DataLoader()
    loader.set_vault_secrets([("default", SECRET)])
    variables = loader.load_from_file(str(path), trusted_as_template=True) | more
    found: dict[str, Any] = Templar(loader, variables).template(variables["users"])
    return found


def test_what_the_file_shows_is_told_with_its_line_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_PW", "from-env")
    monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext([("default", SECRET)]))
    secret = tmp_path / "secret"
    secret.write_text("from-file\n", encoding="utf-8")
    users = users_of(TEXT, tmp_path, secret=str(secret))
    lines = {number: line.strip() for number, line in enumerate(TEXT.splitlines(), 1)}
    shown = {name: lines.get(readable(value), "").partition(":")[0] for name, value in users.items()}
    assert shown == {
        "plain": "plain",
        "shared": "shared",
        "locked": "",
        "constant": "constant",
        "filtered": "shared",
        "env": "",
        "quoted": "quoted",
        "flow": "flow",
        "lookup": "",
        "file": "",
    }
    assert (users["env"], users["locked"], users["file"]) == ("from-env", "from-vault", "from-file")


def test_an_encrypted_file_shows_nothing(tmp_path: Path) -> None:
    locked = VaultLib([("default", SECRET)]).encrypt("users: {anna: hidden}\n").decode()
    (user,) = users_of(locked, tmp_path).values()
    assert (user, readable(user)) == ("hidden", 0)


def test_what_has_no_file_shows_nothing(tmp_path: Path) -> None:
    assert readable("text") == 0
    assert readable(Origin(description="<CLI option '-e'>").tag("text")) == 0
    assert readable(Origin(path=str(tmp_path / "gone"), line_num=1).tag("text")) == 0


def test_a_line_that_is_no_yaml_counts_as_text(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text('[edge]\nhome edge_users=\'{"anna": "hunter2"}\'\n[edge:vars]\nx=whole\n', encoding="utf-8")
    assert readable(Origin(path=str(path), line_num=2).tag("hunter2")) == 2
    assert readable(Origin(path=str(path), line_num=1).tag("hunter2")) == 0


def test_another_value_of_the_line_is_not_meant(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text("a: {b: word1, c: \"{{ lookup('env', 'X') }}\"}\n", encoding="utf-8")
    assert readable(Origin(path=str(path), line_num=1, col_num=15).tag("word")) == 0
    assert readable(Origin(path=str(path), line_num=1, col_num=8).tag("word")) == 1


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yml"
    for number, word in enumerate(("one", "two")):
        path.write_text(f"a: {word}\n", encoding="utf-8")
        os.utime(path, ns=(number, number))
        assert [line_of(each, str(path)) for each in ("one", "two")] == [int(word == "one"), int(word == "two")]
    path.write_bytes(b"a: \xff\n")
    assert line_of("one", str(path)) == 0
