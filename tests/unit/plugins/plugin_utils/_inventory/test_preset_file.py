# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preset's file may say, and what is told where it says something else."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.preset_file import KEYS, read_preset
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites

FACT = "says: a\n    source: b\n    date: 2026-11-29\n"
WHOLE = f"""---
# Everything that a preset can say.
route:
  bandwidth: 1m
  buffering: true
  keepalive: 4
  connection_limit: 20
  fixed_content_length: false
  headers:
    X-Robots-Tag: noindex
    Access-Control-Max-Age: 600
  hide_headers: [X-Generator]
  host: "[fd00::1]:8080"
  max_body_size: 20m
  method_override: true
  port: 8080
  prefix: strip
  prefix_header: X-Script-Name
  lan_only: true
  rate_limit: 10r/s burst 20
  without_login: true
  read_timeout: 150
  request_buffering: false
  request_headers:
    X-Forwarded-Server: mine
  locations: [{{path: /api/, max_body_size: 1g}}, {{path: = /metrics, return: 404}}]
  websocket: false
facts:
  - {FACT}"""


def faults(text):
    _route, found = read_preset(text)
    return [(fault.line, fault.text) for fault in found]


def test_every_key_is_read_and_becomes_a_route():
    route, found = read_preset(WHOLE)
    assert (sorted(route), found) == (sorted(KEYS), [])
    sites = [{"server_name": "a.example.org", "routes": [{"path": "/", "app": "mine"}]}]
    (read,) = read_sites(sites, {"mine": route})[0].routes
    assert (read.upstream.port, read.host, read.read_timeout) == (8080, "[fd00::1]:8080", 150)
    assert (read.headers, read.hide_headers) == (
        {"X-Robots-Tag": "noindex", "Access-Control-Max-Age": "600"},
        ("X-Generator",),
    )
    assert [(each.path, each.max_body_size) for each in read.locations] == [("/api/", "1g"), ("= /metrics", "0")]
    assert (read.lan_only, read.without_login) == (True, True)
    assert read.request_headers == {"X-Forwarded-Server": "mine"}
    assert (read.rate_limit, read.connection_limit, read.bandwidth) == ("10r/s burst 20", 20, "1m")
    assert (read.prefix, read.buffering, read.websocket, read.max_body_size) == ("strip", True, False, "20m")


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("port", ["1", "65535"]),
        ("prefix", ["keep", "strip", "header", "refuse"]),
        ("max_body_size", ["0", "1048576", "8K", '"1g"']),
        ("read_timeout", ["1", "86400"]),
        ("host", ["localhost", "nas.home.test:81", "192.168.0.1", "my_nas"]),
        ("buffering", ["true", "false", "yes"]),
        ("hide_headers", ["[]", "[Server, Via]"]),
        ("request_headers", ["{}", "{X-Script-Name: /a}"]),
    ],
)
def test_right_values(key, values):
    for value in values:
        assert faults(f"route: {{{key}: {value}}}") == []


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("port", ["0", "65536", "true", '"8080"', "[8080]", "8080.0", "", "!!int ''", "!!float ''", "!!timestamp foo"]),
        ("prefix", ["none", "true", "[keep]"]),
        ("max_body_size", ["-1", "1t", "true", "1 m", "{}"]),
        ("read_timeout", ["0", "86401", "60s", "true"]),
        ("host", ['"a b"', '"a;b"', '"$host"', "1", '""', "2026-02-30", "!vault x"]),
        ("hide_headers", ["Via", "{Via: 1}", "[a b]", "!!set {a}"]),
        ("request_headers", ["Via", "[Via]", "{X-A: true}", "{X-A: [1]}", "{Host: a}"]),
        ("websocket", ["1", '"true"', "on-demand", "!!bool foo"]),
    ],
)
def test_wrong_values(key, values):
    for value in values:
        ((line, text),) = faults(f"route:\n  {key}: {value}\n")
        assert (line, text.split()[0].rstrip(":")) == (2, key)


