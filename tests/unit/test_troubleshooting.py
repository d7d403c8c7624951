# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide about what a run says has every message of the code, and no other."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import VARIABLES
from tools.checkout import ROOT
from tools.messages import Message, collect
from tools.troubleshooting import GUIDE, Entry, entries, item, missing, stale

MESSAGES = collect()
ENTRIES = entries(GUIDE.read_text(encoding="utf-8"))
HOW = (
    "An entry of docs/guides/troubleshooting.md is the message as a list item, `…` for what varies, a blank line, and "
    "`**Cause:** ... **Remedy:** ...`. What to paste is printed by "
    "`PYTHONPATH=tests .venv/bin/python -m tools.troubleshooting`."
)


def test_the_guide_has_every_message() -> None:
    lacks = [f"{each.path}:{each.line}\n{item(each.text)}" for each in missing(MESSAGES, ENTRIES)]
    assert not lacks, f"{HOW}\nMissing:\n" + "\n".join(lacks)


def test_the_guide_has_nothing_that_nobody_says() -> None:
    gone = [f"{GUIDE.name}:{line}: {text}" for line, text in stale(MESSAGES, ENTRIES)]
    assert not gone, f"{HOW}\nNot in the code any more, correct or remove:\n" + "\n".join(gone)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"line {entry.line}")
def test_each_entry_has_cause_and_remedy(entry: Entry) -> None:
    assert len(entry.cause) > 5, HOW
    assert len(entry.remedy) > 5, HOW


def test_no_message_stands_twice() -> None:
    texts = [text for entry in ENTRIES for text in entry.messages]
    assert sorted(texts) == sorted(set(texts))


def test_a_guide_that_lacks_a_message_is_told_so() -> None:
    message = Message("plugins/x.py", 3, "the port … is taken by …")
    (entry,) = entries("## One\n\n- `the port … is taken by …`\n\n**Cause:** a\nprogram. **Remedy:** stop it.\n")
    assert entry == Entry(3, (message.text,), "a\nprogram.", "stop it.")
    assert missing([message], [entry]) == []
    assert missing([message], []) == [message]
    assert stale([], [entry]) == [(3, message.text)]


def test_messages_of_one_cause_share_an_entry_and_the_next_one_begins_anew() -> None:
    text = "- `a b … c`\n- `` d `e` f ``\n\n**Cause:** x. **Remedy:** y.\n\n- `g h i`\n\nNothing.\n"
    first, second = entries(text)
    assert first.messages == ("a b … c", "d `e` f")
    assert second.messages == ("g h i",)
    assert (second.cause, second.remedy) == ("", "")


def test_the_tasks_that_the_guide_names_are_there() -> None:
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
    names = {name for path in files for name in re.findall(r"- name: (.*)", path.read_text(encoding="utf-8"))}
    rows = re.findall(r"^\| (`.*?) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    said = {name for row in rows for name in re.findall(r"`(.*?)`", row)}
    assert said
    assert said <= names


def test_the_sections_that_the_guide_links_are_there() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#(.*?)\)", text)) <= anchors


def test_the_names_that_the_guide_gives_are_those_of_the_code() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("plugins/**/*.py"))
    roles = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
    for unit in re.findall(r"journalctl -u (constellation-edge-[\w-]+)", text):
        assert f"{unit}.service" in code
    told = re.findall(r"`((?:hardening|nginx_proxy|letsencrypt|constellation_config)_\w+)", text)
    assert told
    assert [name for name in told if f"      {name}:\n" not in roles] == []
    assert [name for name in re.findall(r"`(edge_\w+):", text) if name not in VARIABLES] == []
