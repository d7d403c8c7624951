# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wished for and has no key: what is said, that it is true, and that what is written by hand stays."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import (
    ROUTE_KEYS,
    SITE_KEYS,
    SchemaError,
    read_sites,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import (
    VARIABLES,
    variable_problems,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.wishes import (
    ROUTE_WISHES,
    SITE_WISHES,
    VARIABLE_WISHES,
    wish,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

PRESETS = read_presets(OURS).found
ROUTE = {"path": "/zm/", "app": "zoneminder", "upstream": "http://192.168.0.10"}
SENTENCES = sorted({*ROUTE_WISHES.values(), *SITE_WISHES.values(), *VARIABLE_WISHES.values()})
FILE = "/etc/nginx/sites-available/home.example.org"


def said(route=(), site=()) -> list[str]:
    value = [{"server_name": "Home.example.org", "routes": [ROUTE | dict(route)], **dict(site)}]
    with pytest.raises(SchemaError) as error:
        read_sites(value, PRESETS)
    return [problem.text for problem in error.value.problems]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("limit_req", "write `rate_limit: 10r/s burst 20` in a route"),
        ("limit_conn", "write `connection_limit: 20` in a route"),
        ("limit_rate", "write `bandwidth: 1m` in a route"),
        ("error_page", "write `error_pages: {502: FILE}` in a site"),
        ("auth", "write `access: login`"),
        ("add_header", "write `headers: {NAME: VALUE}` in a route"),
        ("proxy_set_header", "write `request_headers: {NAME: VALUE}` in a route"),
        ("proxy_hide_header", "write `hide_headers: [NAME]` in a route"),
        ("whitelist", "write `access: lan`"),
        ("client_max_body_size", "write `max_body_size: "),
        ("proxy-read-timeout", "write `read_timeout: "),
        ("timeout", "write `read_timeout: "),
        ("websockets", "write `websocket: true`"),
        ("url", "write `upstream: http://ADDRESS:PORT`"),
        ("forward_host", "write `upstream: http://ADDRESS:PORT`"),
        ("redirect_to", "write `redirect: URL` in a route"),
        ("root", "write `static: DIRECTORY` in a route"),
        ("respond", "write `return: CODE` in a route"),
        ("proxy_cache", "write `cache: {size: 1g, types: "),
        ("ssl", "gets a certificate from Let's Encrypt"),
        ("streams", "TCP and UDP are not proxied"),
        ("wildcard", "list each name in `server_name`"),
        ("hsts", "it is a key of the site, write it beside `routes`"),
    ],
)
def test_a_wish_in_a_route_is_told_what_fits(key, words):
    (text,) = said(route={key: 1})
    assert text.startswith(f"unknown key '{key}': ")
    assert words in text


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("domain", "write `server_name: NAME`"),
        ("location", "write `routes:`"),
        ("headers", "it is a key of a route, write it below `routes`"),
        ("robots-txt", "write `crawlers: refuse` in a site"),
        ("add_header", "write `headers: {NAME: VALUE}` in a route"),
        ("rate_limit", "it is a key of a route, write it below `routes`"),
        ("websocket", "it is a key of a route, write it below `routes`"),
    ],
)
def test_a_wish_in_a_site_is_told_what_fits(key, words):
    (text,) = said(site={key: 1})
    assert text.startswith(f"unknown key '{key}': ")
    assert words in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("edge_streams", "TCP and UDP are not proxied"),
        ("edge_domain", "write `server_name` in a site"),
        ("edge_headers", "write `headers: {NAME: VALUE}` in a route of `edge_sites`"),
        ("edge_ports", "write `edge_firewall_rules`"),
        ("edge_rate_limit", "write `rate_limit: 10r/s burst 20` in a route of `edge_sites`"),
    ],
)
def test_a_wish_for_a_variable_is_told_what_fits(name, words):
    (problem,) = variable_problems({name: 1})
    assert problem.text.startswith(f"unknown variable '{name}': ")
    assert words in problem.text


def test_no_wish_is_a_key_and_every_key_that_a_sentence_names_is_one():
    assert not set(ROUTE_WISHES) & {*ROUTE_KEYS, *SITE_KEYS}
    assert not set(SITE_WISHES) & {*ROUTE_KEYS, *SITE_KEYS}
    assert not {f"edge_{word}" for word in VARIABLE_WISHES} & set(VARIABLES)
    keys = {*ROUTE_KEYS, *SITE_KEYS, *VARIABLES, "hardening_bantime"}
    for sentence in SENTENCES:
        assert set(re.findall(r"`(\w+):|(edge_\w+)", sentence)) <= {(key, "") for key in keys} | {
            ("", key) for key in keys
        }


def test_a_word_that_is_no_text_is_no_wish():
    assert wish(None, ROUTE_WISHES) == wish(1, ROUTE_WISHES) == ""


def lines(place: str) -> list[str]:
    """Return every line of nginx's that a sentence has its reader write into such a place."""
    halves = [part for sentence in SENTENCES if place in sentence for part in [sentence.partition(place)[0]]]
    return sorted({line for half in halves for line in re.findall(r"`([a-z_]+ [^`]*[;}])`", half.split(".conf,")[-1])})


def text_of(before, **route):
    sites = read_sites([{"server_name": "home.example.org", "routes": [ROUTE | route]}], PRESETS)
    (site,) = _declaration.sites(nginx_sites(sites, Host(Platform((1, 28, 3), (3, 5, 5), True)))[1:])
    return edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)


@pytest.mark.parametrize(
    ("place", "anchor", "count"),
    [("the route's location", "        proxy_http_version", 1)],
)
def test_what_is_written_by_hand_stays_over_a_run_of_the_same_route_and_of_a_changed_one(place, anchor, count):
    written = lines(place)
    assert len(written) >= count
    mine = "".join(f"{line}\n" for line in written)
    before = text_of(None)
    assert anchor in before
    touched = before.replace(anchor, mine + anchor, 1)
    assert text_of(touched) == touched
    assert mine in text_of(touched, buffering=True, max_body_size="1m")
