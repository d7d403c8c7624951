# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No spelling of a path leads to the Console from outside the LAN, through nginx and the listener of Mono."""

from __future__ import annotations

import json
import os
import random
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from docker.models.containers import Container
from lab import recipes
from lab.containers import LABEL, File, execute, put
from lab.engine import ensure_engine
from lab.images import Images

from judge.console_spellings import changed, disguised, escaped, utf8
from judge.inside_console import HOST, LISTENER, PROXY
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_console.py")
SOURCE = Path(__file__).with_name("inside_console.cs")
# What the server keeps for its own host, and a network that its owner counts as the LAN.
NAME = "WebConsole"
FOLDERS, LAN = (f"/{NAME}",), ("2001:db8:5::/48",)
# How many spellings are drawn, and from where.
OTHERS, SEED = 2500, 20261129
ROUTES = [
    {"path": "/constellation/", "app": "constellation"},
    {"path": "/c/", "app": "constellation", "prefix": "strip"},
    {"path": "/open/", "app": "constellation", "console": "public"},
    {"path": "/", "upstream": f"http://{HOST}:{LISTENER}"},
]
OUTSIDE = "8.8.8.8"
# The first and last addresses of the LAN's networks, and their neighbours outside.
INSIDE = (
    *("127.0.0.1", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"),
    *("169.254.0.0", "169.254.255.255", "::1", "fc00::", "fdff::ffff", "fe80::", "febf::1", "2001:db8:5:1::1"),
)
BESIDE = (
    *("9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "169.255.0.0"),
    *("100.64.0.1", "198.51.100.7", "::2", "fbff::1", "fe00::", "fec0::", "2001:db8:4:ffff::1", "2001:db8:6::"),
)
BASES = ("/constellation", "/CONSTELLATION", "/c", "//constellation", "/x/../constellation")
# Behind each of them: each leads a server on the listener to the Console, or looks as if it could.
SPELLINGS = (
    *("/WebConsole", "/webconsole", "/WEBCONSOLE/", "//WebConsole", "/./WebConsole", "/WebConsole/app.js?x=1"),
    *("/x/../WebConsole", "/%2e/WebConsole", "/x/%2e%2e/WebConsole", "/x/..%2fWebConsole", "/x%2f..%2fWebConsole"),
    *("/%57ebConsole", "/%77%45%42%43%4f%4e%53%4f%4c%45", "/%2557ebConsole", "/%25%35%37ebConsole", "/%%357ebConsole"),
    *(
        "/%252557ebConsole",
        "/%252fWebConsole",
        "/%252e%252e/WebConsole",
        "/%255cWebConsole",
        "/x/%252e%252e%255cWebConsole",
    ),
    *("/\\WebConsole", "/%5cWebConsole", "\\WebConsole", "%5cWebConsole", "/x\\..\\WebConsole", "/x%5c..%5cWebConsole"),
    *(
        "/%0a\\..\\WebConsole",
        "/%0a/WebConsole",
        "/%0d%5cWebConsole",
        "/WebConsole%0a",
        "/WebConsole%20",
        "/WebConsole%09",
    ),
    *("/WebConsole;x", "/;x/WebConsole", "/..;/WebConsole", "/WebConsole%00", "/%u0057ebConsole", "/%C1%97ebConsole"),
    *("/WebCon%C5%BFole", "/%EF%BC%B7ebConsole", "/x%ff%5c..%5cWebConsole", "/%23/../WebConsole", "/%3f/../WebConsole"),
    *(
        "/http://x/WebConsole",
        "/WebConsole.",
        "/WebConsole::$DATA",
        "/Web%C2%ADConsole",
        "/WebConsole%2f",
        "/WebConsole%5c",
    ),
    *("/WebConsole/%2e%2e%5cWebConsole", "/constellation/WebConsole", "/other/base/WebConsole/"),
    *(f"/Web%E2%80%{last}Console" for last in ("8E", "8F", "AA", "AB", "AC", "AD", "AE")),
    *(
        "/Web%E2%80%8DConsole/",
        "/%EF%BB%BFWebConsole/",
        "/WebConsol%CC%81e",
        "/Web%C2%ADCon%00sole",
        "/%EF%BD%97ebConsole",
    ),
    *("/%E2%80%8EWebConsole", "/%e2%80%aaW%E2%80%8febConsole/app.js", "/Web%25E2%2580%258EConsole"),
    *("/#/../WebConsole", "/x#\\WebConsole", "/WebConsole#x", "/WebConsole#/..", "/WebConsole?/.."),
)
# What belongs to everybody stays so.
PUBLIC = (
    "",
    "?a=WebConsole",
    "signalr/connect?x=/WebConsole",
    "rest/consumer/MyWebConsole",
    "a%20b/c",
    "Web/Console",
    "%25",
)


class Compiler(Images):
    """The lab's machine that compiles."""

    def have(self) -> str:
        """Return the name of its image, which is there."""
        self._base("debian13")
        self._builder()
        return recipes.builder_tag()


@pytest.fixture(scope="module")
def listener(judge: Judge) -> Iterator[Container]:
    """Run the listener, on the loopback of the judge's container; return the container with Mono."""
    client = ensure_engine()
    run = os.environ.get("LAB_RUN") or f"j{secrets.token_hex(3)}"
    container = client.containers.run(
        Compiler(client).have(),
        ["sleep", "infinity"],
        name=f"{judge.name}-listener",
        labels={LABEL: run, f"{LABEL}.name": f"listener-{judge.system}"},
        init=True,
        detach=True,
        network_mode=f"container:{judge.name}",
    )
    try:
        put(container, {f"{FOLDER}/{SOURCE.name}": File(SOURCE.read_bytes())})
        execute(container, ["mcs", f"-out:{FOLDER}/Listener.exe", f"{FOLDER}/{SOURCE.name}"])
        container.exec_run(["mono", f"{FOLDER}/Listener.exe", f"http://+:{LISTENER}/", NAME], detach=True)
        yield container
    finally:
        container.remove(force=True, v=True)


def configuration() -> bytes:
    """Return a whole configuration with the locations that site.yml would make; the client's address is a header."""
    sites = read_sites(
        [{"server_name": "public.example.org", "routes": ROUTES}],
        {"generic": {}, "constellation": {"port": LISTENER, "buffering": False}},
    )
    server = LocalServer(ports=frozenset({LISTENER}), folders=FOLDERS, lan=LAN)
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False), {}, server))
    locations = site["servers"][1]["locations"]
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": locations}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    assert text is not None
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    client = f"set_real_ip_from {HOST};\nreal_ip_header X-Client;\n"
    return f"{main}http {{ access_log off;\n{client}{common['directives']}\n{text}}}\n".encode("latin-1")


