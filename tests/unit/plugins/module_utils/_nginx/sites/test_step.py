# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading files, placeholder certificates, and carrying a plan out, on a folder of the test's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._nginx import files as nginx_files
from ansible_collections.constellation.edge.plugins.module_utils._nginx.files import read_text
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import run as sites_run
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import step
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import (
    Certificates,
    create,
    discard,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._reading import included
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.locations import plan_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan, SitesRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._transaction import steps, transaction
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import (
    Change,
    TransactionError,
    Write,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import Planned, RunOptions

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_text(str(tmp_path / "none")) is None
    with pytest.raises(ConfigError, match="is a directory"):
        read_text(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="is not a file"):
        read_text(str(tmp_path / "pipe"))
    (tmp_path / "big").write_bytes(b"x" * 11)
    monkeypatch.setattr(nginx_files, "MAX_BYTES", 10)
    with pytest.raises(ConfigError, match="has 11 bytes"):
        read_text(str(tmp_path / "big"))


def test_l28_includes_are_followed_in_nginx_order(tmp_path: Path) -> None:
    for name, text in {
        "nginx.conf": "include a.conf;\nhttp { include 's/*'; }\ninclude missing.conf;",
        "a.conf": "include s/2;",
        "s/1": "include nginx.conf;",
        "s/2": "a;",
        "s/3": "broken {",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = list(included(str(tmp_path)))
    names = [os.path.relpath(path, tmp_path) for path, _document in found]
    assert names == ["nginx.conf", "a.conf", "s/2", "s/1", "s/3"]
    assert [isinstance(document, ConfigError) for _path, document in found] == [False, False, False, False, True]


@needs_openssl
def test_a_placeholder_certificate(tmp_path: Path) -> None:
    certificates = Certificates(str(tmp_path / "live"), str(tmp_path / "p"))
    assert certificates.is_missing("n")
    create(certificates, "n", ["a.test", "*.b.test", "_", "x" * 60 + ".test"])
    assert not certificates.is_missing("n")
    chain, key = certificates.pair("n")
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "p" / "n").st_mode) == 0o700
    told = subprocess.run(
        ["openssl", "x509", "-noout", "-text", "-in", chain], capture_output=True, text=True, check=True
    )
    assert "DNS:a.test, DNS:*.b.test, DNS:" in told.stdout
    assert "CN = a.test" in told.stdout or "CN=a.test" in told.stdout
    assert os.listdir(tmp_path / "p") == ["n"]
    discard(certificates, "n")
    assert certificates.is_missing("n")


@needs_openssl
def test_half_a_placeholder_is_made_whole(tmp_path: Path) -> None:
    certificates = Certificates(str(tmp_path / "live"), str(tmp_path / "p"))
    (tmp_path / "p" / "n").mkdir(parents=True)
    (tmp_path / "p" / "n" / "fullchain.pem").touch()
    create(certificates, "n", ["a.test"])
    assert not certificates.is_missing("n")


def test_locations_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        plan_locations(str(tmp_path / "none"), None, [{"location": "/"}], adopt=False, purge=False)


class Recorder:
    """Stands in for the transaction and for nginx."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Put the stand-ins in place."""
        self.calls: list[str] = []
        self.fail = False
        self.current = True
        self.host = Places(str(tmp_path / "state"), str(tmp_path / "lock"))
        monkeypatch.setattr(transaction, "apply", self.apply)
        monkeypatch.setattr(step, "find", lambda _name: "/usr/sbin/nginx")
        monkeypatch.setattr(transaction, "check", lambda todo, root, notes: self.calls.append("check"))
        monkeypatch.setattr(step, "bring_up_to_date", self.reload)
        monkeypatch.setattr(step, "certbot_left", lambda: self.notes)
        monkeypatch.setattr(step, "beside_certbot", lambda root, check_mode: contextlib.nullcontext(self.notes))
        monkeypatch.setattr(step, "loaded", lambda: run_loaded(self.current))
        self.certificates = Certificates(str(tmp_path / "live"), str(tmp_path / "p"))
        self.changes: list[Change] = [Write(str(tmp_path / "f"), b"a;\n")]
        self.missing = {"n": ["a.test"]}
        self.sites: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def apply(self, todo: list[Any], **options: Any) -> list[str]:
        """Record, and fail or succeed as told."""
        self.calls.append(f"apply {len(todo)}")
        if self.fail:
            raise TransactionError("refused by nginx")
        for change in todo:
            Path(change.path).write_bytes(change.content)
        try:
            options["after"]()
        except Exception as error:
            options["undone"]()
            raise TransactionError(str(error)) from error
        return []

    def reload(self) -> bool:
        """Record, and reload when nginx is behind."""
        self.calls.append("reload")
        return not self.current

    def run(self, *, reload: bool = True, check_mode: bool = False) -> dict[str, Any]:
        """Carry the plan out."""
        plan = SitePlan(self.changes, sites=self.sites, missing=self.missing)
        options = RunOptions(check_mode=check_mode)
        sites = step.SitesStep(options, lambda: plan, reload=reload, certificates=self.certificates)
        done = steps.carry_out([sites], options, host=self.host)
        return {**done.answer(), "warnings": done.warnings, **sites.report()}


def run_loaded(current: bool) -> Any:
    from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Loaded

    return Loaded(current, True, "")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorder:
    return Recorder(monkeypatch, tmp_path)


def test_check_mode_writes_nothing_and_shows_the_bytes(recorder: Recorder, tmp_path: Path) -> None:
    answer = recorder.run(check_mode=True)
    assert recorder.calls == []
    assert answer["changed"] is True
    assert [entry["after"] for entry in answer["diff"]] == ["a;\n", "self-signed, for a.test\n"]
    assert list(tmp_path.iterdir()) == []


def test_check_mode_asks_nginx_when_nothing_else_is_missing(recorder: Recorder) -> None:
    recorder.missing = {}
    recorder.run(check_mode=True)
    assert recorder.calls == ["check"]


def test_what_a_run_that_died_has_left_of_a_placeholder_goes(recorder: Recorder, tmp_path: Path) -> None:
    (tmp_path / "p" / ".new-abc").mkdir(parents=True)
    (tmp_path / "p" / ".new-abc" / "privkey.pem").touch()
    recorder.missing = {}
    recorder.run(check_mode=True)
    assert (tmp_path / "p" / ".new-abc").exists()
    recorder.run()
    assert not (tmp_path / "p" / ".new-abc").exists()


@needs_openssl
def test_a_failed_run_takes_its_placeholder_away(recorder: Recorder) -> None:
    recorder.fail = True
    with pytest.raises(EdgeError, match="refused by nginx"):
        recorder.run()
    assert recorder.certificates.is_missing("n")


def test_nothing_to_write_but_nginx_is_behind(recorder: Recorder) -> None:
    recorder.changes, recorder.missing = [], {}
    assert recorder.run()["changed"] is False
    recorder.current = False
    assert recorder.run(check_mode=True)["reloaded"] is True
    answer = recorder.run()
    assert (answer["changed"], answer["reloaded"]) == (True, True)
    assert recorder.run(reload=False)["changed"] is False


def test_a_problem_of_one_site_stops_everything(recorder: Recorder) -> None:
    recorder.sites = [{"name": "n", "path": "/n", "changed": False, "problem": "it is broken"}]
    with pytest.raises(SitesRefused, match=r"it is broken. Nothing was changed") as caught:
        recorder.run()
    assert caught.value.details["sites"][0]["name"] == "n"
    assert recorder.calls == []


def test_what_certbot_will_write_over_is_not_edited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(planned: Planned) -> bool:
        host = Places(str(tmp_path / "state"), str(tmp_path / "lock"))
        options = RunOptions(validate=False)
        return steps.carry_out([sites_run.FilesStep(options, lambda: planned)], options, host=host).changed

    monkeypatch.setattr(sites_run, "CHECKPOINTS", (str(tmp_path),))
    with pytest.raises(ConfigError, match=f"^{tmp_path}: certbot would write"):
        run(Planned([Write(str(tmp_path / "f"), b"a;\n")]))
    assert run(Planned()) is False


def test_what_certbot_left_is_told_and_counts_as_a_change(recorder: Recorder) -> None:
    recorder.changes, recorder.missing, recorder.notes = [], {}, ["it was taken back"]
    answer = recorder.run()
    assert answer["changed"] is True
    assert answer["warnings"] == ["it was taken back"]


def test_what_certbot_left_is_told_with_a_refusal_too(recorder: Recorder) -> None:
    recorder.sites = [{"name": "n", "path": "/n", "changed": False, "problem": "it is broken"}]
    recorder.notes = ["it was taken back"]
    with pytest.raises(SitesRefused, match=r"it is broken. Nothing was changed, but: it was taken back$"):
        recorder.run()


class TestFollowing:
    """What is looked at once the files are in place, and what happens when it is not as it should be."""

    @pytest.fixture(autouse=True)
    def _no_placeholder(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder.missing = {}
        self.watched: list[str] = []
        self.lost = ""

        test = self

        class Watch:
            """Stands in for the questions to the sites."""

            def __init__(self, _root: str, files: set[str]) -> None:
                test.watched.append(f"before {len(files)}")

            def compare(self) -> None:
                test.watched.append("after")
                if test.lost:
                    raise ConfigError(test.lost)

        monkeypatch.setattr(step, "Watch", Watch)

    def test_the_sites_are_asked_before_and_after(self, recorder: Recorder) -> None:
        recorder.run()
        assert self.watched == ["before 1", "after"]
        assert recorder.calls == ["apply 1", "reload"]

    def test_nobody_is_asked_where_nothing_changes_or_nothing_is_reloaded(self, recorder: Recorder) -> None:
        recorder.run(reload=False)
        recorder.run()  # the file is as wished by now
        assert self.watched == []

    def test_an_answer_that_got_lost_has_the_former_files_served_again(self, recorder: Recorder) -> None:
        self.lost = "/x/ answers 502"
        with pytest.raises(EdgeError, match="/x/ answers 502"):
            recorder.run()
        assert recorder.calls == ["apply 1", "reload", "reload"]

    def test_without_a_reload_nothing_is_served_again(self, recorder: Recorder) -> None:
        recorder.changes = [Write(recorder.changes[0].path, b"b;\n")]
        options = RunOptions()
        sites = step.SitesStep(options, SitePlan, reload=False, certificates=recorder.certificates)
        assert list(sites.undo()) == []
        assert recorder.calls == []

    def test_a_file_that_somebody_else_changes_meanwhile_is_told(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = Path(recorder.changes[0].path)

        def reload() -> bool:
            path.write_text("theirs;\n")
            return True

        monkeypatch.setattr(step, "bring_up_to_date", reload)
        with pytest.raises(EdgeError, match=rf"{path}: somebody else changed it meanwhile; run again"):
            recorder.run()

    def test_an_nginx_that_does_not_run_is_a_warning(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        stopped = run_loaded(False)
        stopped.running = False
        monkeypatch.setattr(step, "loaded", lambda: stopped)
        monkeypatch.setattr(step, "bring_up_to_date", lambda: False)
        expected = "nginx is not running, so nothing serves these sites yet; start it"
        assert recorder.run()["warnings"] == [expected]
