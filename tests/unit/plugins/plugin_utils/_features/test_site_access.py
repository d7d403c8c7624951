# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may come in: which word counts where, what is refused, and what is left when it is taken out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import Certificates
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.plugin_utils._features._policy import looked_up, policy
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.site_access import SiteAccess
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import HOST, THEIRS, refused, sites, written

SERVICE = "http://192.168.0.10"
ROUTE = {"path": "/", "upstream": SERVICE}


def rules(site: dict[str, Any], *routes: dict[str, Any]) -> list[Any]:
    """Return the rule of each route and location."""
    given = [{"upstream": SERVICE, **route} for route in routes]
    (read,) = read_sites([{"server_name": "home.example.org", "routes": given, **site}], {"generic": {}})
    return [policy(read, route).rule for route in read.places]


def test_the_inner_word_wins() -> None:
    lan, login, public = (("lan",),), (("login",),), ((),)
    locations = [{"path": "/a/", "access": "public"}, {"path": "/b/", "max_body_size": "1m"}]
    routes = [{"path": "/", "locations": locations, "access": "login"}, {"path": "/c/"}]
    assert rules({"access": "lan"}, *routes) == [login, public, login, lan]
    assert rules({}, *routes) == [login, public, login, public]


def test_addresses_are_inherited_like_the_word() -> None:
    (site,) = sites({"deny": "192.168.0.66"}, access="lan", allow=["203.0.113.7"])
    found = policy(site, site.routes[0])
    assert (found.allow, found.deny) == (("203.0.113.7/32",), ("192.168.0.66/32",))
    assert policy(site).deny == ()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"allow": "203.0.113.7"}, "allow adds to the LAN"),
        ({"access": "login", "allow": "203.0.113.7"}, "allow adds to the LAN"),
        ({"access": "none", "deny": "203.0.113.7"}, "deny is needless where access is `none`"),
        ({"access": "lan", "allow": "203.0.113.7", "deny": "203.0.113.7"}, "both name 203.0.113.7/32"),
        ({"access": "lan", "allow": "192.168.0.1/24"}, "allow: '192.168.0.1/24' has bits of a host behind its prefix"),
        ({"access": "lan", "deny": "::ffff:192.168.0.1"}, "deny: '::ffff:192.168.0.1' is IPv4 in the form of IPv6"),
        ({"access": "lan", "deny": "fe80::1%eth0"}, "deny: 'fe80::1%eth0' is no text that names an address"),
        ({"access": "lan", "allow": "nas"}, "allow: 'nas' is neither an address nor a DNS name"),
        ({"access": "lan", "allow": "a.test", "deny": "a.test"}, "allow and deny both name a.test"),
        ({"allow": "a.test"}, "allow adds to the LAN"),
        ({"access": "lan", "allow": []}, "allow names nobody"),
        ({"access": "lan", "deny": "::/0"}, "deny: '::/0' is everybody"),
        ({"access": "lan", "raw": "return 200 x;"}, "raw: 'return' counts before nginx asks who comes"),
        ({"access": "lan", "raw": "if ($arg_a) { rewrite ^ /x; }"}, "raw: 'rewrite' counts before nginx asks"),
        ({"locations": [{"path": "/a/", "allow": "192.168.0.5"}]}, "allow adds to the LAN"),
    ],
)
def test_what_would_do_nothing_is_refused(keys: dict[str, Any], words: str) -> None:
    assert words in refused(**keys)


def test_addresses_may_be_for_a_part() -> None:
    part = {"path": "/share/", "access": "public"}
    assert sites({"access": "lan", "allow": "203.0.113.7", "locations": [part]})
    assert sites({"deny": "203.0.113.7", "locations": [{"path": "/a/", "access": "none"}]})
    assert sites({"access": "public", "allow": None}, access="lan", allow=["203.0.113.7"], index=True)


def test_whom_a_site_shuts_out_no_route_lets_in() -> None:
    (site,) = sites({"deny": "192.168.0.66"}, deny=["203.0.113.7"])
    assert policy(site, site.routes[0]).deny == ("192.168.0.66/32", "203.0.113.7/32")


def common(
    *given: dict[str, Any], clients: dict[str, Any] | None = None, lan: tuple[str, ...] = ()
) -> tuple[str, dict[str, str]]:
    """Return the http level of sites with these keys and a route, and the files that it names."""
    whole = [
        {"server_name": f"{number}.test", "routes": [{"path": "/", "upstream": SERVICE}], **each}
        for number, each in enumerate(given)
    ]
    host = replace(HOST, clients=clients or {}, server=LocalServer(lan=lan))
    declared = nginx_sites(read_sites(whole, {"generic": {}}), host)[0]
    return declared["directives"], declared.get("files", {})


NAME, ADDRESSES = "anna.dyndns.example.org", ("203.0.113.7", "2001:db8::7")


