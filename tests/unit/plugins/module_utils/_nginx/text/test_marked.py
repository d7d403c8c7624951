# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single lines of ours beside their owner's: ours carry the mark and go with what declares them, his stay."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import NGINX_MARK as MARK
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.inclusion import Includes, nothing_included
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse

THEIRS = "        add_header X-Mine 1; # why\n        proxy_hide_header X-Old;\n"


def edited(text: str, *, includes: Includes = nothing_included, adopt: bool = False, **given: Any) -> str:
    wanted = locations([{"location": "/", **given}], "f")
    return edit_locations(text, "f", Selector(), wanted, adopt=adopt, purge=False, includes=includes)


def inside(body: str, marked: dict[str, Any], **more: Any) -> str:
    """Return what a location of ours holds after a call with these marked directives, which a second one leaves."""
    head = f"location / {{ {MARK}\n"
    text = edited(f"server {{\n    {head}{body}    }}\n}}\n", marked=marked, **more)
    assert edited(text, marked=marked, **more) == text
    return text.partition(head)[2].partition("    }\n")[0]


def test_ours_stand_beside_theirs_with_our_mark_and_go_alone() -> None:
    written = inside(THEIRS, {"add_header": ['X-A "1" always', 'X-B "2" always'], "proxy_hide_header": ["X-C"]})
    assert written == (
        f'        add_header X-Mine 1; # why\n        add_header X-A "1" always; {MARK}\n'
        f'        add_header X-B "2" always; {MARK}\n        proxy_hide_header X-Old;\n'
        f"        proxy_hide_header X-C; {MARK}\n"
    )
    assert inside(written, {"add_header": ['X-B "3" always']}) == (
        f'        add_header X-Mine 1; # why\n        add_header X-B "3" always; {MARK}\n'
        "        proxy_hide_header X-Old;\n"
    )
    assert inside(written, {}) == THEIRS


def test_a_location_that_is_made_has_the_mark_on_these_lines_alone() -> None:
    text = edited("server {\n}\n", directives={"proxy_pass": "http://a"}, marked={"add_header": ["X-A 1"]})
    assert f"{{ {MARK}\n        proxy_pass http://a;\n        add_header X-A 1; {MARK}\n    }}" in text


def test_an_owners_line_that_says_the_same_stays_his() -> None:
    theirs = '        add_header X-A "1";\n'
    assert inside(theirs, {"add_header": ["X-A 1"]}) == theirs
    assert inside(theirs + f"        add_header X-A 1; {MARK}\n", {"add_header": ["X-A 1"]}) == theirs
    assert inside(theirs, {}) == theirs


def test_an_owners_line_that_says_another_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^f:3: `add_header x-a 2` of yours is not what constellation.edge is to"):
        inside("        add_header x-a 2;\n", {"add_header": ["X-A 1"]})


def test_an_include_says_the_same_or_is_named() -> None:
    files = {"mine": [("/etc/nginx/mine", parse("add_header X-A 1;"))]}

    def includes(pattern: str) -> list[Any]:
        return files.get(pattern, [])

    body = "        include mine;\n"
    assert inside(body, {"add_header": ["X-A 1"]}, includes=includes) == body
    with pytest.raises(ConfigError, match=r"^/etc/nginx/mine: `add_header X-A 1` of yours is not what"):
        inside(body, {"add_header": ["X-A 2"]}, includes=includes)


def test_an_empty_value_gives_way_and_comes_back_without_a_mark() -> None:
    empty = '        proxy_set_header Remote-User "";\n'
    yields = {"yields": ["proxy_set_header"]}
    written = inside(empty, {"proxy_set_header": ["Remote-User me"]}, **yields)
    assert written == f"        proxy_set_header Remote-User me; {MARK}\n"
    # What was ours is no value of the owner's: the empty one must not give way to it.
    again = inside(written, {}, directives={"proxy_set_header": ['Remote-User ""']}, **yields)
    assert again == empty


def test_an_empty_value_of_ours_stays_ours() -> None:
    yields = {"yields": ["proxy_set_header"]}
    written = inside("", {"proxy_set_header": ["Authorization secret"]}, **yields)
    assert inside(written, {"proxy_set_header": ['Authorization ""']}, **yields) == (
        f'        proxy_set_header Authorization ""; {MARK}\n'
    )


def test_two_lines_of_ours_for_one_header_become_one() -> None:
    twice = f"        add_header X-A 1; {MARK}\n        add_header X-A 2; {MARK}\n"
    assert inside(twice, {"add_header": ["X-A 2"]}) == f"        add_header X-A 2; {MARK}\n"


def test_in_a_location_of_an_owner_it_is_the_same() -> None:
    text = f"server {{\n    location / {{\n{THEIRS}    }}\n}}\n"
    adopted = {"marked": {"add_header": ["X-A 1"]}}
    written = edited(text, adopt=True, adopted=adopted)
    assert f"# why\n        add_header X-A 1; {MARK}\n" in written
    assert edited(written, adopt=True, adopted={}) == text
    with pytest.raises(ConfigError, match="Say 'adopt: true'"):
        edited(text, adopted=adopted)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"state": "exact", "marked": {"add_header": ["X-A 1"]}},
            "with 'exact' every line is ours; leave 'marked' out",
        ),
        ({"marked": {"if ($a)": {"return": "403"}}}, "marked: if is a block, and takes single directives alone"),
        (
            {"directives": {"add_header": "X-A 1"}, "marked": {"add_header": ["x-a 2"]}},
            "marked: 'add_header x-a 2' stands in 'directives', too; keep it in one",
        ),
    ],
)
def test_what_cannot_be_marked_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        locations([{"location": "/", **given}], "f")
