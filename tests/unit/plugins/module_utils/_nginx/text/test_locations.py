# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locations inside locations, what is ours in them, and what keeps a block of ours from being purged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import meaning, parse

MARK = "# constellation.edge"
SERVER = """\
server {
    listen 80;

    location /a/ {
        root /srv;

        location /a/b/ {
            deny all;
        }
    }
}
"""


def edit(text: str, *given: dict[str, Any], purge: bool = False, warnings: list[str] | None = None) -> str:
    """Return the text after one call; the second call must change nothing."""

    def once(before: str) -> str:
        wanted = locations(given, "f")
        return edit_locations(before, "f", Selector(), wanted, adopt=False, purge=purge, warnings=warnings)

    after = once(text)
    assert once(after) == after
    return after


def test_a_location_goes_into_the_one_that_is_named() -> None:
    added = {"location": "= /a/b/c", "parents": ["/a/", "/a/b/"], "directives": "return 204;"}
    after = edit(SERVER, added)
    block = f"            location = /a/b/c {{ {MARK}\n                return 204;\n            }}\n"
    assert after == SERVER.replace("deny all;\n", f"deny all;\n\n{block}")
    assert edit(after, {**added, "state": "absent"}) == SERVER


def test_a_parent_may_be_one_of_the_same_call() -> None:
    after = edit(
        "server {\n}\n",
        {"location": "/n/x", "parents": ["/n/"], "directives": "return 204;"},
        {"location": "/n/", "directives": "root /srv;"},
    )
    assert [line.strip() for line in after.splitlines()] == [
        "server {",
        f"location /n/ {{ {MARK}",
        "root /srv;",
        "",
        f"location /n/x {{ {MARK}",
        "return 204;",
        "}",
        "}",
        "}",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{"location": "/x", "parents": ["/no/"]}], r"f: location /no/ is named as a parent, but it is not there"),
        (
            [{"location": "/a/", "state": "exact"}, {"location": "/a/x", "parents": ["/a/"]}],
            r"location /a/x: its parent /a/ is listed as exact",
        ),
        ([{"location": "/a/x", "parents": ["/a/"]}] * 2, r"location '/a/x': is listed twice"),
        (
            [{"location": "/x", "before": "/a/"}, {"location": "/a/", "state": "absent"}],
            r"/x: is to stand beside location /a/",
        ),
        ([{"location": "= /x", "after": "=/x"}], r"location = /x: cannot stand beside itself"),
        ([{"location": "/x", "parents": ["/a/ b; c"]}], r"parents: location '/a/ b; c'"),
    ],
)
def test_a_place_that_cannot_be(given: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        edit(SERVER, *given)


def test_the_same_location_at_two_levels_is_two() -> None:
    after = edit(SERVER, {"location": "/a/"}, {"location": "/a/", "parents": ["/a/"], "directives": "return 204;"})
    assert after.count("location /a/ {") == 2


def test_every_block_that_is_made_carries_the_mark() -> None:
    body = "if ($a) { return 403; } limit_except GET { deny all; } content_by_lua_block { return }"
    after = edit("server {\n}\n", {"location": "/x", "directives": body})
    assert after.count(f"{{ {MARK}") == 3
    assert f"content_by_lua_block {{ return }} {MARK}" in after
    assert edit(after, purge=True) == "server {\n}\n"


@pytest.mark.parametrize("foreign", ["# mine", "if ($b) { return 404; }", "set_by_lua_block $a { return 1 }"])
def test_a_block_of_ours_with_something_of_its_owner_is_not_purged(foreign: str) -> None:
    ours = edit("server {\n}\n", {"location": "/x", "directives": "if ($a) { return 403; }"})
    text = ours.replace("return 403;\n", f"return 403;\n            {foreign}\n")
    warnings: list[str] = []
    assert edit(text, purge=True, warnings=warnings) == text
    assert warnings
    assert warnings[0].startswith("f:2: this location is not listed any more but stays, because ")
    # One that is named goes with it only when that is said.
    gone = locations([{"location": "/x", "state": "absent"}], "f")
    with pytest.raises(ConfigError, match=r"^f:2: .* in location /x is there already and was not made by"):
        edit_locations(text, "f", Selector(), gone, adopt=False, purge=False)
    assert edit_locations(text, "f", Selector(), gone, adopt=True, purge=False) == "server {\n}\n"


def test_purge_finds_what_is_ours_at_any_depth() -> None:
    added = {"location": "/a/b/c", "parents": ["/a/", "/a/b/"]}
    assert edit(edit(SERVER, added), purge=True) == SERVER
    assert edit(edit(SERVER, added), {"location": "/new"}, purge=True) == edit(SERVER, {"location": "/new"})
    # One that stands in the directives of a listed one is listed by that.
    inside = {"location": "/o/", "state": "exact", "directives": "location /o/p/ { return 204; }"}
    assert edit(SERVER, inside, purge=True) == edit(SERVER, inside)


@pytest.mark.parametrize(
    ("have", "wanted", "then"),
    [
        ("deny all;", "allow 10.0.0.1; deny all;", "allow 10.0.0.1; deny all;"),
        ("deny all;", "allow 10.0.0.1; allow 10.0.0.2; deny all;", "allow 10.0.0.1; allow 10.0.0.2; deny all;"),
        ("allow 10.0.0.1; deny all;", "allow 10.0.0.2; deny all;", "allow 10.0.0.1; allow 10.0.0.2; deny all;"),
        ("rewrite ^/b /2;", "rewrite ^/a /1; rewrite ^/b /2;", "rewrite ^/a /1; rewrite ^/b /2;"),
        ("set $a 1; return 204;", "set $a 1; set $b $a; return 204;", "set $a 1; set $b $a; return 204;"),
        ("root /x; deny all;", "allow 10.0.0.1; root /x; deny all;", "root /x; allow 10.0.0.1; deny all;"),
        ("return 204;", "if ($a) { return 403; } return 204;", "if ($a) { return 403; } return 204;"),
    ],
)
def test_where_the_order_decides_a_new_directive_goes_where_the_declaration_has_it(
    have: str, wanted: str, then: str
) -> None:
    text = edit("server {\n}\n", {"location": "/x", "directives": have})
    after = edit(text, {"location": "/x", "directives": wanted})
    assert meaning(parse(after)) == meaning(parse(edit("server {\n}\n", {"location": "/x", "directives": then})))


def test_a_location_of_its_owner_is_not_removed_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^f:2: location /x is there already and was not made by"):
        edit("server {\n    location /x { # mine\n    }\n}\n", {"location": "/x", "state": "absent"})


def test_owning_one_of_several_leaves_the_others() -> None:
    body = {"add_header": ["X-A 1", "X-B 2"]}
    text = edit("server {\n}\n", {"location": "/x", "directives": body})
    after = edit(text, {"location": "/x", "directives": {}, "owns": ["add_header x-a"]})
    assert "X-A" not in after
    assert "X-B 2" in after


def test_wishes_for_places_are_met_together_or_refused() -> None:
    text = "".join(f"location ~ {name} {{}}\n" for name in "abc")
    chain = [{"location": "~ c", "before": "~ b"}, {"location": "~ b", "before": "~ a"}]
    after = edit_locations(text, "f", Selector(), locations(chain, "f"), adopt=True, purge=False)
    assert [each.args[1] for each in parse(after).body] == ["c", "b", "a"]
    assert edit_locations(after, "f", Selector(), locations(chain, "f"), adopt=True, purge=False) == after
    circle = [*chain, {"location": "~ a", "before": "~ c"}]
    with pytest.raises(ConfigError, match="in a circle"):
        edit_locations(text, "f", Selector(), locations(circle, "f"), adopt=True, purge=False)
    later = [{"location": "~ new", "before": "~ later"}, {"location": "~ later"}]
    made = edit_locations(text, "f", Selector(), locations(later, "f"), adopt=True, purge=False)
    assert [each.args[1] for each in parse(made).body] == ["a", "b", "c", "new", "later"]


def test_a_location_is_listed_or_in_its_parents_directives() -> None:
    given = [
        {"location": "/a/", "directives": "location /a/b/ { return 204; }"},
        {"location": "/a/b/", "parents": ["/a/"]},
    ]
    with pytest.raises(ConfigError, match="location /a/b/ is listed and in its parent's directives"):
        edit(SERVER, *given)


def test_off_stands_alone() -> None:
    text = edit("server {\n}\n", {"location": "/x", "directives": {"proxy_redirect": ["default", "/a /b"]}})
    off = edit(text, {"location": "/x", "directives": {"proxy_redirect": "off"}})
    assert off.count("proxy_redirect") == 1
    assert edit(off, {"location": "/x", "directives": {"proxy_redirect": ["default", "/a /b"]}}) == text


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("deny all; allow 10.0.0.1;", "allow 10.0.0.1; deny all;"),
        ("rewrite ^/b /2; # two\nrewrite ^/a /1;", "rewrite ^/a /1; rewrite ^/b /2;"),
        ("if ($b) { return 404; } set $b 1;", "set $b 1; if ($b) { return 404; }"),
    ],
)
def test_what_stands_in_another_order_than_the_declaration_is_moved(have: str, wanted: str) -> None:
    text = edit("server {\n}\n", {"location": "/x", "directives": have})
    after = edit(text, {"location": "/x", "directives": wanted})
    assert meaning(parse(after)) == meaning(parse(edit("server {\n}\n", {"location": "/x", "directives": wanted})))


