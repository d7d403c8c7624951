# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site beside the servers of other files: on the same addresses, under the same names, with includes followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import Certificates
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.standing import standing
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write

NAME = "new.example.org"
REDIRECT = {"location": "/", "directives": {"return": "301 https://$host$request_uri"}}
HTTP = {"server_name": [NAME], "listen": ["80", "[::]:80"], "locations": [REDIRECT], "adopted": {"without": ["/"]}}
HTTPS = {
    "server_name": [NAME],
    "listen": ["443 ssl", "[::]:443 ssl"],
    "certificate": NAME,
    "locations": [{"location": "/zm/", "directives": {"proxy_pass": "http://192.168.0.10"}}],
    "adopted": {},
}
COMMON = {
    "name": "00-constellation-edge",
    "servers": [{"server_name": ["_"], "listen": ["80", "[::]:80"], "default": True}],
}


@pytest.fixture
def host(tmp_path: Path) -> Path:
    root = tmp_path / "nginx"
    for folder in ("sites-available", "sites-enabled", "conf.d", "snippets"):
        (root / folder).mkdir(parents=True)
    (root / "nginx.conf").write_text("events {}\nhttp {\n    include conf.d/*.conf;\n    include sites-enabled/*;\n}\n")
    return root


def planned(root: Path, old: str, *, adopt: bool = False, sites: list[dict[str, Any]] | None = None) -> SitePlan:
    (root / "conf.d" / "old.conf").write_text(old)
    wanted = sites or [{"name": NAME, "adopt": adopt, "servers": [HTTP, HTTPS]}]
    return plan(wanted, root=str(root), certificates=Certificates(str(root / "live"), str(root / "placeholder")))


def texts(result: SitePlan) -> dict[str, str]:
    return {Path(each.path).name: each.content.decode() for each in result.changes if isinstance(each, Write)}


@pytest.mark.parametrize(
    "old",
    [
        "server { listen 443 ssl; server_name .new.example.org; }",
        "server { listen 80; server_name a .New.Example.org; }",
        "server { listen 440-445 ssl; server_name new.example.org; }",
        "server { server_name .new.example.org; }",
        "server { listen [0::0]:443 ssl; server_name new.example.org; }",
        "server { listen 0.0.0.000:0443 ssl; server_name new.example.org; }",
    ],
)
def test_c4_c6_a_server_that_is_the_same_for_nginx_is_a_twin(host: Path, old: str) -> None:
    [problem] = planned(host, old).problems
    assert f"{host}/conf.d/old.conf:1" in problem
    assert "is served from another file on the same address too" in problem


@pytest.mark.parametrize(
    "old",
    [
        "server { listen 444-445 ssl; server_name new.example.org; }",
        "server { listen 443 ssl; server_name *.new.example.org; }",
        "server { listen 443 ssl; server_name *.example.org new.example.*; }",
        "server { listen unix:/run/x:443; server_name new.example.org; }",
    ],
)
def test_a_server_that_is_another_one_for_nginx_is_no_twin(host: Path, old: str) -> None:
    assert planned(host, old).problems == []


def test_c4_an_adopted_server_whose_name_begins_with_a_dot_is_the_one(host: Path) -> None:
    old = "server {\n    listen 443 ssl;\n    ssl_certificate /x;\n    server_name .new.example.org;\n}\n"
    result = planned(host, old, adopt=True)
    assert result.problems == []
    [text] = texts(result).values()
    assert "server_name .new.example.org;" in text
    assert text.count("listen 443") == 1
    assert "location /zm/" in text


def test_c4_such_a_server_stands_under_the_exact_name(host: Path) -> None:
    (host / "conf.d" / "old.conf").write_text("server { listen 443 ssl; server_name .new.example.org; }")
    [found] = standing(str(host), [NAME])
    assert NAME in found["names"]


SNIPPET = "server {\n    include snippets/listen.conf;\n    server_name new.example.org;\n}\n"


def test_c5a_a_default_server_in_an_included_file_is_seen(host: Path) -> None:
    (host / "snippets" / "listen.conf").write_text("listen 80 default_server;\n")
    result = planned(host, SNIPPET.replace("new.", "old."), sites=[COMMON])
    assert any("its default server is left out" in each for each in result.warnings)
    assert any(f"*:80 in {host}/conf.d/old.conf:2" in each for each in result.warnings)


def test_c5b_a_server_that_listens_elsewhere_by_an_included_file_is_no_twin(host: Path) -> None:
    (host / "snippets" / "listen.conf").write_text("listen 81;\n")
    assert planned(host, SNIPPET).problems == []


