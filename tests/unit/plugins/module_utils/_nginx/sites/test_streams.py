# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the streams of users end, what is said of it, and what a run leaves that is cut off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.old_workers import Ended
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Loaded, Process, Running
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import step, streams
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan, SitesStep
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.streams import Streams
from ansible_collections.constellation.edge.plugins.module_utils._transaction import steps
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Change, Remove, Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places, recover
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import RunOptions

RUNNING = Running(Process(1, 10), frozenset({Process(9, 30)}), frozenset({Process(2, 11), Process(2, 12)}))
OUT = "all streams of 2 old workers of nginx, whoever's they were, were ended after 10 s"


class Cut(BaseException):
    """Ends a run where it is, as `kill -9` does: nothing of ours catches it but what puts files back."""


class Nginx:
    """Stands in for the running nginx, below a folder of the test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have two users, and two old workers after a reload."""
        self.root = str(folder / "nginx")
        self.state = str(folder / "state")
        self.users = folder / "nginx" / "constellation-edge" / "users"
        self.users.mkdir(parents=True)
        (self.users / "all").write_text("anna:1\notto:2\n")
        self.calls: list[str] = []
        self.running: Running | None = RUNNING
        self.answer = Ended(2, [])
        self.cut_at = ""
        self.lost = ""
        monkeypatch.setattr(step, "find", lambda _name: "/usr/sbin/nginx")
        monkeypatch.setattr(step, "certbot_left", list)
        monkeypatch.setattr(step, "bring_up_to_date", lambda: self._called("looks"))
        monkeypatch.setattr(step, "loaded", lambda: Loaded(True, self.running is not None, ""))
        monkeypatch.setattr(streams, "renew_workers", self._renewed)
        monkeypatch.setattr(streams, "end", self._end)

    def _called(self, what: str) -> bool:
        self.calls.append(what)
        if self.cut_at == what:
            raise Cut
        return False

    def _renewed(self) -> Running | None:
        self._called("reloads")
        if self.lost:
            raise EdgeError(self.lost)
        return self.running

    def _end(self, master: Process, workers: frozenset[Process], seconds: float) -> Ended:
        self._called(f"ends {sorted(each.pid for each in workers)} of {master.pid} after {seconds} s")
        return self.answer

    def run(
        self, content: bytes | None, logins: dict[str, Any], *, seconds: int = 10, reload: bool = True, **options: Any
    ) -> dict[str, Any]:
        """Write the file of users, or remove it, as the plan of a run that says this of them."""
        self.calls.clear()
        path = str(self.users / "all")
        changes: list[Change] = [Remove(path) if content is None else Write(path, content)]
        plan = SitePlan(
            changes, logins={name: {"added": [], "changed": [], "removed": []} | said for name, said in logins.items()}
        )
        chosen = RunOptions(self.root, validate=False, **options)
        sites = SitesStep(
            chosen,
            lambda: plan,
            reload=reload,
            probe=False,
            streams=Streams(seconds, self.state),
            caches=f"{self.root}/c-",
        )
        done = steps.carry_out([sites], chosen, host=Places(self.state, f"{self.root}/lock"))
        return {"changed": done.changed, "warnings": done.warnings, **sites.report()}

    @property
    def record(self) -> bool:
        return os.path.exists(f"{self.state}/streams.json")


@pytest.fixture
def nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nginx:
    return Nginx(tmp_path, monkeypatch)


WITHOUT_OTTO = (b"anna:1\n", {"all": {"removed": ["otto"]}})
AS_IT_IS = (b"anna:1\notto:2\n", {})
ENDS = "ends [11, 12] of 10 after 10 s"


def test_who_is_removed_is_out_with_all_that_is_open(nginx: Nginx) -> None:
    answer = nginx.run(*WITHOUT_OTTO)
    assert nginx.calls == ["reloads", ENDS]
    assert answer["out"] == [f"who was logged in as otto (all) is out; {OUT}"]
    assert (answer["ended"], answer["reloaded"], answer["changed"]) == (2, True, True)
    assert not nginx.record


def test_a_changed_password_counts_and_each_user_is_named_once(nginx: Nginx) -> None:
    logins = {"all": {"removed": ["otto"], "changed": ["anna"]}, "a.test": {"removed": ["otto"]}}
    (line,) = nginx.run(b"anna:3\n", logins)["out"]
    assert line.startswith(
        "who was logged in as otto (all, a.test) or logged in with the former password of anna (all) is out; "
    )


def test_a_file_that_goes_takes_all_its_users_out(nginx: Nginx) -> None:
    nginx.run(None, {"all": {"removed": ["anna", "otto"]}})
    assert nginx.calls == ["reloads", ENDS]


@pytest.mark.parametrize(("content", "logins"), [AS_IT_IS, (b"anna:1\notto:2\nbert:3\n", {"all": {"added": ["bert"]}})])
def test_in_every_other_run_streams_go_on(nginx: Nginx, content: bytes, logins: dict[str, Any]) -> None:
    answer = nginx.run(content, logins)
    assert nginx.calls == ["looks"]
    assert (answer["out"], answer["ended"]) == ([], 0)
    assert not nginx.record


def test_without_a_reload_nothing_ends(nginx: Nginx) -> None:
    assert nginx.run(*WITHOUT_OTTO, reload=False)["out"] == []
    assert nginx.calls == []
    assert not nginx.record


