# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_site_info` reads of a whole host is what `nginx_site` takes: fed back, it changes nothing."""

from __future__ import annotations

import json

import plays
import pytest
import runs
from texts import HOME, KEPT, LATIN, NAMES, STRANGE

FILES = {"home": HOME, "kept": KEPT, "names": NAMES, "strange": STRANGE, "waiting": STRANGE.replace("83", "84")}
ENABLED = ("default", "home", "kept", "names", "strange")
# No structure of Ansible's can say these.
UNSAID = {"latin": LATIN, "binary": "\0"}
CORPUS = runs.ROOT / "tests" / "fixtures" / "nginx" / "accepted"
# Writes the files that standard input names, with their bytes in hexadecimal.
WRITE = """
import json, os, sys
for name, content in json.load(sys.stdin).items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(bytes.fromhex(content))
"""
MADE = {
    "name": "made",
    "servers": [
        {
            "server_name": ["made.example.org"],
            "listen": ["86"],
            "locations": [{"location": "/", "directives": {"return": "204"}}],
        }
    ],
}
ADOPTED = "{{ info.sites | map('combine', {'adopt': true}) }}"


@pytest.fixture(scope="session")
def told() -> plays.Told:
    """Read a host that has these files and the distribution's own; feed back what was read."""
    return plays.tell(
        plays.fresh(),
        *(plays.put(f"put_{name}", f"{plays.SITES}/{name}", text) for name, text in FILES.items()),
        plays.enable("enabled", *ENABLED),
        plays.sites("made", [MADE]),
        plays.reload("loaded"),
        plays.look("before"),
        plays.Step("info", "constellation.edge.nginx_site_info", {}),
        plays.Step("predicted", *site(), {"check_mode": True, "diff": True}),
        plays.Step("fed", *site()),
        plays.Step("info_again", "constellation.edge.nginx_site_info", {}),
        plays.look("after"),
        plays.ask("asked", "http://127.0.0.1:83/exact", "strange.example.org"),
    )


def site() -> tuple[str, dict[str, object]]:
    """Return the module and the arguments that take back what was read."""
    step = plays.sites("fed", ADOPTED)
    return step.module, step.arguments


@pytest.fixture
def steps(told, home):
    """Return what the steps returned on one host."""
    return told[home.name]


def test_every_site_file_can_be_said(steps):
    plays.assert_done(steps["info"], changed=False)
    read = {site["name"]: site["enabled"] for site in steps["info"]["sites"]}
    assert read == {name: name != "waiting" for name in (*FILES, "default", "made") if name != "names"}


def test_a_file_of_which_nginx_ignores_a_server_is_named_with_the_reason(steps):
    found = {each["path"]: each["problem"] for each in steps["info"]["files"] if each["problem"]}
    assert list(found) == [f"{plays.SITES}/names"]
    # `*.two.example.net` is one of the two names that `.two.example.net` is.
    assert "server 13: an earlier server has one of its names on the same address" in found[f"{plays.SITES}/names"]


def test_includes_are_followed_from_site_files_too(steps):
    read = [each["path"] for each in steps["info"]["files"]]
    for path in ("nginx.conf", "conf.d/service.conf", "mime.types", "snippets/forwarded.conf"):
        assert read.count(f"{plays.NGINX}/{path}") == 1
    assert read.count("/etc/letsencrypt/options-ssl-nginx.conf") == 1
    assert read.count(f"{plays.SITES}/home") == 1


def test_a_server_is_read_with_its_line_and_whose_it_is(steps):
    files = {each["path"]: each for each in steps["info"]["files"]}
    assert [server["ours"] for server in files[f"{plays.SITES}/made"]["servers"]] == [True]
    found = files[f"{plays.SITES}/home"]
    lines = [number for number, line in enumerate(HOME.splitlines(), 1) if line == "server {"]
    assert [(server["line"], server["ours"]) for server in found["servers"]] == [(line, False) for line in lines]
    assert found["servers"][0]["server_name"] == ["home.example.org", "www.home.example.org"]


@pytest.mark.parametrize("name", ["predicted", "fed"])
def test_fed_back_it_changes_nothing(steps, name):
    plays.assert_done(steps[name], changed=False)
    assert steps[name]["diff"] == []


def test_the_host_is_as_it_was(steps):
    assert plays.seen(steps["after"]) == plays.seen(steps["before"])
    assert steps["info_again"] == steps["info"]
    assert steps["asked"]["status"] == 200


@pytest.fixture(scope="session")
def unsaid() -> plays.Told:
    """Read files of which one cannot be said because of a byte, one because it is no text."""
    files = [plays.put(f"put_{name}", f"{plays.SITES}/{name}", text) for name, text in UNSAID.items()]
    return plays.tell(plays.fresh(), *files, plays.Step("info", "constellation.edge.nginx_site_info", {}))


def test_a_file_that_cannot_be_said_is_named_with_the_reason(unsaid, home):
    plays.assert_done(unsaid[home.name]["info"], changed=False)
    found = {each["path"]: each["problem"] for each in unsaid[home.name]["info"]["files"] if each["problem"]}
    assert sorted(found) == [f"{plays.SITES}/{name}" for name in sorted(UNSAID)]
    assert all(path in problem for path, problem in found.items())
    assert [site["name"] for site in unsaid[home.name]["info"]["sites"]] == ["default"]


def corpus() -> dict[str, bytes]:
    """Return the files of the corpus that nginx accepts, whatever they are a part of, by a name without folders."""
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    return {"--".join(path.relative_to(CORPUS).parts): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def known() -> plays.Told:
    """Read the whole corpus on a host, and feed it back."""
    files = json.dumps({name: content.hex() for name, content in corpus().items()})
    argv = ["/usr/bin/python3", "-c", WRITE, plays.SITES]
    return plays.tell(
        plays.fresh(),
        plays.Step("put", "ansible.builtin.command", {"argv": argv, "stdin": files}, {"ignore_errors": False}),
        plays.reload("loaded"),
        plays.look("before"),
        plays.Step("info", "constellation.edge.nginx_site_info", {}),
        plays.Step("fed", *site()),
        plays.look("after"),
    )


def test_every_file_of_the_corpus_is_said_or_named(known, home):
    info = known[home.name]["info"]
    plays.assert_done(info, changed=False)
    said = {site["name"] for site in info["sites"]}
    named = {each["path"].rpartition("/")[2] for each in info["files"] if each["problem"]}
    assert said | named == {*corpus(), "default"}
    assert not said & named
    assert len(named) * 10 < len(said)


def test_the_corpus_fed_back_changes_nothing(known, home):
    plays.assert_done(known[home.name]["fed"], changed=False)
    assert known[home.name]["fed"]["diff"] == []
    assert plays.seen(known[home.name]["after"]) == plays.seen(known[home.name]["before"])