GUARD = "if ($kept) { return 403; }"
GUARDS = ["if ($kept) {}"]


def inside(location: str, given: str, guards: Sequence[str] = ()) -> str:
    """Return what a location of ours holds after a call that declares one `if`."""
    text = f"server {{ location / {{ {MARK}\n{location}\n}} }}"
    after = edit(text, {"location": "/", "directives": given, "guards": [*guards]})
    return " ".join(after.partition(MARK)[2].replace(MARK, "").split()).removesuffix(" } }")


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("rewrite ^ /x break; root /srv;", "{} rewrite ^ /x break; root /srv;"),
        ("set $a b; break;", "set $a b; {} break;"),
        ("if ($a) { break; } set $d e;", "{} if ($a) { break; } set $d e;"),
        ("break; {}", "{} break;"),
        # What a rewrite that goes on leads to is looked at, too.
        ("rewrite ^/x /y; rewrite ^ /z break;", "rewrite ^/x /y; {} rewrite ^ /z break;"),
        ("rewrite ^/x /y; set $a b;", "rewrite ^/x /y; set $a b; {}"),
        ("root /srv; set $a b;", "root /srv; set $a b; {}"),
    ],
)
def test_a_guard_comes_before_what_would_keep_nginx_from_it(have: str, wanted: str) -> None:
    assert inside(have.replace("{}", GUARD), GUARD, GUARDS) == wanted.replace("{}", GUARD)


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("return 301 https://$host;", "{} return 301 https://$host;"),
        ("root /srv; rewrite ^ /x; set $a b;", "root /srv; {} rewrite ^ /x; set $a b;"),
        ("set $a b; if ($a) { set $c d; }", "set $a b; {} if ($a) { set $c d; }"),
        # What another location answers is none of this one's business.
        ("location /x/ { return 404; }", "{} location /x/ { return 404; }"),
        ("set $a b; location /x/ { return 404; } root /srv;", "set $a b; {} location /x/ { return 404; } root /srv;"),
    ],
)
def test_a_guard_that_lets_through_comes_before_whatever_answers(have: str, wanted: str) -> None:
    lets_in = "if ($kept) { break; }"
    assert inside(have, lets_in, GUARDS) == wanted.replace("{}", lets_in)


