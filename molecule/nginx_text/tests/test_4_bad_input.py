# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is asked for or found on disk: a refusal that names the place, nothing changed, never a traceback."""

from __future__ import annotations

from typing import Any

import plays
import pytest
from texts import HOME

FOLDER = "/srv/nginx-text"
SITE = f"{plays.SITES}/refusing"
TEXT = HOME.replace("home.example.org", "refusing.example.org").replace("live/refusing", "live/home")
TEXT = TEXT.replace(" ipv6only=on", "")
SERVER = {"listen": "443 ssl"}
FIRST = TEXT[: TEXT.index("server {")].count("\n") + 1
SECOND = TEXT[: TEXT.rindex("server {")].count("\n") + 1
GOOD: list[dict[str, Any]] = [{"location": "/good/", "directives": {"return": "204"}}]


def given(location: str = "/bad/", **options: Any) -> dict[str, Any]:
    """Return the arguments of one location of the site, in the server for HTTPS."""
    return {"path": SITE, "server": SERVER, "locations": [{"location": location, **options}]}


def valued(directives: Any) -> dict[str, Any]:
    """Return the arguments of one location with these directives."""
    return given(directives=directives)


# The file is not one: arguments and what is said of it.
FILES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    name: ({"path": f"{FOLDER}/{name}", "locations": GOOD}, (f"{FOLDER}/{name}", *said))
    for name, said in {
        "missing": ("there is no such file", "nginx_site makes one"),
        "folder": ("is a directory",),
        "dangling": ("there is no such file",),
        "looping": ("Too many levels of symbolic links",),
        "pipe": ("is not a file",),
        "large": (str(33 * 1024 * 1024), "bytes"),
        "binary": ("binary",),
        "hard": ("2 names",),
        "broken": ("/broken:3:", 'unexpected "}"', "column 1"),
        "open": ("/open:", "unexpected end of file"),
    }.items()
}
# The declaration is wrong, or fits nothing.
DECLARATIONS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no server fits": (
        {"path": SITE, "server": {"server_name": "other.example.org"}, "locations": GOOD},
        ("0 servers", f"{SITE}:{FIRST} ", f"{SITE}:{SECOND} ", "other.example.org"),
    ),
    "two servers fit": (
        {"path": SITE, "server": {"server_name": "refusing.example.org"}, "locations": GOOD},
        ("2 servers", f"{SITE}:{FIRST} ", f"{SITE}:{SECOND} "),
    ),
    "which of two servers is not said": (
        {"path": SITE, "locations": GOOD},
        ("2 servers", f"{SITE}:{FIRST} ", f"{SITE}:{SECOND} "),
    ),
    "no server listens there": (
        {"path": SITE, "server": {"listen": "444"}, "locations": GOOD},
        ("0 servers", "444", f"{SITE}:{FIRST} "),
    ),
    "no server fits, and a name is not UTF-8": (
        {"path": f"{FOLDER}/latin", "server": {"server_name": "other.example.org"}, "locations": GOOD},
        ("0 servers", f"{FOLDER}/latin:1 "),
    ),
    "a value with a line end": (valued({"return": "200 a\nb"}), ("/bad/", "return", "one line")),
    "a value with an open quote": (valued({"return": "200 'a"}), ("/bad/", "return", "not one complete directive")),
    "a value that breaks out": (valued({"return": "204; deny all"}), ("/bad/", "return", "more than one directive")),
    "a value that opens a block": (valued({"if": "($x) { return 204; }"}), ("/bad/", "if", "directive")),
    "a value that closes the block": (valued({"return": "204; } location /y { deny all"}), ("/bad/", "return")),
    "a value with a comment": (valued({"return": "204 # all"}), ("/bad/", "return", "'#'")),
    "a name with a line end": (valued({"return\n204": ""}), ("/bad/", "line")),
    "a name that breaks out": (valued({"deny all; return": "204"}), ("/bad/",)),
    "a text that closes the block": (valued("return 204; } location /y {"), ("/bad/", "line 1, column 13")),
    "a text with an open quote": (valued("return 204;\nreturn 200 'a;"), ("/bad/", "line 2")),
    "a text without its end": (valued("return 204"), ("/bad/", "unexpected end")),
    "an argument longer than nginx reads": (valued({"return": "200 " + "x" * 5000}), ("/bad/", "5000 bytes")),
    "a number of directives": (valued(["return 204;"]), ("/bad/", "mapping or a text")),
    "a location that breaks out": (given("/y { deny all; } location /x"), ("location",)),
    "a location without a path": (given(""), ("location",)),
    "an unknown modifier": (given("^ /x"), ("'^'", "modifier")),
    "a location twice": (
        {"path": SITE, "server": SERVER, "locations": [*GOOD, {"location": '^~ "/good/"'}]},
        ("/good/", "twice"),
    ),
    "an unknown state": (given(state="gone"), ("state", "present, exact, absent", "gone")),
    "before and after": (given(before="/", after="/old/"), ("before", "after", "not both")),
    "beside what is not there": (given(before="/none/"), ("/none/", "0 times")),
    "inside what is not there": (given("/none/bad/", parents=["/none/"]), ("/none/", "not there")),
    "a misspelt option": (given(directive="return 204;"), ("directive", "nsupported")),
}
# nginx itself refuses what would be written: its words and the line of the candidate.
CANDIDATES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "an unknown directive": (valued({"proxy_pas": "http://127.0.0.1"}), ('unknown directive "proxy_pas"',)),
    "a wrong place": (valued({"listen": "80"}), ('"listen" directive is not allowed here',)),
    "a wrong count": (valued({"return": None}), ('invalid number of arguments in "return" directive',)),
}
CANDIDATE_LINE = TEXT[: TEXT.index("    listen [::]:443")].count("\n") + 2
SITES: dict[str, tuple[list[dict[str, Any]], tuple[str, ...]]] = {
    "a name that leads elsewhere": ([{"name": "../x"}], ("'../x'", "name")),
    "a site twice": ([{"name": "x"}, {"name": "x"}], ("'x'", "twice")),
    "a file that cannot be read": ([{"name": "unreadable"}], (f"{plays.SITES}/unreadable", "is a directory")),
    "an unknown directive in a site": (
        [{"name": "x", "servers": [{"listen": ["84"], "directives": {"proxy_pas": "http://127.0.0.1"}}]}],
        ('unknown directive "proxy_pas"', "/x line 6: "),
    ),
    "a server of the owner": (
        [
            {
                "name": "refusing",
                "servers": [{"server_name": ["refusing.example.org"], "listen": ["81"], "directives": "a b;"}],
            }
        ],
        (f"{SITE}:{SECOND}", "adopt: true"),
    ),
}
LOCATION_CASES = {**FILES, **DECLARATIONS, **CANDIDATES}
NUMBERS = {name: f"refused_{number}" for number, name in enumerate([*LOCATION_CASES, *SITES])}