def test_nothing_ends_where_nginx_does_not_run(nginx: Nginx) -> None:
    nginx.running = None
    answer = nginx.run(*WITHOUT_OTTO)
    assert nginx.calls == ["reloads"]
    assert (answer["out"], answer["reloaded"]) == ([], False)
    assert not nginx.record


def test_what_ended_by_itself_is_said(nginx: Nginx) -> None:
    nginx.answer = Ended(0, [])
    assert nginx.run(*WITHOUT_OTTO)["out"] == [
        "who was logged in as otto (all) is out; what was open before has ended by itself"
    ]


def test_one_worker_at_once(nginx: Nginx) -> None:
    nginx.answer = Ended(1, [])
    (line,) = nginx.run(*WITHOUT_OTTO, seconds=0)["out"]
    assert line.endswith("all streams of 1 old worker of nginx, whoever's they were, were ended at once")


def test_a_worker_that_stays_is_a_warning_and_the_next_run_tries_again(nginx: Nginx) -> None:
    nginx.answer = Ended(1, [12])
    answer = nginx.run(*WITHOUT_OTTO)
    assert answer["warnings"] == [
        "nginx's worker 12 is of a former configuration and does not end on SIGTERM, so that what it serves goes on: "
        "look at `ps -fp 12`; the next run tries again"
    ]
    assert answer["out"][0].endswith("not all of what was open before could be ended")
    nginx.answer = Ended(1, [])
    assert nginx.run(b"anna:1\n", {})["changed"] is True
    assert nginx.calls == ["reloads", ENDS]
    assert not nginx.record


def test_what_a_killed_run_has_left_is_done_by_the_next_one(nginx: Nginx) -> None:
    nginx.cut_at = ENDS
    with pytest.raises(Cut):
        nginx.run(*WITHOUT_OTTO)
    assert nginx.record
    nginx.cut_at = ""
    said = nginx.run(b"anna:1\n", {}, check_mode=True)
    assert (said["changed"], said["reloaded"], nginx.calls) == (True, True, [])
    assert said["out"][0].startswith("who was logged in as otto (all) would be out; ")
    answer = nginx.run(b"anna:1\n", {})
    assert nginx.calls == ["reloads", ENDS]
    assert answer["out"] == [f"who was logged in as otto (all) is out; {OUT}"]
    assert answer["changed"] is True
    assert nginx.run(b"anna:1\n", {})["changed"] is False
    assert nginx.calls == ["looks"]


def test_what_was_put_back_is_no_loss(nginx: Nginx) -> None:
    """Cut off before the change holds: the file goes back, and who wishes nothing of it any more loses no stream."""
    nginx.cut_at = "reloads"
    with pytest.raises(Cut):
        nginx.run(*WITHOUT_OTTO)
    nginx.cut_at = ""
    recover(host=Places(nginx.state, f"{nginx.root}/lock"))
    assert nginx.record
    assert nginx.run(*AS_IT_IS)["out"] == []
    assert nginx.calls == ["looks"]
    assert not nginx.record


def test_a_refused_reload_leaves_no_record(nginx: Nginx) -> None:
    nginx.lost = "nginx refused the reload"
    with pytest.raises(EdgeError, match="refused the reload"):
        nginx.run(*WITHOUT_OTTO)
    assert not nginx.record
    assert (nginx.users / "all").read_text() == "anna:1\notto:2\n"


def test_two_runs_that_were_cut_off_are_both_made_good(nginx: Nginx) -> None:
    nginx.cut_at = ENDS
    for content, user in ((b"anna:1\n", "otto"), (b"bert:3\n", "anna")):
        with pytest.raises(Cut):
            nginx.run(content, {"all": {"removed": [user]}})
    nginx.cut_at = ""
    (line,) = nginx.run(b"bert:3\n", {})["out"]
    assert line.startswith("who was logged in as otto (all), anna (all) is out; ")


def test_check_mode_says_what_would_end_and_writes_nothing(nginx: Nginx) -> None:
    answer = nginx.run(*WITHOUT_OTTO, check_mode=True)
    assert answer["out"] == [
        "who was logged in as otto (all) would be out; all streams that are open at the reload would end after 10 s"
    ]
    assert (nginx.calls, answer["ended"], answer["reloaded"]) == ([], 0, True)
    assert not os.path.exists(nginx.state)


@pytest.mark.parametrize("seconds", [-1, 121])
def test_a_time_out_of_range_is_refused_before_anything_changes(nginx: Nginx, seconds: int) -> None:
    with pytest.raises(EdgeError, match=rf"^end_streams_after: {seconds} is out of range: .* Nothing was changed$"):
        nginx.run(*WITHOUT_OTTO, seconds=seconds)
    assert nginx.calls == []
    assert b"otto" in (nginx.users / "all").read_bytes()


@pytest.mark.parametrize("content", ["[]", '{"lost": [{"path": "/x"}]}', "{"])
def test_a_damaged_record_is_none(nginx: Nginx, content: str) -> None:
    os.mkdir(nginx.state)
    Path(nginx.state, "streams.json").write_text(content)
    assert nginx.run(*AS_IT_IS)["out"] == []
    assert nginx.calls == ["looks"]
    assert not nginx.record