def test_guards_are_named_as_owns_names_a_block() -> None:
    for given in ("root /x", "root", "if ($kept)", "if ($kept", "location / {}", "", "if"):
        with pytest.raises(ConfigError, match=rf"location '/', guards: '{re.escape(given)}' is no condition; write"):
            locations([{"location": "/", "guards": [given]}], "f")


@pytest.mark.parametrize(
    ("directives", "wanted"),
    [
        ({"if ($a)": {"break": None}, "if ($b)": {"break": None}}, "if ($a) { break; } if ($b) { break; }"),
        ({"if ($a)": {"break": None}, "if ($b)": {"return": 403}}, "if ($a) { break; } if ($b) { return 403; }"),
        ({"if ($c)": {"break": None}, "if ($a)": {"return": 403}}, "if ($a) { return 403; } if ($c) { break; }"),
    ],
)
def test_guards_stand_where_they_will_from_the_first_run_on(directives: dict[str, Any], wanted: str) -> None:
    given = {"location": "/", "directives": directives, "guards": ["if ($a) {}", "if ($b) {}"]}
    first = edit("server {\n}\n", given)
    assert wanted in " ".join(first.replace(MARK, "").split())
    assert edit(first, given) == first


@pytest.mark.parametrize(
    "have", ["set $no 0; if ($a) { set $no 1; }", "rewrite ^ /x break; set $no 1;", "if ($a) { break; }"]
)
def test_any_other_refusal_stays_behind_what_may_decide_on_it(have: str) -> None:
    refusal = "if ($no) { return 403; }"
    assert inside(f"{have} {refusal}", refusal) == f"{have} {refusal}"


def test_an_if_without_a_condition_is_left_to_nginx() -> None:
    assert "if {" in inside("break;", "if { return 403; }")


def test_blocks_that_change_places_take_their_comments_along() -> None:
    first = "    if ($a) { # a\n        return 1; # in a\n    }\n"
    text = f"location /x {{\n{first}    if ($b) {{\n        return 2;\n    }}\n}}\n"
    body = "if ($b) { return 2; } if ($a) { return 1; }"
    wanted = locations([{"location": "/x", "state": "exact", "directives": body}], "f")
    after = edit_locations(text, "f", Selector(), wanted, adopt=True, purge=False)
    assert first in after
    assert MARK not in after
    assert after.index("$b") < after.index("$a")


def test_a_byte_order_mark_is_told() -> None:
    warnings: list[str] = []
    text = "\xef\xbb\xbfmap a b {}\nserver {\n}\n"
    assert edit(text, {"location": "/x"}, warnings=warnings).startswith(text[:10])
    assert "byte order mark" in warnings[0]


