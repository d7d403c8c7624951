# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a value was written, as ansible-core itself knows it. Fails when a new core keeps that somewhere else."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible_collections.constellation.edge.plugins.plugin_utils._origin import where


def test_a_value_of_a_file_is_named_with_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "inventory.yml"
    file.write_text("sites:\n  - server_name: home.example.org\n    hsts: yes\n", encoding="utf-8")
    loaded = DataLoader().load_from_file(str(file), trusted_as_template=True)
    (site,) = loaded["sites"]
    assert where(site["server_name"]) == "inventory.yml:2: "
    assert where(next(key for key in site if key == "hsts")) == "inventory.yml:3: "
    assert where(loaded["sites"]) == "inventory.yml:2: "


def test_a_value_of_our_own_has_no_place():
    assert where("text") == where(None) == where(True) == ""
