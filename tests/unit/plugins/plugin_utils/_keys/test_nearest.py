# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slips of the fingers are found; a word with a meaning of its own is not taken for one."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import ROUTE_KEYS, SITE_KEYS
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import PREFIX, VARIABLES
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.nearest import nearest

TYPOS = {
    "access": "acces acess accces",
    "app": "ap apps App",
    "buffering": "bufering buffring",
    "console": "consol",
    "drops": "drop dops",
    "max_body_size": "max_bodysize max-body-size maxbodysize",
    "method_override": "method_overide",
    "moved_from": "moved_form movedfrom",
    "path": "pathh apth pth paths",
    "prefix": "prefx prefixs Prefix",
    "probe": "prob porbe",
    "read_timeout": "readtimeout read_timout",
    "upstream": "upstrem upsteam upstram Upstream",
    "websocket": "webscoket web_socket",
    "adopt": "adop adpot",
    "frame_ancestors": "frame_ancestor",
    "hsts": "hst hots",
    "routes": "rotes route rout",
    "server_name": "sever_name servername server-name server_names",
    "edge_sites": "edge_site edge_sitess",
    "edge_email": "edge_emial edge_mail",
    "edge_lan": "edge_lans",
    "edge_acme_server": "edge_acme_sever",
    "edge_firewall_rules": "edge_firewall_rule",
}
OTHERS = """
throttle limit_req edge_streams login target proxy_pass backend destination domain
cookies ssl certificate dns wildcard edge_dns edge_ssl edge_domain edge_timezone edge_rules
"""


def suggested(word: str) -> str:
    variables = word.startswith(PREFIX)
    words = nearest(word, VARIABLES, PREFIX) if variables else nearest(word, {*ROUTE_KEYS, *SITE_KEYS})
    found = re.search("did you mean '(.*)'", words)
    return found[1] if found else ""


@pytest.mark.parametrize(("meant", "word"), [(name, word) for name in TYPOS for word in TYPOS[name].split()])
def test_a_typo_is_found(meant, word):
    assert suggested(word) == meant


@pytest.mark.parametrize("word", OTHERS.split())
def test_another_word_is_no_typo(word):
    assert suggested(word) == ""


def test_half_of_a_name_is_enough():
    assert "did you mean 'zoneminder'?" in nearest("zonemaster", ["zoneminder", "constellation"])


def test_the_known_names_are_listed():
    assert nearest("rate", ["b", "a"]) == "; known: a, b"
