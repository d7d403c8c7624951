# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of docs/guides are carried out."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.jail import as_strict, seconds, wanted_jails
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.plugin_utils._access import Login, remedy
from ansible_collections.constellation.edge.plugins.plugin_utils._become import refusal
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import variable_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.yaml_numbers import number_faults

ROOT = Path(__file__).resolve().parents[2]
CONTROLLER = (ROOT / "docs/guides/controller.md").read_text(encoding="utf-8")
PRESETS = read_presets(OURS).found
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a document in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run(folder: Path, settings: str, inventory: str, *argv: str) -> str:
    """Return what a command of Ansible's says with these settings; no host is asked."""
    shipped = (ROOT / "ansible.cfg").read_text(encoding="utf-8").replace("./.ansible", f"{ROOT}/.ansible")
    more = settings.replace("[defaults]\n", "")
    (folder / "ansible.cfg").write_text(shipped.replace("[defaults]\n", f"[defaults]\n{more}"), encoding="utf-8")
    (folder / "inventory.yml").write_text(inventory, encoding="utf-8")
    program = str(Path(sys.executable).with_name(argv[0]))
    env = os.environ | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [program, "-i", "inventory.yml", *argv[1:]], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_the_settings_change_nothing_of_what_is_said(tmp_path: Path) -> None:
    (settings,) = blocks(CONTROLLER, "ini")
    (sample,) = (block for block in blocks(README, "text") if block.startswith("inventory.yml:"))
    inventory = blocks(README, "yaml")[0].replace("upstream:", "upstrem:")
    said = run(tmp_path, settings, inventory, "ansible-playbook", str(ROOT / "playbooks/site.yml"))
    assert sample in said
    assert "DEPRECATION" not in said


def test_the_inventory_is_one(tmp_path: Path) -> None:
    (inventory,) = blocks(CONTROLLER, "yaml")
    said = run(tmp_path, "", inventory, "ansible-inventory", "--host", "home", "--yaml")
    assert "ansible_become_exe: sudo.ws" in said
    assert variable_problems({"ansible_become_exe": "sudo.ws"}) == []


def test_the_forgotten_password_is_told_so() -> None:
    sample, _other = blocks(CONTROLLER, "text")
    said = refusal({"module_stderr": "sudo: interactive authentication is required\n"})
    assert sample == f"host home: {said}\n"


def test_a_first_connection_is_told_so() -> None:
    _other, sample = blocks(CONTROLLER, "text")
    said = remedy("Host key verification failed.", Login("owner", "192.168.0.2"))
    assert sample == f"host home: {said}\n"


ARTICLE = (ROOT / "docs/guides/from-the-article.md").read_text(encoding="utf-8")
ARTICLE_FR = (ROOT / "docs/guides/fr/from-the-article.md").read_text(encoding="utf-8")


def test_both_languages_have_the_same_examples() -> None:
    for language in ("yaml", "console"):
        assert blocks(ARTICLE, language) == blocks(ARTICLE_FR, language)


def test_the_commands_are_those_of_the_readme() -> None:
    """The scenario `brownfield` carries them out, with the site of this guide among its owners'."""
    commands = "".join(blocks(README, "console"))
    for line in "".join(blocks(ARTICLE, "console")).splitlines():
        assert line in commands


def test_the_inventory_of_the_guide_is_valid() -> None:
    (text,) = blocks(ARTICLE, "yaml")
    variables = yaml.safe_load(text)["edge"]["vars"]
    (site,) = read_sites(variables["edge_sites"], PRESETS)
    assert site.adopt
    assert variable_problems(variables) == []


CLIENTS = (ROOT / "docs/guides/clients.md").read_text(encoding="utf-8")


def test_the_examples_about_clients_are_understood() -> None:
    sites, limits = (yaml.safe_load(block)["edge"]["vars"] for block in blocks(CLIENTS, "yaml"))
    (site,) = read_sites(sites["edge_sites"], PRESETS)
    assert [(route.buffering, route.websocket) for route in site.routes] == [(True, True), (False, False)]
    specs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    assert set(limits) <= {name for spec in specs for name in spec["argument_specs"]["main"]["options"]}


