# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service gets: no name of a user, nothing that a client decides on; and what goes with the key."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import NGINX_MARK as MARK
from ansible_collections.constellation.edge.plugins.plugin_utils._features.claims import CLAIMS, IDENTITY
from routes import THEIRS, lines, refused, written


@pytest.mark.parametrize("claim", [each for each in CLAIMS if each.kind == IDENTITY])
def test_nobodys_name_is_a_fixed_value(claim: Any) -> None:
    text = refused(request_headers={claim.name.upper(): "admin"})
    assert text.endswith(
        f"says who is logged in ({claim.believer}): everybody who reaches the route would be that user. Take it out; a "
        "`proxy_set_header` of your own behind a login stays in the route's location"
    )


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize(
    "value",
    [
        "$http_x_user",
        "a${arg_user}b",
        "$cookie_a",
        "$args",
        "$query_string",
        "$request_uri",
        "$uri",
        "$remote_user",
        "$mine",
        "$remote_addr $http_host",
    ],
)
def test_no_client_says_what_services_believe(claim: Any, value: str) -> None:
    text = refused(request_headers={claim.name: value})
    assert f"'{claim.name}' is believed when it comes from the proxy ({claim.believer}), and a client may" in text


def test_a_dot_for_a_hyphen_is_the_same_claim() -> None:
    assert "says who is logged in" in refused(request_headers={"Remote.User": "admin"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Script-Name", "/zm"),
        ("CF-Connecting-IP", "$remote_addr"),
        ("X-Scheme", "${scheme}"),
        ("X-SSL-Client-DN", "$ssl_client_s_dn"),
        ("Remote-User", ""),
        ("X-Language", "$http_accept_language"),
    ],
)
def test_what_a_proxy_may_say(name: str, value: str) -> None:
    text = written(None, {"request_headers": {name: value}})
    assert [each for each in lines(text, "proxy_set_header") if each.split(" ")[0] == name] == [f"{name} {value}"]
    assert f'proxy_set_header {name} "{value}"; {MARK}\n' in text
    # Without the key, what a client says of it is emptied again.
    assert sorted(written(text, {}).splitlines()) == sorted(written(None, {}).splitlines())


def test_a_header_that_is_taken_away_does_not_come_along_from_the_server() -> None:
    mine = THEIRS.replace("    add_header X-Theirs", "    proxy_set_header Authorization a;\n    add_header X-Theirs")
    text = written(mine, {"request_headers": {"Authorization": ""}}, adopt=True)
    assert [each for each in lines(text, "proxy_set_header") if "Authorization" in each] == ["Authorization "]
