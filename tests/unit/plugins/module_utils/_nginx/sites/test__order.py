# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of changes: nginx, here one that knows zones and default servers alone, accepts every state in between."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _order as module
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._order import safe_order
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import (
    Change,
    Link,
    Remove,
    TransactionError,
    Write,
)


class Nginx:
    """Site files, all of which are read through their links, and a judge that needs every used zone exactly once."""

    def __init__(self, root: Path) -> None:
        """Make the folders."""
        self.root = root
        self.tests = 0
        for name in ("sites-available", "sites-enabled"):
            (root / name).mkdir()

    def path(self, name: str) -> str:
        return str(self.root / "sites-available" / name)

    def link(self, name: str) -> str:
        return str(self.root / "sites-enabled" / name)

    def have(self, **texts: str) -> None:
        for name, text in texts.items():
            Path(self.path(name)).write_text(text)
            Path(self.link(name)).symlink_to(self.path(name))

    def write(self, name: str, text: str) -> Write:
        return Write(self.path(name), text.encode())

    def order(self, *changes: Change) -> list[Change]:
        found = safe_order(list(changes), str(self.root), str(self.root / "state"))
        assert not (self.root / "state" / ".stage").exists()
        return found

    def accepts(self, changes: list[Change]) -> bool:
        texts = {str(path): path.read_text() for path in (self.root / "sites-available").iterdir()}
        links = {str(path): str(path.readlink()) for path in (self.root / "sites-enabled").iterdir()}
        for change in changes:
            if isinstance(change, Write):
                texts[change.path] = change.content.decode()
            elif isinstance(change, Link):
                links[change.path] = change.target
            elif change.path in links:
                del links[change.path]
            else:
                del texts[change.path]
        if any(target not in texts for target in links.values()):
            return False
        whole = "".join(texts[target] for target in links.values())
        made, used = re.findall(r"zone=(\w+):1m", whole), re.findall(r"zone=(\w+);", whole)
        return len(set(made)) == len(made) and set(used) <= set(made) and whole.count("default_server") < 2

    def check(self, changes: list[Change], *, root: str, folder: str) -> bool:
        self.tests += 1
        assert root == str(self.root)
        assert Path(folder).is_dir()
        if not self.accepts(changes):
            raise TransactionError("refused")
        return True


@pytest.fixture
def nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nginx:
    made = Nginx(tmp_path)
    monkeypatch.setattr(module, "check", made.check)
    return made


def ordered(nginx: Nginx, *changes: Change) -> list[Change]:
    """Return the order, after a look at every state in between."""
    found = nginx.order(*changes)
    assert sorted(map(repr, found)) == sorted(map(repr, changes))
    for number in range(1, len(found) + 1):
        assert nginx.accepts(found[:number]), found[:number]
    return found


ZONE, USE, PLAIN = "limit_req_zone $a zone=z:1m rate=1r/s;", "server { limit_req zone=z; }", "server { }"


def test_what_is_used_comes_before_its_use(nginx: Nginx) -> None:
    nginx.have(a=PLAIN, b=PLAIN, c=PLAIN)
    found = ordered(nginx, nginx.write("a", USE), nginx.write("b", USE), nginx.write("c", PLAIN + ZONE))
    assert found[0] == nginx.write("c", PLAIN + ZONE)


def test_what_is_no_longer_used_goes_after_its_use(nginx: Nginx) -> None:
    nginx.have(a=ZONE + PLAIN, b=USE, c=USE)
    ordered(nginx, nginx.write("a", PLAIN), nginx.write("b", PLAIN), nginx.write("c", PLAIN))


def test_a_new_file_with_what_others_use_is_linked_before_them(nginx: Nginx) -> None:
    nginx.have(a=PLAIN)
    ordered(nginx, nginx.write("new", ZONE), nginx.write("a", USE), Link(nginx.link("new"), nginx.path("new")))


def test_a_default_server_goes_before_another_one_comes(nginx: Nginx) -> None:
    text = "server { listen 80 default_server; }"
    nginx.have(a=text)
    changes = [
        nginx.write("new", text),
        Link(nginx.link("new"), nginx.path("new")),
        Remove(nginx.link("a")),
        Remove(nginx.path("a")),
    ]
    ordered(nginx, *changes)


def test_without_a_safe_order_the_journal_is_relied_on(nginx: Nginx) -> None:
    nginx.have(a=ZONE + USE, b=PLAIN)
    changes: list[Change] = [nginx.write("a", USE), nginx.write("b", ZONE)]
    assert nginx.order(*changes) == changes


def test_files_that_share_nothing_cost_no_test(nginx: Nginx) -> None:
    nginx.have(a=PLAIN, b=PLAIN)
    nginx.order(nginx.write("a", "server { return 204; }"), nginx.write("b", "server { listen 443 ssl; }"))
    nginx.order(nginx.write("a", ZONE))
    assert nginx.tests == 0


def test_too_many_are_left_to_the_journal(nginx: Nginx) -> None:
    names = [f"s{number:03}" for number in range(100)]
    nginx.have(**dict.fromkeys(names, USE), zone=ZONE)
    changes: list[Change] = [nginx.write("zone", PLAIN), *(nginx.write(name, PLAIN) for name in names)]
    assert nginx.order(*changes) == changes
    assert nginx.tests == module.MOST_TESTS


def test_what_many_will_use_is_found_at_once(nginx: Nginx) -> None:
    names = [f"s{number:03}" for number in range(30)]
    nginx.have(**dict.fromkeys(names, PLAIN), zone=PLAIN)
    changes: list[Change] = [*(nginx.write(name, USE) for name in names), nginx.write("zone", ZONE)]
    assert ordered(nginx, *changes)[0] == changes[-1]
    assert nginx.tests == len(names)
