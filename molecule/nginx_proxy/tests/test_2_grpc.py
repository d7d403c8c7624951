# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that speak gRPC behind routes of docs/guides/routes.md, called from another machine through HTTPS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import runs
from conftest import ROOT_CA, Client, Home
from guide import BLOCKS
from lab import recipes
from lab.containers import File

HERE = Path(__file__).parent
FOLDER = "/opt/grpc"
MACHINE = "speaker"
PORTS = {"plain": 50051, "tls": 50052}
CERTIFICATE = (
    "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj /CN=speaker "
    f"-addext subjectAltName=DNS:speaker -keyout {FOLDER}/key.pem -out {FOLDER}/cert.pem"
)
LIES = [["remote-user", "lie"], ["x-forwarded-for", "lie"], ["x-real-ip", "lie"], ["cf-connecting-ip", "lie"]]
Answer = tuple[str, list[Any], list[float]]


class Speaker:
    """The machine with the services."""

    def __init__(self, lab: Any) -> None:
        """Start both services."""
        self._lab = lab
        files = {f"{FOLDER}/speaker.py": File((HERE / "speaker.py").read_bytes())}
        lab.machine(MACHINE, recipes.services_tag(), command=["sleep", "infinity"], files=files)
        lab.exec(MACHINE, ["sh", "-c", f"test -e {FOLDER}/cert.pem || {CERTIFICATE}"])
        for name, port in PORTS.items():
            folder = FOLDER if name == "tls" else ""
            command = (
                f"python3 {FOLDER}/speaker.py {name} {port} {folder} >/dev/null 2>&1 & echo $! >{FOLDER}/{name}.pid"
            )
            lab.exec(MACHINE, ["sh", "-c", command])
        for port in PORTS.values():
            lab.wait_port(MACHINE, port)
        self.address = lab.address(MACHINE)

    def stop(self, name: str) -> None:
        """End one."""
        self._lab.exec(MACHINE, ["sh", "-c", f"kill $(cat {FOLDER}/{name}.pid)"])


@pytest.fixture(scope="module")
def speaker(lab: Any, client: Client) -> Speaker:
    """Return the services; the client learns to call them."""
    lab.put(client.name, {f"{FOLDER}/caller.py": File((HERE / "caller.py").read_bytes())})
    return Speaker(lab)


@pytest.fixture(scope="module")
def first(speaker: Speaker) -> runs.Run:
    """Run with the guide's routes in front of the services, and with one that the service is told no prefix of."""
    ((page, service),) = (
        site["routes"]
        for block in BLOCKS
        for site in block
        if any(str(route.get("upstream")).startswith("grpc:") for route in site.get("routes", ()))
    )
    assert "upstream" in page
    plain = f"grpc://{speaker.address}:{PORTS['plain']}"
    tls = {"upstream": f"grpcs://{speaker.address}:{PORTS['tls']}", "upstream_tls": {"verify": "pin"}}
    routes = [
        {"path": "/constellation/", "app": "constellation"},
        {**service, "path": "/edge.Lab/", "upstream": plain},
        {"path": "/below/", "upstream": plain, "prefix": "strip"},
        {"path": "/tls/", "prefix": "strip", **tls},
    ]
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": routes}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


def called(client: Client, home: Home, method: str, *headers: list[str]) -> Answer:
    """Return the gRPC status of a call, the messages that came, and when."""
    words = ("python3", f"{FOLDER}/caller.py", home.ipv4, home.domain, ROOT_CA, method, json.dumps(headers))
    found: Answer = tuple(json.loads(client.host.check_output(" ".join(["%s"] * len(words)), *words)))
    return found


def test_it_succeeds_and_has_called_each_service(first: runs.Run, homes: list[Home]) -> None:
    assert first.rc == 0, first.tail
    for home in homes:
        for path in ("/edge.Lab/ConstellationEdgeProbe", "/below/constellation.edge.Probe/ConstellationEdgeProbe"):
            assert f"https://{home.domain}{path}" in first.text
        assert "instead of an answer by gRPC" not in first.text


@pytest.mark.parametrize(("path", "name"), [("", "plain"), ("/below", "plain"), ("/tls", "tls")])
def test_a_call_is_answered(first: runs.Run, homes: list[Home], client: Client, path: str, name: str) -> None:
    for home in homes:
        status, came, _moments = called(client, home, f"{path}/edge.Lab/Tell")
        assert (status, came[0][0]) == ("OK", name)
        # What is no method of the service, the service says.
        assert called(client, home, f"{path}/edge.Lab/None")[0] == "UNIMPLEMENTED"


def test_a_stream_comes_piece_by_piece(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        status, came, moments = called(client, home, "/edge.Lab/Count")
        assert (status, came) == ("OK", [0, 1, 2])
        assert moments[2] - moments[0] > 0.3


def test_messages_go_both_ways_in_one_call(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert called(client, home, "/edge.Lab/Chat")[:2] == ("OK", ["a", "b"])


def test_a_client_says_nothing_of_itself(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        for lie in LIES:
            _status, came, _moments = called(client, home, "/edge.Lab/Tell", lie, ["x-title", "kept"])
            told = dict(came[0][2]) if came else {}
            assert "lie" not in told.values(), lie
            assert not came or told.items() >= {"x-forwarded-for": client.ipv4, "x-title": "kept"}.items()


def test_a_service_that_is_off_is_unavailable(
    first: runs.Run, speaker: Speaker, homes: list[Home], client: Client
) -> None:
    speaker.stop("plain")
    for home in homes:
        assert called(client, home, "/edge.Lab/Tell")[0] == "UNAVAILABLE"