def test_a_name_is_a_file_that_the_geo_block_includes() -> None:
    text, files = common({"access": "lan", "allow": [NAME, "203.0.113.9"]}, clients={NAME: ADDRESSES})
    ((name, content),) = files.items()
    assert f" 203.0.113.9/32 near; include /etc/nginx/constellation-edge/{name}; }}" in text
    assert content.endswith("\n203.0.113.7 near;\n2001:db8::7 near;\n")
    assert NAME not in text + content
    assert common({"access": "lan", "allow": "203.0.113.9"})[1] == {}
    # Nothing asks for an address there.
    assert (
        common({"access": "none", "allow": NAME, "routes": [ROUTE | {"access": "lan", "allow": "10.0.0.1"}]})[1] == {}
    )


def test_a_denied_name_wins_and_what_is_written_as_an_address_counts_before_both() -> None:
    given = {"access": "lan", "allow": [NAME, "203.0.113.8"], "deny": ["bert.test", "203.0.113.9"]}
    several = ("203.0.113.7", "203.0.113.8", "203.0.113.9", "203.0.113.10")
    _text, files = common(given, clients={NAME: several, "bert.test": several[:3]})
    (content,) = files.values()
    assert [line for line in content.splitlines() if line[0] != "#"] == ["203.0.113.7 denied;", "203.0.113.10 near;"]


@pytest.mark.parametrize("behind", [{}, {"trusted_proxies": "192.168.0.2"}])
def test_a_name_changes_nothing_of_the_lan_or_of_a_listed_network(behind: dict[str, str]) -> None:
    """Of two networks the narrower one counts, which the address of a name is: in the LAN, or in a denied network."""
    given = {"access": "lan", "allow": [NAME, "203.0.113.0/25"], "deny": ["198.51.100.0/24", "bad.test"], **behind}
    told = {NAME: ("198.51.100.9",), "bad.test": ("2001:db8:1::5", "192.0.2.5", "203.0.113.5", "203.0.113.200")}
    _text, files = common(given, clients=told, lan=("2001:db8:1::/48", "192.0.2.5"))
    (content,) = files.values()
    assert [line for line in content.splitlines() if line[0] != "#"] == ["203.0.113.200 denied;"]


def test_behind_a_proxy_the_address_of_a_name_is_let_in_as_one_that_is_written() -> None:
    behind = {"trusted_proxies": "192.168.0.2"}
    text, files = common({"access": "lan", "allow": NAME, **behind}, clients={NAME: ADDRESSES})
    (content,) = files.values()
    assert content.endswith("\n203.0.113.7 2;\n2001:db8::7 2;\n")
    assert '"~2$" near;' in text
    assert [*files] != [*common({"access": "lan", "allow": NAME})[1]]


def test_the_address_decides_on_the_bytes_of_its_file_alone() -> None:
    one, other = (common({"access": "lan", "allow": NAME}, clients={NAME: each}) for each in (ADDRESSES, ADDRESSES[:1]))
    assert one[0] == other[0]
    assert [*one[1]] == [*other[1]]
    assert one[1] != other[1]


def test_before_it_is_looked_up_a_name_may_be_any_address() -> None:
    (site,) = sites({"access": "lan", "allow": NAME, "deny": "bert.test"})
    found = policy(site, site.routes[0])
    assert found.lets_in("10.0.0.1", ["10.0.0.0/8"])
    assert found.lets_in("203.0.113.7", ["10.0.0.0/8"])
    assert not replace(found, allow=()).lets_in("203.0.113.7", ["10.0.0.0/8"])
    assert not replace(found, deny=("203.0.113.0/24",)).lets_in("203.0.113.7", ["10.0.0.0/8"])
    assert looked_up([site]) == [NAME, "bert.test"]


def test_a_password_in_clear_text_is_refused() -> None:
    with pytest.raises(SchemaError, match="would send passwords in clear text"):
        sites({"access": "login"}, http="serve")
    assert sites({"access": "lan"}, http="serve")


def test_a_site_may_say_what_no_route_of_it_needs() -> None:
    with pytest.raises(SchemaError, match="allow adds to the LAN"):
        sites({}, allow=["203.0.113.7"])


@pytest.mark.parametrize("rule", ["lan", "login", "none", ["lan", "login"], "lan+login"])
@pytest.mark.parametrize("kind", [{}, {"upstream": None, "redirect": "/x/"}, {"upstream": None, "static": "/srv/www"}])
def test_nothing_of_it_stays_when_it_is_taken_out(rule: Any, kind: dict[str, Any]) -> None:
    with_it, without = {**kind, "access": rule}, kind
    plain = written(None, without)
    # Lines may stand in another order, and apart.
    left = written(written(None, with_it), without)
    assert sorted(filter(None, left.split("\n"))) == sorted(filter(None, plain.split("\n")))
    assert written(plain, with_it) != plain


def test_lines_of_an_owners_count_beside_ours() -> None:
    """An address of his is asked as well; of one login there can be but one."""
    own = THEIRS.replace(
        "proxy_pass", "allow 192.168.0.0/24;\n        deny all;\n        auth_basic Cameras;\n        proxy_pass"
    )
    text = written(own, {"access": "lan"}, adopt=True)
    assert "auth_basic Cameras;" in text
    assert "deny all;" in text
    assert "auth_request /.constellation-edge/access/near-" in text
    with pytest.raises(Exception, match="s:12: auth_basic of yours stands where"):
        written(own, {"access": "login"}, adopt=True)


