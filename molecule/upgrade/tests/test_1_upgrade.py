# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that version 0.1.0 converged goes on with this one, and 0.1.0 keeps off it afterwards."""

from __future__ import annotations

import json

import runs
from whole_upgrade import MARK, STATE, answers, urls

pytest_plugins = ["whole_upgrade"]

WORDS = (
    "This host is managed by a newer constellation.edge. Nothing was changed. "
    "Run that version, or its remove.yml before you run this one"
)


class TestWhatTheOlderVersionLeft:
    """Its records and its journals are read."""

    def test_it_converged_the_host(self, first, homes):
        assert first[1].rc == 0, first[1].tail
        assert "MISSING" not in first[1].text, first[1].tail

    def test_a_change_that_it_was_killed_in_is_put_back(self, put_back, homes):
        for home in homes:
            before, killed, after, _killed, _after = put_back[home.name]
            assert "journal.json" in killed
            assert any(name.startswith(f".{home.domain}.") for name in killed)
            assert after == before
            assert not home.host.file(f"/etc/nginx/sites-available/{home.domain}").contains("# more")

    def test_a_change_that_it_was_killed_behind_stays(self, put_back, homes):
        for home in homes:
            before, _killed, _after, killed, after = put_back[home.name]
            assert "journal.settled.json" in killed
            assert any(name.startswith(".unread.") for name in killed)
            assert after == before


class TestTheFirstRunOfThisVersion:
    """Nobody notices it, and nothing is lost by it."""

    def test_it_succeeds_and_shows_every_route(self, upgrade, homes):
        assert upgrade.done.rc == 0, upgrade.done.tail
        assert "MISSING" not in upgrade.done.text, upgrade.done.tail
        for home in homes:
            for url in urls(home):
                assert f'"{url} ' in upgrade.done.text, upgrade.done.tail

    def test_looking_first_changes_nothing_and_shows_what_the_run_then_writes(self, upgrade, homes):
        assert upgrade.checked.rc == 0, upgrade.checked.tail
        assert upgrade.looked == upgrade.converged
        for home in homes:
            # Server and proxy are one step, of whose files a dry run tells in the next task.
            one_step = ["The server listens on the URIs, and the proxy in front of it knows"]
            assert one_step + upgrade.checked.changed(home.name) == upgrade.done.changed(home.name)

    def test_no_request_failed_and_no_certificate_changed(self, upgrade, homes, capsys):
        for home in homes:
            rounds = answers(upgrade.asked[home.name])
            failed = [one for one in rounds if any(not answer.startswith("200/") for answer in one)]
            with capsys.disabled():
                print(f"\n{home.name}: {len(urls(home))} URLs asked {len(rounds)} times, {len(failed)} times in vain")
            assert len(rounds) > 50
            assert failed == [], failed[:5]
            assert all(len(set(column)) == 1 for column in zip(*rounds, strict=True))

    def test_no_process_was_restarted_so_the_records_were_read(self, upgrade):
        for name, seen in upgrade.upgraded.items():
            assert seen.processes == upgrade.converged[name].processes

    def test_everything_of_the_older_version_is_still_in_use(self, upgrade):
        for name, seen in upgrade.upgraded.items():
            old = upgrade.converged[name]
            assert set(old.files) - set(seen.files) == set()
            assert old.folders - seen.folders == set()

    def test_a_second_run_changes_nothing(self, upgrade, homes):
        assert upgrade.again.rc == 0, upgrade.again.tail
        for home in homes:
            assert upgrade.again.count(home.name, "changed") == 0, upgrade.again.changed(home.name)

    def test_verify_proves_it(self, upgrade):
        proof = runs.playbook(runs.VERIFY)
        assert proof.rc == 0, proof.tail


class TestTheOlderVersionAgain:
    """It is told in words, and changes nothing."""

    def test_it_ends_with_what_to_do(self, upgrade, homes):
        assert upgrade.refused.rc == 2, upgrade.refused.tail
        assert WORDS in upgrade.refused.text, upgrade.refused.tail
        for home in homes:
            assert upgrade.refused.count(home.name, "failed") == 1
            assert upgrade.refused.count(home.name, "changed") == 0

    def test_it_changes_nothing(self, upgrade):
        assert upgrade.kept == upgrade.upgraded


def test_a_version_after_this_one_keeps_this_one_off_before_the_second_task(upgrade, homes):
    for home in homes:
        mark = home.host.file(MARK).content_string
        home.host.check_output("printf %s > %s", json.dumps({**json.loads(mark), "format": 99}), MARK)
        try:
            refused = runs.site()
        finally:
            home.host.check_output("printf %s > %s", mark, MARK)
        assert refused.rc == 2
        assert refused.tasks == ["Check the inventory and look at the hosts"]
        assert f"host {home.name}: a newer version of constellation.edge manages this host" in refused.text
        assert home.host.run(f"ls {STATE}").rc == 0