def asked(judge: Judge, requests: Sequence[tuple[str, int, str]]) -> list[tuple[int, str]]:
    """Return what was answered, a status and a body for each."""
    files = {"console.conf": configuration(), "requests.json": json.dumps(requests).encode()}
    found: list[tuple[int, str]] = judge.run(PROGRAM, files, FOLDER)
    return found


def through(judge: Judge, targets: Sequence[str], client: str = OUTSIDE) -> list[tuple[int, str]]:
    """Return what a client of the proxy gets."""
    return asked(judge, [(target, PROXY, client) for target in targets])


def is_console(answer: tuple[int, str]) -> bool:
    """Whether the server showed the Console."""
    return answer[1].startswith("console ")


@pytest.mark.usefixtures("listener")
def test_no_spelling_leads_there_from_outside(judge: Judge) -> None:
    targets = [base + spelling for base in BASES for spelling in SPELLINGS]
    direct = asked(judge, [(target, LISTENER, OUTSIDE) for target in targets])
    assert sum(map(is_console, direct)) > len(targets) // 2
    for target, answer in zip(targets, through(judge, targets), strict=True):
        assert not is_console(answer), target
        assert answer[0] in (400, 403, 404) or answer[1].startswith("other "), (target, answer)


@pytest.mark.usefixtures("listener")
def test_no_form_of_an_escape_leads_there(judge: Judge) -> None:
    targets = [base + spelling for base in ("/constellation", "/c") for spelling in disguised(NAME)]
    direct = asked(judge, [(target, LISTENER, OUTSIDE) for target in targets])
    # A few hundred would, but for nginx.
    assert sum(map(is_console, direct)) > 200
    for target, answer in zip(targets, through(judge, targets), strict=True):
        assert not is_console(answer), target
        assert answer[0] in (400, 403, 404) or answer[1].startswith("other "), (target, answer)


