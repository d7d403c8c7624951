# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two servers are the same for us where nginx itself says of their addresses and names that they are in conflict."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._declaration import likeness
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import addresses
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import ServerKey, server_key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from ansible_collections.constellation.edge.plugins.module_utils._transaction._nginx_warnings import (
    conflicts as conflicts_of,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.staging import Verdict
from lab.archive import zipped

from judge.nginx import FOLDER, PORT, Judge

TRANSACTION = Path(__file__).with_name("inside_transaction.py")

PAIRS = 2500
PORTS = (80, 443, 8080, 440, 441, 442, 445, 81)
HOSTS = (
    "",
    "*:",
    "0.0.0.0:",
    "0.0.0.000:",
    "...:",
    "127.0.0.1:",
    "127.0.0.01:",
    "127.0.0.2:",
    "192.168.0.2:",
    "192.168.00.2:",
    "127.1:",
    "localhost:",
    "LOCALHOST:",
    "[::]:",
    "[0::0]:",
    "[0:0:0:0:0:0:0:0]:",
    "[::1]:",
    "[0:0::0001]:",
    "[2001:DB8::1]:",
    "[2001:db8:0::1]:",
    "[::ffff:127.0.0.1]:",
    "[::ffff:7f00:1]:",
)
ALONE = ("*", "127.0.0.1", "localhost", "[::]", "[::1]", "0.0.0.00", "unix:/run/a", "UNIX:/run/a", "unix:/run/A")
LABELS = ("*.{}", ".{}", "{}", "www.{}", "*.www.{}", ".www.{}", "{}.*", "www.{}.*")


def two_listens(chance: random.Random) -> tuple[str, str]:
    """Return two forms that are likely to meet: of one host or of one port."""
    if chance.random() < 0.1:
        return chance.choice(ALONE), chance.choice([*ALONE, *(f"{host}80" for host in HOSTS)])
    hosts = [chance.choice(HOSTS), chance.choice(HOSTS)]
    ports = [chance.choice(PORTS), chance.choice(PORTS)]
    same = chance.random()
    if same < 0.5:
        ports[1] = ports[0]
    elif same < 0.8:
        hosts[1] = hosts[0]
    one, other = (host + spelled(chance, port) for host, port in zip(hosts, ports, strict=True))
    return one, other


def spelled(chance: random.Random, port: int) -> str:
    return chance.choice([f"{port}", f"0{port}", f"{port}-{port + chance.randint(0, 6)}"])


def a_name(chance: random.Random, number: int) -> str:
    name = chance.choice(LABELS).format(f"n{number}.example")
    return "".join(letter.upper() if chance.random() < 0.1 else letter for letter in name)


def conflicts(judge: Judge, pairs: list[tuple[str, str]], prepared: str = "") -> set[int]:
    """Return the numbers of the pairs that nginx finds in conflict; the names of each hold `n` and its number."""
    text = "\n".join(f"server {{ {one} }} server {{ {other} }}" for one, other in pairs)
    [(code, said)] = judge.said([{"nginx.conf": f"events {{}}\nhttp {{ {prepared}\n{text} }}\n".encode()}])
    assert code == 0, said[-2000:]
    return {int(number) for number in re.findall(r'conflicting server name "[^"]*?n([0-9]+)\.example', said)}


def test_the_server_that_nginx_ignores_is_a_conflict(judge: Judge) -> None:
    old = "server { listen 80; server_name .new.example.org; }"
    new = "server { listen 80; server_name new.example.org; }"
    said = judge.said([{"nginx.conf": f"events {{}}\nhttp {{ {text} }}\n".encode()} for text in (old, old + new)])
    before, after = (Verdict(code == 0, text).warnings for code, text in said)
    assert "new.example.org on 0.0.0.0:80" in conflicts_of(after, before)
    assert conflicts_of(after, after) == ""


def test_c3_a_site_is_reached_on_the_address_that_an_owner_has_taken_out(judge: Judge, tmp_path: Path) -> None:
    main = "events {}\nhttp { include conf.d/*.conf; include sites-enabled/*; }\n"
    old = f"server {{ listen 127.0.0.1:{PORT}; server_name old.example.org; location / {{ return 200 old; }} }}"
    for path, text in (("nginx.conf", main), ("conf.d/old.conf", old)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    # The judge asks under the name of the address.
    server = {"server_name": ["127.0.0.1"], "listen": [str(PORT)], "directives": {"return": "200 mine"}}
    [made] = [
        each.content.decode()
        for each in plan([{"name": "mine", "servers": [server]}], root=str(tmp_path)).changes
        if isinstance(each, Write)
    ]
    own = f"    listen 127.0.0.1:{PORT};\n"
    assert own in made
    answers = [
        judge.serve(
            {"nginx.conf": main.encode(), "conf.d/old.conf": old.encode(), "sites-enabled/mine": text.encode()}, ["/"]
        )
        for text in (made.replace(own, ""), made)
    ]
    assert answers == [[b"old"], [b"mine"]]


SERVER = "server {{ listen 8123; server_name {}; }}\n"
LOST = 'conflicting server name "a.example.org" on 0.0.0.0:8123, ignored'


@pytest.mark.parametrize(
    ("old", "new", "refused", "notes"),
    [
        (SERVER.format(".a.example.org"), SERVER.format("a.example.org"), "a.example.org on 0.0.0.0:8123", []),
        (
            SERVER.format("a.example.org") * 2,
            SERVER.format("b.example.org"),
            "",
            [f"nginx ignores a server, as it did before this change: {LOST}"],
        ),
        (SERVER.format("_"), SERVER.format("_"), "", []),
        (
            "",
            "types { text/plain a; text/html a; }",
            "",
            [
                'nginx accepts the new configuration with a warning: duplicate extension "a", '
                'content type: "text/html", previous content type: "text/plain"'
            ],
        ),
    ],
)
def test_a_transaction_reads_what_nginx_warns_of(
    judge: Judge, old: str, new: str, refused: str, notes: list[str]
) -> None:
    files = {"sources.zip": zipped("_transaction.transaction"), "old.conf": old.encode(), "new.conf": new.encode()}
    said, noted, is_there = judge.run(TRANSACTION, files, FOLDER)
    assert refused in said
    assert bool(said) is bool(refused)
    assert noted == notes
    assert is_there is not bool(refused)


@pytest.mark.parametrize(
    "old",
    [
        "listen 443; server_name .new.example.org;",
        "listen 80; server_name .new.example.org;",
        "listen 440-445; server_name new.example.org;",
        "include snippets/listen.conf; server_name new.example.org;",
        "listen 127.0.0.1:443; server_name new.example.org;",
    ],
)
def test_c4_c5_c6_nginx_ignores_no_server_of_what_is_adopted(judge: Judge, tmp_path: Path, old: str) -> None:
    tree = {
        "nginx.conf": "events {}\nhttp { include conf.d/*.conf; include sites-enabled/*; }\n",
        "conf.d/old.conf": f"server {{\n    {old}\n}}\n",
        "snippets/listen.conf": "listen 443;\nlisten [::]:443 default_server;\n",
    }
    for path, text in tree.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    redirect = {"location": "/", "directives": {"return": "301 https://$host$request_uri"}}
    route = {"location": "/zm/", "directives": {"return": "200 mine"}}
    servers = [
        {"server_name": ["new.example.org"], "listen": [port, f"[::]:{port}"], "adopted": adopted, "locations": [one]}
        for port, adopted, one in (("80", {"without": ["/"]}, redirect), ("443", {}, route))
    ]
    planned = plan([{"name": "new.example.org", "adopt": True, "servers": servers}], root=str(tmp_path))
    assert planned.problems == []
    for each in planned.changes:
        if isinstance(each, Write):
            tree[str(Path(each.path).relative_to(tmp_path))] = each.content.decode()
    [(code, said)] = judge.said([{path: text.encode() for path, text in tree.items()}])
    assert (code, Verdict(True, said).warnings) == (0, [])
    theirs = next(server for server in tree["conf.d/old.conf"].split("server {") if old in server)
    assert ("location /zm/" in theirs) is ("80" not in old)
    assert "return 301" not in theirs


def key_of(body: str) -> ServerKey:
    return server_key(parse(f"server {{ {body} }}").body[0])


def differences(found: set[int], pairs: list[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    judged = [(one, other, bool(likeness(key_of(one), key_of(other)))) for one, other in pairs]
    return [each for number, each in enumerate(judged) if each[2] is not (number in found)]


def test_c6_addresses_are_the_same_where_nginx_says_so(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    # As nginx finds them in the container: from its /etc/hosts, and from the C library.
    known = {"localhost": ("127.0.0.1", "[::1]"), "127.1": ("127.0.0.1",)}
    monkeypatch.setattr(addresses, "_resolved", lambda name: known[name])
    chance = random.Random(16)  # noqa: S311 - inputs of a test
    several = [two_listens(chance) for _number in range(PAIRS)]
    pairs = [
        (f"listen {one}; server_name n{number}.example;", f"listen {other}; server_name n{number}.example;")
        for number, (one, other) in enumerate(several)
    ]
    # No address needs to be there: a socket for all of them has each port.
    ports = sorted({port + more for port in PORTS for more in range(7)})
    every = "".join(f"server {{ listen {port}; listen [::]:{port}; }}" for port in ports)
    hash_size = "server_names_hash_max_size 8192; server_names_hash_bucket_size 128;"
    found = conflicts(judge, pairs, hash_size + every)
    assert 100 < len(found) < PAIRS - 100
    assert differences(found, pairs) == []


def test_c4_names_are_the_same_where_nginx_says_so(judge: Judge) -> None:
    chance = random.Random(16)  # noqa: S311 - inputs of a test
    pairs = [
        (f"listen 80; server_name {a_name(chance, number)};", f"listen 80; server_name {a_name(chance, number)};")
        for number in range(PAIRS)
    ]
    found = conflicts(judge, pairs, "server_names_hash_max_size 16384; server_names_hash_bucket_size 128;")
    assert 100 < len(found) < PAIRS - 100
    assert differences(found, pairs) == []