@pytest.fixture(scope="session")
def told() -> plays.Told:
    """Ask for all of it, with a look at nginx's folder and at the other files before and after."""
    return plays.tell(
        plays.fresh(),
        plays.put("site", SITE, TEXT),
        plays.enable("enabled", "refusing"),
        plays.shell(
            "others",
            f"mkdir -p {FOLDER}/folder {plays.SITES}/unreadable",
            f"cd {FOLDER}",
            "ln -sf nowhere dangling",
            "ln -sf looping looping",
            "mkfifo pipe",
            "echo 'server { }' > hard",
            "ln hard harder",
            "truncate -s 33M large",
            "printf 'server { server_name caf\\351.example.org; }\\n' > latin",
            "printf 'server { }\\n\\0\\n' > binary",
            "printf 'server {\\n}\\n}\\n' > broken",
            "printf 'server {\\n  root \"/x;\\n}\\n' > open",
        ),
        plays.look("before", plays.NGINX, FOLDER),
        *(
            plays.Step(NUMBERS[name], "constellation.edge.nginx_location", arguments)
            for name, (arguments, _said) in LOCATION_CASES.items()
        ),
        *(plays.sites(NUMBERS[name], given, purge=False) for name, (given, _said) in SITES.items()),
        plays.look("after", plays.NGINX, FOLDER),
        plays.shell("cleared", f"rm -r {plays.SITES}/unreadable {FOLDER}"),
    )


@pytest.mark.parametrize("name", LOCATION_CASES)
def test_it_is_refused_with_its_place(told, home, name):
    plays.assert_refused(told[home.name][NUMBERS[name]], *LOCATION_CASES[name][1])


@pytest.mark.parametrize("name", CANDIDATES)
def test_nginx_s_refusal_names_the_line_of_the_candidate(told, home, name):
    plays.assert_refused(told[home.name][NUMBERS[name]], f"/refusing line {CANDIDATE_LINE}: ", "nothing was changed")


@pytest.mark.parametrize("name", SITES)
def test_a_site_is_refused_with_its_place(told, home, name):
    plays.assert_refused(told[home.name][NUMBERS[name]], *SITES[name][1])


def test_nothing_was_changed(told, home):
    assert plays.seen(told[home.name]["after"]) == plays.seen(told[home.name]["before"])