def test_c5_a_server_that_listens_there_by_an_included_file_is_a_twin(host: Path) -> None:
    (host / "snippets" / "listen.conf").write_text("include snippets/more.conf;\n")
    (host / "snippets" / "more.conf").write_text("listen 443 ssl;\n")
    assert "is served from another file" in planned(host, SNIPPET).problems[0]


def test_c5c_our_redirect_does_not_go_into_an_owners_server_for_https(host: Path) -> None:
    (host / "snippets" / "listen.conf").write_text("listen 443 ssl;\nlisten [::]:443 ssl;\n")
    result = planned(host, SNIPPET, adopt=True)
    assert result.problems == []
    [text] = texts(result).values()
    mine, _end, theirs = text.partition("\n}\n")
    assert "listen 80;" in mine
    assert "location /zm/" in theirs
    assert "return 301" not in theirs
    assert "listen 443" not in text


def test_c5_names_in_an_included_file_count(host: Path) -> None:
    (host / "snippets" / "names.conf").write_text("server_name new.example.org;\n")
    old = "server {\n    listen 443 ssl;\n    include snippets/names.conf;\n    ssl_certificate /x;\n}\n"
    assert "is served from another file" in planned(host, old).problems[0]
    [text] = texts(planned(host, old, adopt=True)).values()
    assert "location /zm/" in text
    assert text.count("listen 443") == 1
    assert "server_name" not in text.partition("listen 443")[2]


OWN = "server {{\n    listen 192.168.0.2:{};\n    server_name old.example.org;\n}}\n"


def test_c3_a_site_listens_on_the_addresses_that_an_owner_has_taken_out(host: Path) -> None:
    result = planned(host, OWN.format(80) + OWN.format("443 ssl http2"))
    text = texts(result)[NAME]
    assert "listen 192.168.0.2:80;" in text
    assert "listen 192.168.0.2:443 ssl http2;" in text
    assert [each.partition(" and nginx")[0] for each in result.notes] == [
        f"site '{NAME}' listens on 192.168.0.2:{port}, too: {host}/conf.d/old.conf:{line} listens on "
        f"192.168.0.2:{port},"
        for line, port in ((2, 80), (6, 443))
    ]


def test_c3_the_address_goes_with_the_owners_server(host: Path) -> None:
    for each in planned(host, OWN.format(80)).changes:
        if isinstance(each, Write):
            Path(each.path).write_bytes(each.content)
    assert "192.168.0.2" in (host / "sites-available" / NAME).read_text()
    assert "192.168.0.2" not in texts(planned(host, ""))[NAME]


def test_c3_a_server_of_the_same_name_there_is_a_twin(host: Path) -> None:
    [problem] = planned(host, OWN.format("443 ssl").replace("old.example", "new.example")).problems
    assert "is served from another file on the same address too" in problem


def test_c3_plain_http_on_the_port_for_https_is_told(host: Path) -> None:
    result = planned(host, OWN.format(443))
    assert "192.168.0.2" not in texts(result)[NAME]
    assert any("is not served at 192.168.0.2:443" in each and "old.conf:2" in each for each in result.notes)


def test_c3_the_loopback_is_not_worth_a_word(host: Path) -> None:
    result = planned(host, "server { listen 127.0.0.1:80; server_name localhost; }")
    assert result.notes == []
    assert "listen 127.0.0.1:80;" in texts(result)[NAME]


LONG = {"name": "00-constellation-edge", "directives": "server_names_hash_bucket_size 128;"}
LONG_NAME = {"name": "long", "servers": [{"server_name": ["a" * 35 + ".example.org"], "listen": ["80"]}]}


def carry_out(result: SitePlan) -> None:
    for each in result.changes:
        if isinstance(each, Write):
            Path(each.path).write_bytes(each.content)


def test_c7_the_size_is_written_where_certbots_plugin_finds_it_and_goes_with_the_name(host: Path) -> None:
    main = (host / "nginx.conf").read_text()
    carry_out(planned(host, "", sites=[LONG, LONG_NAME]))
    with_it = main.replace("http {\n", "http {\n    server_names_hash_bucket_size 128; # constellation.edge\n")
    assert (host / "nginx.conf").read_text() == with_it
    assert not (host / "sites-available" / "00-constellation-edge").exists()
    again = plan([LONG, LONG_NAME], root=str(host), worker_connections=4096)
    assert not any("bucket" in text for name, text in texts(again).items() if name != "nginx.conf")
    assert texts(again)["nginx.conf"].count("# constellation.edge") == 2
    carry_out(planned(host, "", sites=[LONG]))
    assert (host / "nginx.conf").read_text() == main