@pytest.mark.usefixtures("listener")
def test_no_code_point_more_or_another_one_leads_there(judge: Judge) -> None:
    targets = [f"/constellation/{each}/" for each in changed(NAME, OTHERS, SEED)]
    answers = through(judge, targets)
    assert sum(status == 403 for status, _body in answers) > OTHERS // 2
    for target, answer in zip(targets, answers, strict=True):
        assert not is_console(answer), target
        assert answer[0] in (400, 403, 404) or answer[1].startswith("other "), (target, answer)


@pytest.mark.long
def test_no_spelling_that_a_culture_takes_for_it_leads_there(judge: Judge, listener: Container) -> None:
    said = execute(listener, ["mono", f"{FOLDER}/Listener.exe", "spellings", NAME]).out.split()
    # The name itself, in other cases, and with what the comparison passes over.
    assert len(said) > 500, said
    assert {"Web%E2%80%8DConsole", "%EF%BB%BFWebConsole", "WebCon%C5%BFole"} <= set(said)
    # It passes over U+D880 to U+DB7F, halves of a pair, too.
    assert {"Web%ED%A2%80Console", "Web%ED%AD%BFConsole"} <= set(said)
    dice = random.Random(SEED)  # noqa: S311 - the same ones each time
    said += [NAME + escaped(utf8(code)) for code in dice.sample(range(0x10000, 0x110000), OTHERS)]
    for target, answer in zip(said, through(judge, [f"/constellation/{each}/" for each in said]), strict=True):
        assert answer[0] in (400, 403), (target, answer)


@pytest.mark.usefixtures("listener")
def test_the_plain_ways_are_forbidden_outside_and_open_inside(judge: Judge) -> None:
    names = ("WebConsole", "WebConsole/", "webconsole/app.js?x=1")
    targets = [f"{base}/{name}" for base in ("/constellation", "/c", "") for name in names]
    assert [status for status, _body in through(judge, targets)] == [403] * len(targets)
    for target, answer in zip(targets, through(judge, targets, "192.168.0.7"), strict=True):
        assert answer[0] == 200, target
        assert is_console(answer), target


@pytest.mark.usefixtures("listener")
def test_a_route_that_says_public_is_open(judge: Judge) -> None:
    (answer,) = through(judge, ["/open/WebConsole/"])
    assert is_console(answer)


@pytest.mark.usefixtures("listener")
def test_what_belongs_to_everybody_stays_so(judge: Judge) -> None:
    targets = [f"{base}/{rest}" for base in ("/constellation", "/c", "") for rest in PUBLIC]
    for target, answer in zip(targets, through(judge, targets), strict=True):
        assert answer[0] == 200, target


@pytest.mark.usefixtures("listener")
def test_the_lan_is_what_its_networks_say(judge: Judge) -> None:
    clients = (*INSIDE, *BESIDE)
    answers = asked(judge, [("/constellation/WebConsole/", PROXY, client) for client in clients])
    found = {client: status for client, (status, _body) in zip(clients, answers, strict=True)}
    assert found == {**dict.fromkeys(INSIDE, 200), **dict.fromkeys(BESIDE, 403)}
