# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C16: what YAML made another number of is known by its source line, also where no file of the inventory has it."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import yaml_numbers
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import argument_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.yaml_numbers import (
    number_faults,
    number_problems,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._origin import where, written


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load(text):
        file = tmp_path / "vars.yml"
        file.write_text(text, encoding="utf-8")
        return DataLoader().load_from_file(str(file), trusted_as_template=True)

    return load


def test_c16_a_range_in_a_variable_of_another_name(loaded):
    variables = loaded('mine:\n  - { port: 80 }\n  - { source: any, port: 20:21 }\nrules: "{{ mine }}"\n')
    rules = Templar(loader=DataLoader(), variables=variables).template(variables["rules"])
    defaults = {"email": "", "acme_server": "https://ca.example.org/", "ignoreip": [], "lan": []}
    arguments = {
        **defaults,
        "firewall_rules": rules,
        "connection_limit": 0,
        "connection_limit_exempt": [],
        "presets_dir": None,
    }
    (problem,) = argument_problems(arguments)
    assert problem.place == "edge_firewall_rules[1].port"
    assert problem.text == "'20:21' without quotes is the number 1221 to YAML: write \"20:21\""
    assert where(problem.value) == "vars.yml:3: "


@pytest.mark.parametrize(
    ("value", "number"),
    [("20:21", "1221"), ("0443", "291"), ("1:2:3", "3723"), ("+1:30", "90"), ("1:30.5", "90.5"), ("[1:30, 2]", "90")],
)
def test_a_number_of_another_base_is_seen(loaded, value, number):
    (problem,) = number_problems(loaded(f"x:\n- y: {value}\n"))
    assert f"without quotes is the number {number} to YAML" in problem.text


@pytest.mark.parametrize("value", ["1221", "8_080", "0", "1.5", "yes", '"20:21"', "6000:6100", "{ a: 1 }", "[80,443]"])
def test_what_is_written_as_it_is_read_is_taken(loaded, value):
    assert number_problems(loaded(f"x:\n- y: {value}\n")) == []


def test_a_value_of_our_own_was_written_nowhere(loaded):
    assert written(5) == written(None) == ""
    gone = loaded("x: 20:21\n")
    (problem,) = number_problems(gone)
    assert written(problem.value) == "20:21"
    assert number_problems({"x": 1221, "y": (1,)}) == []


def test_a_secret_number_of_another_base_is_not_quoted(loaded, monkeypatch):
    monkeypatch.setattr(yaml_numbers, "SECRETS", frozenset({"password", "users"}))
    text = "edge_sites:\n- port: 0443\n  password: 0123\n  users:\n    anna: [0765]\n"
    hidden = "without quotes is another number to YAML: quote it (its value is secret and not shown)"
    said = ["'0443' without quotes is the number 291 to YAML: write \"0443\"", f"password {hidden}", f"users {hidden}"]
    assert [fault.text for fault in number_faults(text)] == said
    found = number_problems(loaded(text))
    assert [problem.text for problem in found] == said
    assert [problem.place for problem in found] == [
        "edge_sites[0].port",
        "edge_sites[0].password",
        "edge_sites[0].users[0]",
    ]
    assert [where(problem.value) for problem in found] == [f"vars.yml:{line}: " for line in (2, 3, 5)]
