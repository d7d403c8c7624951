# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes a host that its owner set up by hand after that."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import runs
from moving import look, of_owner, statements, watch, written_inventory
from owners import CONSTELLATION

pytest_plugins = ["whole_move"]


@pytest.mark.long
@pytest.mark.owners("article")
def test_who_moves_the_server_below_a_path_has_readers_of_old_addresses_sent_on(
    moved, movers, client, tmp_path, capsys
):
    """Behind a leaving: his file is as he wrote it, and adoption and move are one run."""
    for home in of_owner(movers, "article"):
        runs.module(moved.inventory, home.name, "nginx_site", sites=[])
        path = written_inventory([home], tmp_path / f"{home.name}.yml", routes=[CONSTELLATION])
        was = look(home)
        seen = watch(client, home, ["DOMAIN/", "DOMAIN/constellation/"])
        try:
            done = runs.site(path)
        finally:
            seen.end()
        assert done.rc == 0, done.tail
        assert re.search(
            rf"NOTE https://{home.domain}/ sends readers on to https://{home.domain}/constellation/", done.text
        )
        old = max(at for at, (root, _path) in enumerate(seen.statuses) if root == 200)
        new = seen.statuses.index([308, 200])
        with capsys.disabled():
            gap = seen.times[new] - seen.times[old]
            print(
                f"\n{home.name}: below a path, {gap:.1f} s between the last old answer and the first new one",
                flush=True,
            )
        assert [root for root, _path in seen.statuses[: old + 1]] == [200] * (old + 1)
        assert seen.statuses[new:] == [[308, 200]] * (len(seen.statuses) - new)
        assert [len(each) for each in seen.certificates] == [1, 1]
        assert look(home).lineages == was.lineages
        for file, text in look(home).texts.items():
            assert not Counter(statements(was.texts[file])) - Counter(statements(text))
        answer = client.curl(home, f"https://{home.domain}/rest/a%20b?c=1", "-o", "/dev/null", "-w", "%{redirect_url}")
        assert answer.stdout == f"https://{home.domain}/constellation/rest/a%20b?c=1"
        # His location goes on leading there, and the server does not know the path any more.
        assert client.status(home, f"https://{home.domain}/rest/a", "-d", "") in ("400", "404")
        again = runs.site(path)
        assert again.count(home.name, "changed") == 0, again.changed(home.name)


@pytest.mark.owners("routes")
@pytest.mark.long
def test_what_was_closed_is_not_opened_by_taking_the_file_away(moved, movers, tmp_path):
    """Behind all others: an owner takes his file out of sites-enabled, as he does who wants a fresh start."""
    guarded = of_owner(movers, "routes")
    for home in guarded:
        home.host.check_output("rm /etc/nginx/sites-enabled/constellation && systemctl reload nginx")
    inventory = written_inventory(guarded, tmp_path / "guarded.yml", adopt=False)
    before = {home.name: look(home) for home in guarded}
    for options in (["--check"], []):
        opened = runs.site(inventory, *options)
        assert opened.rc == 2, opened.tail
        assert opened.tasks[1:] == []
    assert before == {home.name: look(home) for home in guarded}
    for path, name in (("/zm/", "auth_basic"), ("/zm/", "limit_req"), ("/jeedom/", "deny")):
        place = r"\(/etc/nginx/[^)]*constellation:\d+\)"
        said = rf"{path} would be served without what protects {path}: [^.]*{name} {place}"
        assert re.search(said, opened.text), opened.tail
    for home in guarded:
        home.host.check_output(
            "ln -s ../sites-available/constellation /etc/nginx/sites-enabled/ && systemctl reload nginx"
        )