def test_a_service_gets_no_password_of_nginx() -> None:
    assert 'proxy_set_header Authorization "";' in written(None, {"access": "login"})
    assert "proxy_set_header Authorization $edge_a" in written(None, {"access": ["lan", "login"]})
    own = {"access": "login", "request_headers": {"Authorization": "Basic eDp5"}}
    assert written(None, own).count("Authorization") == 1
    assert "Authorization" not in written(None, {"access": "lan"})


def test_the_summary_lists_what_everybody_may_open() -> None:
    routes = [{"path": f"/{number}/", "upstream": SERVICE, "access": "public"} for number in range(32)]
    given = [{"server_name": "a.test", "access": "lan", "routes": [*routes, {"path": "/x/", "upstream": SERVICE}]}]
    (note,) = SiteAccess.notes(read_sites(given, {"generic": {}}), HOST)
    assert note.startswith("open to everybody: a.test/0/, a.test/1/")
    assert note.endswith(", and 2 more")
    assert SiteAccess.notes(sites({"access": "lan"}), HOST) == ["open to everybody: nothing"]
    assert SiteAccess.notes(sites({"access": "public"}), HOST) == []
    denied = SiteAccess.notes(sites({"deny": "203.0.113.7"}), HOST)
    assert denied == ["open to everybody: home.example.org/zm/"]


def test_what_lets_clients_through_is_in_each_server_that_asks() -> None:
    """In an owner's server as well, and in that of port 80 where it serves the site."""
    asks, answers = "auth_request /.constellation-edge/access/near-", "location = /.constellation-edge/access/near-"
    for text, count in (
        (written(THEIRS, {"access": "lan"}, adopt=True), 1),
        (written(None, {"access": "lan"}), 1),
    ):
        assert (text.count(asks), text.count(answers)) == (count, count)
    http, https = nginx_sites(sites({"access": "lan"}, http="serve"), HOST)[1]["servers"]
    for server in (http, https):
        assert any(each["location"].startswith("= /.constellation-edge/access/near-") for each in server["locations"])
        assert any("auth_request" in each["directives"] for each in server["locations"])
    assert answers not in written(written(THEIRS, {"access": "lan"}, adopt=True), {}, adopt=True)


@pytest.mark.parametrize(
    ("around", "keys", "words"),
    [
        ("auth_request /authelia;", {"access": "lan"}, "auth_request /authelia would not count in location /zm/"),
        ("auth_basic Home;", {"access": "login"}, "auth_basic Home would not count in location /zm/"),
        ("satisfy any;", {"access": "lan"}, "satisfy any would not count in location /zm/"),
        ("auth_basic Home;", {"access": "lan"}, ""),
        ("auth_basic off;", {"access": "login"}, ""),
        ("allow 192.168.0.0/24; deny all;", {"access": "lan"}, ""),
        ("auth_request /authelia;", {}, ""),
    ],
)
@pytest.mark.parametrize("level", ["server", "http"])
def test_what_an_owner_asks_around_is_not_put_out_of_force(
    tmp_path: Path, level: str, around: str, keys: dict[str, Any], words: str
) -> None:
    for name in ("sites-available", "sites-enabled", "conf.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    inside, outside = (around, "") if level == "server" else ("", around)
    (tmp_path / "conf.d" / "own.conf").write_text(
        f"{outside}\n{THEIRS.replace('ssl_certificate ', inside + ' ssl_certificate ', 1)}"
    )
    declared = nginx_sites(sites(keys, adopt=True), HOST)[1:]
    found = plan(declared, root=str(tmp_path), certificates=Certificates(f"{tmp_path}/live", f"{tmp_path}/p")).problems
    told = [each for each in found if "would not count" in each]
    assert [words in each for each in told] == ([True] if words else [])
    assert all("own.conf" in each for each in told)


def test_passwords_are_tried_only_so_often() -> None:
    """By one zone of the site, also in front of what nginx answers itself; a limit of the route takes its place."""
    answer = {"upstream": None, "return": 410}
    for keys in ({}, answer):
        text = written(None, {"access": "login", **keys})
        assert (
            text.count("limit_req_zone $constellation_edge_tries zone=constellation_edge_logins_home.example.org") == 1
        )
        line = "limit_req zone=constellation_edge_logins_home.example.org burst=600 delay=200;"
        assert text.count(line) == 1
        (location,) = (each for each in text.split("\n    }\n") if "location /zm/ {" in each.partition("auth_basic")[0])
        assert line in location
    assert "logins" not in written(None, {"access": "login", "rate_limit": "5r/s"})
    assert "logins" not in written(None, {"access": "lan"})
    assert "logins" not in written(THEIRS, {"access": "login"}, adopt=True)