@pytest.mark.parametrize(
    ("have", "after"),
    [
        ("    listen 80; location /x {}\n    index y;\n}\n", "    listen 80; location /x {}\n    location /a/ { # "),
        ("    listen 80; location /x {}\n}\n", "    listen 80; location /x {}\n    location /a/ { # "),
        (
            "    listen 80; location /b/ {} location /x {}\n}\n",
            "    listen 80; location /b/ {} location /x {}\n    location /a/",
        ),
    ],
)
def test_a_new_location_does_not_go_into_the_middle_of_a_line(have: str, after: str) -> None:
    wanted = [{"location": "/a/", "directives": "return 204;"}, {"location": "/b/"}]
    text = edit(f"server {{\n{have}", *wanted[: 1 + ("/b/" in have)])
    assert after in text
    assert edit(text, {"location": "/a/", "state": "absent"}) == f"server {{\n{have}"


ACCESS = [["allow", "deny"], ["auth_basic", "auth_basic_user_file"]]


def with_access(body: str, directives: str, **more: Any) -> str:
    """Return what a location of ours holds after a call that declares these directives line by line."""
    text = f"server {{\n    location / {{ {MARK}\n{body}    }}\n}}\n"
    after = edit(text, {"location": "/", "directives": directives, "marks": ACCESS, **more})
    return after.partition(f"location / {{ {MARK}\n")[2].partition("    }\n")[0]


def test_lines_of_access_carry_our_mark_one_by_one() -> None:
    written = with_access("        proxy_pass http://a;\n", "allow 10.0.0.1; deny all;")
    assert written == (f"        proxy_pass http://a;\n        allow 10.0.0.1; {MARK}\n        deny all; {MARK}\n")
    # They go when they are not declared any more, and what is declared instead has its order.
    assert with_access(written, "") == "        proxy_pass http://a;\n"
    assert with_access(written, "allow 10.0.0.2; allow 10.0.0.3; deny all;") == (
        f"        proxy_pass http://a;\n        allow 10.0.0.2; {MARK}\n        allow 10.0.0.3; {MARK}\n"
        f"        deny all; {MARK}\n"
    )


def test_an_owners_lines_of_access_stay() -> None:
    theirs = "        allow 10.0.0.9;\n        deny all;\n        auth_basic Home;\n"
    assert with_access(theirs, "proxy_read_timeout 5s;") == f"{theirs}        proxy_read_timeout 5s;\n"
    # A group of ours beside another one of theirs.
    theirs = "        allow 10.0.0.9;\n        deny all;\n"
    assert with_access(theirs, "auth_basic Home;") == f"{theirs}        auth_basic Home; {MARK}\n"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("allow 10.0.0.9;", "deny all;"), ("deny all;", "deny all;"), ("auth_basic off;", "auth_basic_user_file f;")],
)
def test_an_owners_line_of_access_beside_ours_is_refused(theirs: str, ours: str) -> None:
    name, wanted = theirs.split()[0], ours.split()[0]
    with pytest.raises(ConfigError, match=rf"^f:3: {name} of yours stands where .* write {wanted}\. Take it out"):
        with_access(f"        {theirs}\n", ours)


def test_a_name_is_in_one_group_of_marks() -> None:
    with pytest.raises(ConfigError, match="marks: deny stands in two groups; keep it in one"):
        locations([{"location": "/", "marks": [["allow", "deny"], ["deny"]]}], "f")


def test_a_location_that_is_made_has_marks_of_its_own_on_these_lines() -> None:
    given = {"location": "/", "directives": "proxy_pass http://a; allow 10.0.0.1; deny all;", "marks": ACCESS}
    text = edit("server {\n}\n", given)
    assert f"proxy_pass http://a;\n        allow 10.0.0.1; {MARK}\n        deny all; {MARK}\n" in text
    assert "allow" not in edit(text, {**given, "directives": "proxy_pass http://a;"})


def test_marks_say_nothing_where_every_line_is_ours() -> None:
    with pytest.raises(ConfigError, match="with 'exact' every line is ours"):
        locations([{"location": "/", "state": "exact", "marks": ACCESS}], "f")


def test_an_owners_line_of_access_in_an_include_is_refused_with_its_file() -> None:
    wanted = locations([{"location": "/", "directives": "deny all;", "marks": ACCESS}], "f")
    text = f"server {{ location / {{ {MARK}\ninclude acc;\n}} }}"
    files = {"acc": [("/etc/nginx/acc", parse("allow all;"))]}

    def includes(pattern: str) -> list[Any]:
        return files.get(pattern, [])

    with pytest.raises(ConfigError, match=r"^/etc/nginx/acc: allow of yours stands where .* write deny"):
        edit_locations(text, "f", Selector(), wanted, adopt=False, purge=False, includes=includes)
