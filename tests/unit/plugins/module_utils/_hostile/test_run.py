# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program, its lines and its exit code; what is not proven, and what cannot be asked."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import __main__ as program
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _paths
from ansible_collections.constellation.edge.plugins.module_utils._hostile.run import (
    KINDS,
    exit_code,
    lines,
    report,
    run,
)
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Probe, Subject, Verdict
from hostile_site import ECHO, site


def result(ok: bool | None) -> dict:
    return {"url": "u", "id": "a.b", "what": "w", "ok": ok, "detail": "d", "remedy": ""}


def test_a_line_for_each_probe_and_the_sum_at_the_end():
    assert lines([result(True), result(False), result(None), result(True)]) == [
        "ok         a.b: w: d",
        "FAILED     a.b: w: d",
        "not proven a.b: w: d",
        "ok         a.b: w: d",
        "2 passed, 1 failed, 1 not proven",
    ]


@pytest.mark.parametrize(
    ("verdicts", "code"), [([True], 0), ([True, None], 2), ([None, False], 1), ([False, True], 1), ([], 2)]
)
def test_the_exit_code(verdicts, code):
    assert exit_code([result(each) for each in verdicts]) == code


def test_a_host_that_does_not_answer_has_proven_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = run(Subject(f"https://home.example.org:{port}/", "127.0.0.1", timeout=0.5), ["names"])
    assert {each["ok"] for each in found} == {None}
    assert "is not answered" in found[0]["detail"]
    assert exit_code(found) == 2


def test_a_host_that_answers_no_more_has_proven_nothing(site_certificate, monkeypatch):
    with site(site_certificate) as subject:
        asked = [Probe("x", "what", lambda: Verdict(True, "closed"))]
        kind = KINDS["names"]
        monkeypatch.setitem(KINDS, "names", type(kind)(lambda _subject: asked, kind.remedy))
        states = iter(("", "an ordinary request is not answered"))
        monkeypatch.setattr(f"{run.__module__}._silent", lambda _subject: next(states))
        (found,) = run(subject, ["names"])
    assert found["ok"] is None
    assert "does not answer any more" in found["detail"]


def test_a_probe_that_goes_wrong_is_not_proven(site_certificate, monkeypatch):
    def broken() -> Verdict:
        raise RuntimeError("oh")

    kind = KINDS["names"]
    monkeypatch.setitem(KINDS, "names", type(kind)(lambda _subject: [Probe("x", "what", broken)], kind.remedy))
    with site(site_certificate) as subject:
        (found,) = run(subject, ["names"])
    assert (found["ok"], found["detail"]) == (None, "the probe itself failed: RuntimeError: oh")


@pytest.mark.parametrize(
    ("more", "kinds", "text"),
    [
        ({"url": "http://home.example.org/"}, [], "is no HTTPS URL"),
        ({"url": "https:///"}, [], "is no HTTPS URL"),
        ({"url": "https://[::1/"}, [], "is no HTTPS URL"),
        ({"url": "https://192.0.2.7/"}, [], "has no name"),
        ({"url": "https://[2001:db8::7]/"}, [], "has no name"),
        ({"echo": "echo/"}, [], "echo is 'echo/'"),
        ({}, ["nothing"], "'nothing' is no kind"),
        ({}, ["headers"], "need 'echo'"),
        ({}, ["limits"], "need 'connections'"),
    ],
)
def test_what_cannot_be_asked(more, kinds, text):
    with pytest.raises(ValueError, match=text.replace("[", r"\[")):
        run(Subject(**{"url": "https://home.example.org/", **more}), kinds)


def test_what_has_all_it_needs_is_asked():
    subject = Subject("https://home.example.org/", echo="/e/", kept="/c/Console/", connections=9)
    names = [f"{name}.{probe.name}" for name, kind in KINDS.items() for probe in kind.probes(subject)]
    assert len(names) == len(set(names)), "two probes of one name"
    assert len([each for each in names if each.startswith("smuggling.")]) >= 40
    assert len([each for each in names if each.startswith("paths.")]) >= 100


def test_what_is_kept_is_spelt_by_its_last_part_alone():
    found = {path for _what, path in _paths.spellings("/c/", "Console")}
    wanted = {
        "/c/CONSOLE/",
        "/c//Console/",
        "/c/%43onsole/",
        "/c\\Console/",
        "/c/C%e2%80%8donsole/",
        "/c/Con%c5%bfole/",
    }
    assert wanted - found == set()


def test_sites_of_one_host_share_what_is_held_open(site_certificate: Path, monkeypatch):
    held = []

    def probes(subject: Subject) -> list[Probe]:
        held.append((subject.url, subject.slow))
        passing = [Probe(name, "what", lambda: Verdict(True, "seen")) for name in "ab"]
        unproven = [Probe(name, "what", lambda: Verdict(None, "why")) for name in "cd"]
        failing = Probe("x", "what", lambda: Verdict(False, "seen"))
        return [*passing, *unproven, failing, Probe("y", "what", failing.ask, remedy="mend that")]

    monkeypatch.setitem(KINDS, "slow", type(KINDS["slow"])(probes, "mend it", "slow"))
    with site(site_certificate) as subject, site(site_certificate) as other:
        found = report([subject, other], ["slow", "headers"])
    assert sorted(held) == sorted([(subject.url, 30), (other.url, 30)])
    assert found["ok"] is False
    assert [(each["subject"], each["ok"], each["detail"]) for each in found["proofs"][:4]] == [
        (f"{subject.url} slow", True, "2 of 6 probes passed"),
        (f"{subject.url} slow", None, "2 of 6 probes, slow.c first: what: why"),
        (f"{subject.url} slow.x", False, "what: seen; mend it"),
        (f"{subject.url} slow.y", False, "what: seen; mend that"),
    ]
    assert found["lines"][-1] == "2 passed, 2 failed, 2 not proven"


def test_the_program(site_certificate: Path, capsys):
    with site(site_certificate) as subject:
        given = [subject.url, "--address", "127.0.0.1", "--ca-file", subject.ca_file, "--echo", ECHO]
        assert program.main([*given, "--only", "headers", "--claims", "Remote-User,Forwarded"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].endswith(" passed, 0 failed, 0 not proven")
    assert "ok         headers.as-is: headers as they are: 200, closed, 7 names" in said.out.splitlines()
    assert said.err == ""


def test_the_program_names_the_remedy(site_certificate: Path, capsys):
    with site(site_certificate, "tells") as subject:
        assert program.main([subject.url, "--address", "127.0.0.1", "--echo", ECHO, "--only", "headers"]) == 1
    assert "what to do: the location of the route sends on" in capsys.readouterr().err


def test_the_program_refuses_what_it_cannot_ask(capsys):
    assert program.main(["https://home.example.org/", "--only", "paths"]) == 2
    assert capsys.readouterr().err == "the probes of kind 'paths' need 'kept'\n"


def test_what_is_left_out_is_not_asked(site_certificate):
    with site(site_certificate) as subject:
        some = replace(subject, without=("answers.hsts", "names"))
        assert run(some, ["names"]) == []
        asked = [each["id"] for each in run(some, ["answers"])]
    assert "answers.hsts" not in asked
    assert "answers.program" in asked
