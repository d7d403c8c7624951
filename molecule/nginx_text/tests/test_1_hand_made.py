# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that was written by hand and edited by Certbot: locations come, change and go, and every other byte stays."""

from __future__ import annotations

import json

import plays
import pytest
from texts import HOME, NAMES

HOME_PATH = f"{plays.SITES}/home"
NAMES_PATH = f"{plays.SITES}/names"
SERVER = {"server_name": "home.example.org", "listen": "443 ssl"}
JEEDOM = "^~ /jeedom/"
BODY = {"proxy_pass": "http://127.0.0.1:9000", "proxy_set_header": ["Host $host"]}
PHP = "\tlocation ~ \\.php$ { return 403; }\n"
ADDED = """
\tlocation ^~ /jeedom/ { # constellation.edge
\t\tproxy_pass http://127.0.0.1:9000;
\t\tproxy_set_header Host $host;
\t}
"""
CHANGED = ADDED.replace("Host $host;\n", "Host $host;\n\t\tproxy_set_header X-Service 'the \"house\"';\n")
INNER = """
\t\tlocation /old/inner/ { # constellation.edge
\t\t\treturn 204;
\t\t}
"""
OLD_TAIL = "\t\tinclude snippets/forwarded.conf;\n"
OLD_BODY = HOME.partition("# moved in 2023\n")[2].partition("\t}\n")[0]

# The file after each step, in the order of the steps.
TEXTS = {
    "added": HOME.replace(PHP, PHP + ADDED),
    "changed": HOME.replace(PHP, PHP + CHANGED),
    "removed": HOME,
    "adopted": HOME.replace("60s;", "10s;"),
    "exact": HOME.replace(
        OLD_BODY,
        "\t\tproxy_pass http://127.0.0.1:9000;\n\t\tproxy_set_header  Host  $host;\n\t\tgzip off;\n",
    ),
}


def step(name: str, location: str, server: dict[str, str] | None = None, **given: object) -> plays.Step:
    """Return a step for one location of the hand-made site."""
    options = {key: given.pop(key) for key in ("adopt", "purge") if key in given}
    return plays.locations(name, HOME_PATH, [{"location": location, **given}], server=server or SERVER, **options)


def repeated(first: plays.Step) -> list[plays.Step]:
    """Return a step, a look, and the same step again."""
    again = plays.Step(f"{first.name}_again", first.module, first.arguments)
    return [first, plays.look(f"{first.name}_look"), again]


@pytest.fixture(scope="session")
def told() -> plays.Told:
    """Play what happens to the site over the years."""
    more = {"proxy_set_header": ["X-Service 'the \"house\"'"]}
    slower = {"proxy_read_timeout": "10s"}
    exact = {**BODY, "gzip": False}
    return plays.tell(
        plays.fresh(),
        plays.put("home", HOME_PATH, HOME),
        plays.enable("enabled", "home"),
        plays.reload("loaded"),
        *repeated(step("added", JEEDOM, directives=BODY)),
        plays.reload("reloaded"),
        plays.ask("asked", "https://127.0.0.1/jeedom/page?q=1", "home.example.org"),
        *repeated(step("changed", JEEDOM, directives=more)),
        plays.reload("reloaded_changed"),
        plays.ask("asked_changed", "https://127.0.0.1/jeedom/", "home.example.org"),
        *repeated(step("removed", JEEDOM, state="absent")),
        plays.reload("reloaded_removed"),
        plays.ask("asked_removed", "https://127.0.0.1/jeedom/", "home.example.org"),
        step("foreign", "/old/", directives=slower),
        step("foreign_removed", "/old/", state="absent"),
        step("foreign_equal", "/old/", directives={"proxy_read_timeout": "60s"}),
        *repeated(step("adopted", "/old/", directives=slower, adopt=True)),
        *repeated(step("exact", "/old/", directives=exact, state="exact", adopt=True)),
        plays.put("restored", HOME_PATH, HOME),
        *repeated(
            plays.locations(
                "several",
                HOME_PATH,
                [
                    {"location": JEEDOM, "directives": BODY},
                    {
                        "location": "= /extra",
                        "directives": 'return 200 "extra; {extra}"; default_type\ntext/plain; # said in the text',
                    },
                    {"location": "/old/inner/", "parents": ["/old/"], "directives": "return 204;"},
                    {"location": "~* \\.png$", "before": "~ \\.php$", "directives": {"expires": "30d"}},
                ],
                server=SERVER,
                adopt=True,
            )
        ),
        plays.reload("reloaded_several"),
        plays.ask("asked_extra", "https://127.0.0.1/extra", "home.example.org"),
        plays.ask("asked_inner", "https://127.0.0.1/old/inner/x", "home.example.org"),
        step("redirecting", "= /why", {"listen": "81"}, directives="return 200;"),
        plays.look("redirecting_look"),
        *repeated(step("purged", JEEDOM, directives=BODY, purge=True)),
    )


@pytest.fixture
def steps(told, home):
    """Return what the steps returned on one host."""
    return told[home.name]


@pytest.mark.parametrize("name", TEXTS)
def test_every_other_byte_stays_and_a_second_run_changes_nothing(steps, name):
    plays.assert_done(steps[name], changed=True)
    assert plays.text(steps[f"{name}_look"], HOME_PATH) == TEXTS[name]
    plays.assert_done(steps[f"{name}_again"], changed=False)
    assert steps[f"{name}_again"]["diff"] == []


def test_nginx_serves_the_location_after_a_reload(steps):
    plays.assert_done(steps["reloaded"], changed=True)
    assert steps["asked"]["content"] == "home.example.org /jeedom/page?q=1 "