def test_what_was_written_is_shown():
    assert faults("route: {port: 80a, prefix: [keep], host: , websocket: {a: b}, max_body_size: 1t}") == [
        (1, "port '80a' must be a number from 1 to 65535"),
        (1, "prefix must be a plain value, not a list"),
        (1, "host must be a name such as localhost, not None"),
        (1, "websocket must be a plain value, not a mapping"),
        (1, "max_body_size '1t' must be a number with k, m or g, or 0 for no limit"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "it is no preset: a preset is `route:` with keys below it, and `facts:`"),
        ("---\n", 0, "it is no preset: a preset is `route:` with keys below it, and `facts:`"),
        ("- port: 1\n", 0, "it is no preset: a preset is `route:` with keys below it, and `facts:`"),
        ("# nothing\nfacts: []\n", 2, "the preset has no `route:`, with what the application needs below it"),
        ("route:\n", 1, "`route:` has to be a mapping: write `port: 8080` and the like below it"),
        ("route: {}\nrotue: {}\n", 2, "unknown key 'rotue'; did you mean 'route'? known: facts, route"),
        ("route: {}\nport: 1\n", 2, "'port' is a key of the route: write it below `route:`, indented"),
        ("route: {}\n---\nroute: {}\n", 3, "a file is one preset: write what follows `---` into a file of its own"),
        ("route: {\n  port: 1,\n  port: 2}\n", 3, "the key 'port' stands in line 2 already, and the last one counts"),
        ("route:\n  port: 0443\n", 2, "'0443' without quotes is the number 291 to YAML: write \"0443\""),
        ("route:\n  upstream: http://a\n", 2, "'upstream' is for the routes of an inventory: a preset cannot say it"),
        ("route:\n\tport: 1\n", 2, "no YAML: a tab, where YAML indents with blanks alone"),
        ("$ANSIBLE_VAULT;1.1;AES256\n61\n", 1, "a preset is not encrypted, for it holds no secret: `ansible-vault"),
        ("route: {}\nfacts: a\n", 2, "`facts:` has to be a list: write `- says: ...`, and below it `source:` and"),
        ("route: {}\nfacts: [a]\n", 2, "a fact is a mapping with `says:`, `source:` and `date:`, not 'a'"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, line, said):
    ((found, words),) = faults(text)
    assert (found, words[: len(said)]) == (line, said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "source: b",
            "sources: b",
            "unknown key 'sources' in a fact; did you mean 'source'? known: date, refuses, says, source",
        ),
        ("says: a", "says: []", "says of a fact must be what is so, as a sentence, not a list"),
        ("source: b", "source: ' '", "source of a fact must be where it is written: an address, or a repository"),
        ("2026-11-29", "2026-02-30", "date of a fact must be the day of the source, or the day on which you looked"),
        ("2026-11-29", "2026", "date of a fact must be the day of the source, or the day on which you looked"),
        ("2026-11-29", "20261129", "date of a fact must be the day of the source, or the day on which you looked"),
        ("    date: 2026-11-29\n", "", "a fact without `date:`: write the day of the source, or the day on which"),
        ("    source: b\n", "", "a fact without `source:`: write where it is written: an address, or a repository"),
    ],
)
def test_a_fact_has_a_source_and_a_day(old, new, said):
    assert old in FACT
    text = f"route: {{}}\nfacts:\n  - {FACT.replace(old, new)}"
    assert faults(text)[0][1].startswith(said)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "strip",
            "refuses of a fact must be a mapping of keys to the value that does not work, such as `{prefix: strip}`",
        ),
        ("{prefx: strip}", "refuses: unknown key 'prefx'; did you mean 'prefix'?"),
        ("{prefix: stripp}", "refuses: prefix 'stripp' is not known; did you mean 'strip'?"),
        ("{websocket: [a]}", "refuses: websocket must be a plain value, not a list"),
    ],
)
def test_what_a_fact_refuses_is_a_value_of_a_key(written, said):
    (found,) = faults(f"route: {{}}\nfacts:\n  - {FACT}    refuses: {written}\n")
    assert found[0] == 6
    assert found[1].startswith(said)


def test_a_preset_without_facts_is_one():
    assert read_preset("route: {port: 1}\n") == ({"port": 1}, [])


def test_an_alias_of_itself_is_told():
    assert [line for line, _text in faults("route: &a\n  port: *a\n")] == [1]