OWN = (ROOT / "docs/guides/presets.md").read_text(encoding="utf-8")


def own_preset(folder: Path, *changed: str) -> str:
    """Write the guide's preset beside the inventory, with a word of it changed; return the guide's inventory."""
    preset, inventory, _refusing = blocks(OWN, "yaml")
    (folder / "presets").mkdir()
    (folder / "presets/mealie.yml").write_text(preset.replace(*changed) if changed else preset, encoding="utf-8")
    return inventory


def test_a_preset_of_ones_own_is_written_as_the_guide_says(tmp_path: Path) -> None:
    variables = yaml.safe_load(own_preset(tmp_path))["edge"]["vars"]
    assert variable_problems(variables) == []
    own = read_presets(str(tmp_path / "presets"))
    assert own.problems == ()
    (site,) = read_sites(variables["edge_sites"], {**PRESETS, **own.found})
    assert [(route.upstream.url, route.websocket) for route in site.routes] == [("http://127.0.0.1:9000", False)]


def test_a_mistake_in_a_preset_of_ones_own_ends_the_run_before_a_host_is_asked(tmp_path: Path) -> None:
    inventory = own_preset(tmp_path, "port:", "prot:")
    said = run(tmp_path, "", inventory, "ansible-playbook", str(ROOT / "playbooks/site.yml"))
    (sample,) = blocks(OWN, "text")
    assert sample in said
    assert "has no preset" not in said


def test_a_folder_that_is_not_there_ends_the_run_with_the_line_of_the_variable(tmp_path: Path) -> None:
    _preset, inventory, _refusing = blocks(OWN, "yaml")
    said = run(tmp_path, "", inventory, "ansible-playbook", str(ROOT / "playbooks/site.yml"))
    place = f"inventory.yml:6: host home, edge_presets_dir: '{tmp_path}/presets' is no folder with presets"
    assert f"{place} (No such file or directory): a relative path begins where the command is run" in said
    assert "has no preset" not in said


def test_what_a_preset_refuses_ends_the_run_with_its_fact(tmp_path: Path) -> None:
    _preset, _inventory, refusing = blocks(OWN, "yaml")
    (tmp_path / "sonarr.yml").write_text(refusing, encoding="utf-8")
    own = read_presets(str(tmp_path))
    assert own.problems == ()
    route = {"path": "/sonarr/", "app": "sonarr", "prefix": "strip"}
    with pytest.raises(SchemaError, match="It serves below the path of its setting URL Base"):
        read_sites([{"server_name": "a.example.org", "routes": [route]}], own.found)


THERE = (ROOT / "docs/guides/what-is-there.md").read_text(encoding="utf-8")


def test_the_values_of_the_owners_jail_are_kept_as_the_guide_says() -> None:
    owner = configparser.ConfigParser()
    owner.read_string(blocks(THERE, "ini")[0])
    defaults = yaml.safe_load((ROOT / "roles/hardening/defaults/main.yml").read_text(encoding="utf-8"))
    values = {key: str(defaults[f"hardening_{key}"]) for key in ("bantime", "findtime", "maxretry")}
    [jail] = wanted_jails([{"name": "sshd"}], values, [22], [])
    _jail, warnings, notes = as_strict(jail, dict(owner["sshd"]), seconds)
    assert warnings == []
    assert notes == blocks(THERE, "text")[1].splitlines()


def test_a_site_listens_beside_the_server_of_the_guide(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "nginx.conf").write_text("events {}\nhttp {\n    include conf.d/*.conf;\n}\n")
    (tmp_path / "conf.d" / "old.conf").write_text(blocks(THERE, "nginx")[0])
    site = {"name": "new.example.org", "servers": [{"server_name": ["new.example.org"], "listen": ["80"]}]}
    planned = plan([site], root=str(tmp_path))
    assert [note.partition(":80, too: ")[0] for note in planned.notes] == [
        blocks(THERE, "text")[0].strip().partition(":80, too")[0]
    ]


def test_the_range_of_ports_is_a_number_without_its_quotes() -> None:
    (text,) = blocks(THERE, "yaml")
    assert number_faults(text) == []
    [fault] = number_faults(text.replace('"', ""))
    assert "'20:21' without quotes is the number 1221" in fault.text