def test_nginx_serves_the_change_and_no_longer_what_was_removed(steps):
    assert steps["asked_changed"]["content"] == 'home.example.org /jeedom/ the "house"'
    assert steps["asked_removed"]["status"] == 404


@pytest.mark.parametrize("name", ["foreign", "foreign_removed"])
def test_a_location_of_the_owner_is_refused_with_its_place(steps, name):
    line = HOME[: HOME.index("location /old/")].count("\n") + 1
    plays.assert_refused(steps[name], f"{HOME_PATH}:{line}: location /old/", "adopt: true")


def test_a_location_of_the_owner_that_is_right_already_is_no_trouble(steps):
    plays.assert_done(steps["foreign_equal"], changed=False)


def test_locations_of_every_kind_in_one_call(steps):
    plays.assert_done(steps["several"], changed=True)
    text = plays.text(steps["several_look"], HOME_PATH)
    png = "\tlocation ~* \\.png$ { # constellation.edge\n\t\texpires 30d;\n\t}\n\n"
    assert png + PHP in text
    assert OLD_TAIL + INNER in text
    assert ADDED in text
    assert (
        'location = /extra { # constellation.edge\n\t\treturn 200 "extra; {extra}";\n\t\tdefault_type text/plain;'
        in text
    )
    plays.assert_done(steps["several_again"], changed=False)
    assert steps["asked_extra"]["content"] == "extra; {extra}"
    assert steps["asked_inner"]["status"] == 204


def test_the_port_tells_two_servers_of_one_name_apart(steps):
    plays.assert_done(steps["redirecting"], changed=True)
    before = plays.text(steps["several_look"], HOME_PATH)
    after = plays.text(steps["redirecting_look"], HOME_PATH)
    head, sign, tail = before.partition("\n\nserver {\n    if")
    assert after.startswith(head + sign)
    assert "location = /why { # constellation.edge" in after.removeprefix(head + sign)
    assert after.endswith(tail[-2:])


def test_purge_removes_marked_locations_only(steps):
    plays.assert_done(steps["purged"], changed=True)
    text = plays.text(steps["purged_look"], HOME_PATH)
    assert "= /extra" not in text
    assert ".png" not in text
    assert "/old/inner/" not in text  # inside a location of the owner
    assert "= /why" in text  # in another server than the one that was meant
    for kept in ("\tlocation / {\n", "\tlocation /old/ { # moved in 2023\n", PHP, ADDED):
        assert kept in text
    plays.assert_done(steps["purged_again"], changed=False)


# What is asked for, and the place of the server of NAMES that nginx answers it with, from 0.
ASKED = {
    "plain.example.net": 0,
    "PLAIN.example.net": 0,
    "any.example.net": 1,
    "far.deep.example.net": 2,
    "mail.example.com": 3,
    "ann.users.example.com": 4,
    "anna.users.example.com": 5,
}
# The same where no name, or more than one, is the reason: a selector, the port and the host that nginx is asked for.
OTHERS = [
    ({"listen": "8080 default_server"}, 8080, "nobody.example.com"),  # it is said
    ({"listen": "8090 default_server"}, 8090, "nobody.example.com"),  # the first
    ({"listen": "8091 default_server"}, 8091, "nobody.example.com"),  # the first, as it is said for another address
]
CHOSEN = [*(({"server_name": name, "listen": "8080"}, 8080, name) for name in ASKED), *OTHERS]
# A file of locations, included by the first of them.
PLACES_PATH = f"{plays.NGINX}/snippets/places.conf"
PLACES = "location = /first { return 204; }\n"
PLACE = [{"location": "= /second", "directives": {"return": "200 place"}}]


@pytest.fixture(scope="session")
def chosen() -> plays.Told:
    """Give each name a location in the server that the module takes for its own, and ask nginx for it."""
    steps = [
        plays.fresh(),
        plays.put("places", PLACES_PATH, PLACES),
        plays.put("names", NAMES_PATH, NAMES),
        plays.enable("names_enabled", "names"),
        *repeated(plays.locations("place", PLACES_PATH, PLACE)),
    ]
    asked = [plays.ask("asked_place", "http://127.0.0.1:8080/second", "plain.example.net")]
    for number, (server, port, name) in enumerate(CHOSEN):
        answer = {"location": f"= /{number}", "directives": {"return": f"200 '{number} $host'"}}
        steps.append(plays.locations(f"chosen_{number}", NAMES_PATH, [answer], server=server, validate=number == 0))
        asked.append(plays.ask(f"answer_{number}", f"http://127.0.0.1:{port}/{number}", name))
    return plays.tell(*steps, plays.look("chosen_look"), plays.reload("chosen_loaded"), *asked)


@pytest.mark.parametrize("number", range(len(CHOSEN)))
def test_the_server_that_is_chosen_is_the_one_that_nginx_chooses(chosen, home, number):
    steps = chosen[home.name]
    plays.assert_done(steps[f"chosen_{number}"], changed=True)
    assert steps[f"answer_{number}"]["content"].startswith(f"{number} "), json.dumps(steps[f"answer_{number}"])


def test_each_name_went_into_a_server_of_its_own(chosen, home):
    servers = plays.text(chosen[home.name]["chosen_look"], NAMES_PATH).split("server {")[1:]
    assert len(servers) == NAMES.count("server {")
    for number, place in enumerate(ASKED.values()):
        assert f"location = /{number} {{" in servers[place]


def test_a_file_of_locations_is_edited_like_a_server(chosen, home):
    steps = chosen[home.name]
    plays.assert_done(steps["place"], changed=True)
    added = "\nlocation = /second { # constellation.edge\n    return 200 place;\n}\n"
    assert plays.text(steps["place_look"], PLACES_PATH) == PLACES + added
    plays.assert_done(steps["place_again"], changed=False)
    assert steps["asked_place"]["content"] == "place"
