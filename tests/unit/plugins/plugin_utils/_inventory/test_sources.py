# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of an inventory that Ansible passes over with a warning, each named for what it is."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.sources import (
    DEFAULT_SOURCE,
    extra_problems,
    file_problems,
)

GOOD = """edge:
  hosts:
    home: { ansible_host: 192.168.0.2 }
  vars:
    edge_email: me@example.org
    edge_sites:
      - server_name: home.example.org
        routes:
          - path: /
            upstream: http://192.168.0.10
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(folder, text, name="inventory.yml") -> list[str]:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return [str(problem) for problem in file_problems([str(folder / "inventory.yml")])]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    edge_email:", "\tedge_email:", 5, "no YAML: a tab, where YAML indents with blanks alone"),
        ("edge_email: me", "edge_email:me", 5, "no YAML: a blank is missing behind 'edge_email:'"),
        ("edge_email: me@", "edge_email: 'me@", 5, "column 17: a quote that opens here is never closed"),
        ("192.168.0.2 }", "192.168.0.2", 3, "column 11: a bracket that opens here is never closed"),
        ("    edge_email:", "     edge_email:", 6, "column 5: it does not stand below the lines before it"),
        ("me@example.org", "me: example.org", 5, "or quote a value that has ': ' in it"),
        ("me@example.org", "*me", 5, "a value that begins with * has to be quoted"),
        ("    edge_email: me@example.org", "    edge_email", 6, "a colon where none can be"),
        ("  vars:\n", "  vars:\n    edge_email: you@example.org\n", 6, "the key 'edge_email' stands in line 5 already"),
        ("- path: /", "- path: /\n            path: /a/", 10, "the key 'path' stands in line 9 already"),
        ("    home: {", "    - home: {", 3, "`hosts:` of the group 'edge' has to be a mapping: write `home:`"),
        ("home: { ansible_host: 192.168.0.2 }", "home: 192.168.0.2", 3, "`home: { ansible_host: ADDRESS }`"),
        ("  vars:\n", "", 4, "the host 'edge_email' has to be a mapping"),
        ("  vars:\n    edge_email", "  edge_email", 5, "column 15: a colon where none can be: indent the line less"),
        ("  vars:\n", "  vrs:\n", 4, "unknown key 'vrs' in the group 'edge'; did you mean 'vars'?"),
        ("edge:\n", "edge_sites: []\nedge:\n", 1, "'edge_sites' stands at the top, where groups are"),
        ("edge:\n  hosts", "  hosts", 1, "'hosts' stands at the top, and belongs to a group"),
    ],
)
def test_a_mistake_is_named_with_its_line(folder, old, new, line, words):
    assert old in GOOD
    found = said(folder, GOOD.replace(old, new, 1))
    assert found[0].startswith(f"inventory.yml:{line}: "), found
    assert words in found[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty: an inventory begins with `edge:`"),
        ("- hosts: edge\n  roles: []\n", "no inventory, but a list, as a playbook is"),
        ("edge\n", "no inventory, but no mapping"),
        ("edge:\n  - home\n", "the group 'edge' has to have `hosts:` or `vars:` below it"),
    ],
)
def test_what_is_no_inventory_is_called_so(folder, text, words):
    assert words in said(folder, text)[0]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "---\n" + GOOD + "...\n",
        GOOD.replace("me@example.org", "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6162\n"),
        GOOD.replace("me@example.org", "!unsafe '{{ x }}'"),
        "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
        "plugin: ansible.builtin.constructed\nhosts: [a]\n",
        "all:\n  children:\n    edge:\n      hosts:\n        home:\n",
        "edge:\n  hosts: { a: &x { p: 1 }, b: { <<: *x, <<: *x } }\n",
        '{"edge": {"hosts": {"home": {}}}}',
    ],
)
def test_an_inventory_is_no_problem(folder, text):
    assert said(folder, text) == []


def test_a_misspelt_file_is_told_the_nearest_one(folder):
    (folder / "inventory.yml").write_text(GOOD)
    (problem,) = file_problems([str(folder / "inventry.yml")])
    assert str(problem).startswith("inventry.yml: there is no such file")
    assert str(problem).endswith("did you mean 'inventory.yml'?")
    assert str(file_problems([str(folder / "hosts")])[0]).endswith("; beside it: inventory.yml")
    assert "there is no folder" in str(file_problems([str(folder / "etc" / "hosts")])[0])


def test_no_inventory_at_all_is_told_the_option(monkeypatch):
    monkeypatch.setattr("os.path.exists", lambda path: path != DEFAULT_SOURCE)
    assert [str(each) for each in file_problems([DEFAULT_SOURCE])] == [
        "no inventory is named: add `-i inventory.yml` to the command"
    ]


@pytest.mark.parametrize("name", ["group_vars/edge.yml", "group_vars/edge/more.yaml", "host_vars/home"])
def test_files_with_variables_beside_it_are_read_too(folder, name):
    (folder / "inventory.yml").write_text(GOOD)
    file = folder / name
    file.parent.mkdir(parents=True)
    file.write_text("edge_lan: []\nedge_lan: []\n")
    (problem,) = file_problems([str(folder / "inventory.yml")])
    assert str(problem).startswith(f"{name}:2: the key 'edge_lan' stands in line 1 already")
    file.rename(folder / name.replace("/", "_"))
    assert file_problems([str(folder / "inventory.yml")]) == []


def test_what_is_no_file_of_yaml_is_left_to_ansible(folder):
    (folder / "hosts.ini").write_text("[edge]\nhome\n")
    script = folder / "inventory.yml"
    script.write_text("#!/bin/sh\n\techo {}\n")
    script.chmod(0o755)
    assert file_problems([str(folder / "hosts.ini"), str(script), "home,other,"]) == []
    (folder / "inventories").mkdir()
    (folder / "inventories" / "a.yml").write_text("edge:\n\thosts:\n")
    assert "inventories/a.yml:2: " in str(file_problems([str(folder / "inventories")])[0])


def test_a_file_that_cannot_be_read_is_named(folder):
    (folder / "inventory.yml").write_bytes(b"edge: \xff\n")
    (problem,) = file_problems([str(folder / "inventory.yml")])
    assert str(problem) == "inventory.yml: cannot be read: it is not UTF-8"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("    edge_firewall_rules: [{ port: 20:21 }]\n", "5: '20:21' without quotes is the number 1221"),
        ("    edge_firewall_rules:\n      - source: any\n        port: 20:21\n", "7: '20:21'"),
        ("    hardening_rules: [{ port: 80 }, { port: 1:1:1 }]\n", "5: '1:1:1' without quotes is the number 3661"),
        ("    edge_firewall_rules: [{ port: 0443 }]\n", "5: '0443' without quotes is the number 291"),
        ("    nginx_proxy_x: { 20:30: a }\n", "5: '20:30' without quotes is the number 1230"),
        ("    edge_lan: [20:21.5]\n", "5: '20:21.5' without quotes is the number 1221.5"),
        ("    mine: &a [20:21]\n    edge_lan: *a\n", "5: '20:21' without quotes is the number 1221"),
    ],
)
def test_c16_a_range_that_yaml_takes_for_a_number_is_refused(folder, lines, words):
    (problem,) = said(folder, GOOD.replace("    edge_email", f"{lines}    edge_email", 1))
    assert problem.startswith(f"inventory.yml:{words}")
    assert ' to YAML: write "' in problem


@pytest.mark.parametrize(
    "lines",
    [
        '    edge_firewall_rules: [{ port: "20:21" }, { port: 6000:6100 }, { port: 8_080 }, { port: 0 }]\n',
        "    backup_at: 20:21\n    umask: 0022\n",
        "    edge_lan: ['20:21', !!str 20:21, 2001:db8::1, 20:21:99, 08:30, 192.168.0.1:22]\n",
    ],
)
def test_what_yaml_leaves_as_it_is_or_is_not_ours_is_taken(folder, lines):
    assert said(folder, GOOD.replace("    edge_email", f"{lines}    edge_email", 1)) == []


def test_a_number_of_another_base_is_seen_beside_the_inventory(folder):
    (folder / "inventory.yml").write_text(GOOD)
    (problem,) = said(folder, "edge_firewall_rules:\n  - port: 20:21\n", "group_vars/edge.yml")
    assert problem.startswith("group_vars/edge.yml:2: '20:21'")


def test_c16_a_number_of_another_base_is_seen_in_what_the_command_gives(folder):
    file = folder / "more.yml"
    file.write_text("edge_firewall_rules:\n  - port: 20:21\n")
    given = ["{edge_firewall_rules: [{port: 30:31}]}", f"@{file}", "edge_firewall_rules=40:41", "{other: 50:51}", "@-"]
    problems = [str(problem) for problem in extra_problems(given)]
    assert problems[0] == "-e: '30:31' without quotes is the number 1831 to YAML: write \"30:31\""
    assert problems[1].startswith("more.yml:2: '20:21'")
    assert len(problems) == 2


def test_an_alias_of_itself_ends(folder):
    lines = "    mine: &a [*a, 1]\n    edge_lan: &b [*b, *a, 20:21]\n"
    assert len(said(folder, GOOD.replace("    edge_email", f"{lines}    edge_email", 1))) == 1