def test_c7_a_call_with_some_sites_leaves_the_size(host: Path) -> None:
    carry_out(planned(host, "", sites=[LONG, LONG_NAME]))
    some = plan([{"name": NAME, "servers": [HTTP]}], root=str(host), purge=False)
    assert "nginx.conf" not in texts(some)


def test_c7_where_the_http_block_is_elsewhere_the_common_file_says_the_size(host: Path) -> None:
    (host / "nginx.conf").write_text(f"events {{}}\ninclude {host}/http.conf;\n")
    (host / "http.conf").write_text("http {\n    include sites-enabled/*;\n}\n")
    result = texts(planned(host, "", sites=[LONG, LONG_NAME]))
    assert "server_names_hash_bucket_size 128;" in result["00-constellation-edge"]


@pytest.mark.parametrize("theirs", ["128", "256", "1k", "'128'"])
def test_c7_an_owners_size_that_is_large_enough_stays(host: Path, theirs: str) -> None:
    (host / "nginx.conf").write_text(
        f"events {{}}\nhttp {{\n    server_names_hash_bucket_size {theirs};\n    include sites-enabled/*;\n}}\n"
    )
    result = planned(host, "", sites=[LONG])
    assert result.problems == []
    assert not any("bucket" in text for text in texts(result).values())


def test_c7_an_owners_size_that_is_too_small_is_named_with_its_line(host: Path) -> None:
    result = planned(host, "server_names_hash_bucket_size 64;", sites=[LONG])
    assert result.problems == [
        f"{host}/conf.d/old.conf:1: server_names_hash_bucket_size 64 is too small for the names of the sites: write "
        "'server_names_hash_bucket_size 128;' there, or take the line out"
    ]


def test_c7_ours_is_not_its_owners(host: Path) -> None:
    carry_out(planned(host, "", sites=[LONG, LONG_NAME]))
    (host / "sites-enabled" / "00-constellation-edge").symlink_to(host / "sites-available" / "00-constellation-edge")
    assert planned(host, "", sites=[LONG, LONG_NAME]).problems == []
    larger = {**LONG, "directives": "server_names_hash_bucket_size 256;"}
    assert planned(host, "", sites=[larger, LONG_NAME]).problems == []


def test_c3_an_address_of_ipv6_is_one_of_all_of_its_family_only(host: Path) -> None:
    text = texts(planned(host, "server { listen [2001:db8::2]:443 ssl default_server; server_name old.example.org; }"))
    assert "listen [2001:db8::2]:443 ssl;" in text[NAME]
    assert text[NAME].count("2001:db8::2") == 1


def test_c3_who_answers_for_other_names_there_is_told_where_nobody_says_it(host: Path) -> None:
    [unsaid] = planned(host, OWN.format(80)).notes
    [said] = planned(host, OWN.format("80 default_server")).notes
    assert unsaid == f"{said}. Say default_server there for yours to answer for all other names"


def test_c3_a_server_of_its_owner_is_adopted_on_the_address_that_it_has(host: Path) -> None:
    old = OWN.format("443 ssl").replace("old.example", "new.example")
    result = planned(host, old, adopt=True)
    assert result.problems == []
    [text] = texts(result).values()
    assert "location /zm/" in text.partition("192.168.0.2:443 ssl;")[2]


class TestTakenDefaults:
    """Which addresses our default server keeps beside an owner's."""

    @pytest.mark.parametrize(
        ("taken", "left"),
        [
            ("192.168.0.2:80", ["80", "[::]:80"]),
            ("80", None),
            ("[::]:80", None),
            ("192.168.0.3:80", ["80", "[::]:80", "192.168.0.2:80"]),
        ],
    )
    def test_an_address_of_its_own_is_left_alone(self, host: Path, taken: str, left: list[str] | None) -> None:
        listens = ["80", "[::]:80", "192.168.0.2:80"]
        common = {"name": COMMON["name"], "servers": [{"server_name": ["_"], "listen": listens, "default": True}]}
        result = planned(host, f"server {{ listen {taken} default_server; }}", sites=[common])
        text = texts(result).get(str(COMMON["name"]), "")
        assert [each for each in listens if f"listen {each} default_server;" in text] == (left or [])
        assert len(result.warnings) == (left != listens)
        assert all(f"in {host}/conf.d/old.conf:1" in each for each in result.warnings)
