# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that changes is asked before and after, and worse answers put all back. Directives of the main context."""

from __future__ import annotations

from typing import Any

import plays
import pytest

URL = "https://127.0.0.1"
NAME = "asked.example.org"
LIVE, DEAD = "http://127.0.0.1:9000", "http://127.0.0.1:9"
MAIN = f"{plays.NGINX}/modules-enabled/99-constellation-edge.conf"
# The file, its link, and one that goes by the same call.
PATHS = (f"{plays.SITES}/{NAME}", f"{plays.NGINX}/sites-enabled/{NAME}", f"{plays.SITES}/other")


def site(*, a: str = LIVE, dead: str = DEAD, **server: Any) -> list[dict[str, Any]]:
    """Return a site with a service that answers and one that is down."""
    locations = [
        {"location": "/a/", "directives": a if " " in a else {"proxy_pass": a}, "state": "exact"},
        {"location": "/down/", "directives": {"proxy_pass": dead, "proxy_connect_timeout": "2s"}, "state": "exact"},
    ]
    # The names' certificate is a placeholder, which this call makes.
    declared = {"server_name": [NAME], "listen": ["443 ssl"], "certificate": NAME, "locations": locations, **server}
    return [{"name": NAME, "servers": [declared]}]


OTHER = {"name": "other", "servers": [{"server_name": ["other.example.org"], "listen": ["80"]}]}


@pytest.fixture(scope="session")
def told() -> plays.Told:
    """Play what makes answers worse, and what does not."""
    return plays.tell(
        plays.fresh(),
        plays.sites("made", [*site(), OTHER]),
        plays.look("before"),
        plays.sites("lost", site(a=DEAD)),
        plays.look("after_lost"),
        plays.ask("asked_lost", f"{URL}/a/", NAME),
        plays.reload("nothing_to_reload"),
        plays.sites("silent", site(a="if ($uri) { return 444; }")),
        plays.sites("port", site(listen=["443 ssl"], directives="if ($uri) { return 503; }")),
        plays.look("after_refusals"),
        plays.sites("still_down", site(dead="http://127.0.0.1:10"), purge=False),
        plays.sites(
            "taken_away", [{**site()[0], "servers": [{**site()[0]["servers"][0], "locations": []}]}], purge=True
        ),
        plays.sites("there_again", site()),
        plays.sites("not_asked", site(a=DEAD), probe=False),
        plays.ask("asked_not_asked", f"{URL}/a/", NAME),
        plays.sites("back_from_down", site()),
        plays.ask("asked_back", f"{URL}/a/", NAME),
    )


@pytest.fixture
def steps(told, home):
    """Return what the steps returned on one host."""
    return told[home.name]


def kept(look: dict[str, Any]) -> dict[str, Any]:
    """Return what a look saw of the files of this test."""
    seen = plays.seen(look)
    return {path: seen.get(path) for path in PATHS}


def test_a_service_that_stops_answering_puts_the_files_back(steps):
    said = (f"https://{NAME}/a/: status 200 before, status 502 after the reload", "every file was put back as it was")
    plays.assert_refused(steps["lost"], *said)
    assert "/down/" not in steps["lost"]["msg"]
    assert kept(steps["after_lost"]) == kept(steps["before"])
    assert all(kept(steps["before"]).values())
    assert steps["asked_lost"]["status"] == 200
    plays.assert_done(steps["nothing_to_reload"], changed=False)


def test_no_answer_at_all_and_a_server_error_are_losses(steps):
    plays.assert_refused(steps["silent"], f"https://{NAME}/a/: status 200 before, no answer")
    plays.assert_refused(steps["port"], f"https://{NAME}/a/: status 200 before, status 503")
    assert kept(steps["after_refusals"]) == kept(steps["before"])


def test_what_was_down_before_does_not_count(steps):
    plays.assert_done(steps["still_down"], changed=True)


def test_a_route_that_is_taken_away_is_no_loss(steps):
    plays.assert_done(steps["taken_away"], changed=True)
    plays.assert_done(steps["there_again"], changed=True)


def test_who_does_not_want_it_is_not_asked(steps):
    plays.assert_done(steps["not_asked"], changed=True)
    assert steps["asked_not_asked"]["status"] == 502
    plays.assert_done(steps["back_from_down"], changed=True)
    assert steps["asked_back"]["status"] == 200


@pytest.fixture(scope="session")
def main_told() -> plays.Told:
    """Play directives of the main context: they come, stay, are refused, and go."""
    wanted = {"worker_shutdown_timeout": "37s"}
    dump = plays.Step("dump", "ansible.builtin.command", {"argv": ["nginx", "-T"]})
    return plays.tell(
        plays.fresh(),
        plays.sites("came", [], main_directives=wanted),
        dump,
        plays.sites("came_again", [], main_directives=wanted),
        plays.sites("not_named", []),
        plays.sites("refused", [], main_directives={"worker_shutdown_timeout": "never"}),
        plays.look("after_refused"),
        plays.sites("gone", [], main_directives={}),
        plays.look("after_gone"),
    )


def test_directives_of_the_main_context(main_told, home):
    steps = main_told[home.name]
    plays.assert_done(steps["came"], changed=True)
    assert steps["came"]["reloaded"] is True
    assert "worker_shutdown_timeout 37s;" in steps["dump"]["stdout"]
    plays.assert_done(steps["came_again"], changed=False)
    plays.assert_done(steps["not_named"], changed=False)
    plays.assert_refused(steps["refused"], f"{MAIN} line 3", "invalid value")
    assert "37s" in plays.text(steps["after_refused"], MAIN)
    plays.assert_done(steps["gone"], changed=True)
    assert MAIN not in plays.seen(steps["after_gone"])
