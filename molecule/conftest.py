# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every scenario's tests use: the run's home servers, and clients on the same network."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab import recipes
from lab.containers import File
from lab.lab import Lab

_NAME = os.environ.get("MOLECULE_SCENARIO_NAME", "default").replace("_", "-")
RUN = f"{os.environ.get('LAB_RUN') or 'dev'}-{_NAME}"
SCENARIO: dict[str, Any] = json.loads((ROOT / ".cache" / "lab" / RUN / "scenario.json").read_text(encoding="utf-8"))
ROOT_CA = "/root/pebble-root.pem"


@dataclass(frozen=True)
class Home:
    """A home server of the run."""

    name: str
    ipv4: str
    ipv6: str
    host: Host

    @property
    def domain(self) -> str:
        """The first name of its main site."""
        return f"{self.name}.example.org"


@dataclass(frozen=True)
class Client:
    """Another machine, from which a home server is asked."""

    name: str
    ipv4: str
    host: Host

    def curl(self, home: Home, url: str, *options: str, family: int = 4) -> Any:
        """Run curl against a home server, with its names resolving to it and the test CA trusted."""
        address = home.ipv4 if family == 4 else f"[{home.ipv6}]"
        below = ("www", "camera", "camera-of-the-garden")
        names = (home.domain, *(f"{each}.{home.domain}" for each in below), "unknown.example.org")
        pairs = [("--resolve", f"{name}:{port}:{address}") for name in names for port in (80, 443)]
        resolve = [word for pair in pairs for word in pair]
        command = ["curl", "-sS", "--max-time", "20", "--cacert", ROOT_CA, *resolve, *options, url]
        return self.host.run(" ".join(["%s"] * len(command)), *command)

    def status(self, home: Home, url: str, *options: str, family: int = 4) -> str:
        """Return the HTTP status of a request, `000` for none."""
        return str(self.curl(home, url, "-o", "/dev/null", "-w", "%{http_code}", *options, family=family).stdout)


def _homes() -> list[str]:
    return sorted(name for name in SCENARIO["machines"] if name.startswith("home-"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that asks for a `home` on each of them."""
    if "home" in metafunc.fixturenames:
        metafunc.parametrize("home", _homes(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Return the running lab."""
    return Lab(RUN)


def _home(name: str) -> Home:
    machine = SCENARIO["machines"][name]
    host = testinfra.get_host(f"docker://{machine['container']}")
    return Home(name, machine["ipv4"], machine["ipv6"], host)


@pytest.fixture(scope="session")
def home(request: pytest.FixtureRequest) -> Home:
    """Return one home server."""
    return _home(request.param)


@pytest.fixture(scope="session")
def homes() -> list[Home]:
    """Return all home servers, for tests in an order of their own: pytest groups those that ask for `home`."""
    return [_home(name) for name in _homes()]


def side_by_side(homes: Sequence[Home], check: Callable[[Home], None]) -> None:
    """Check all home servers at the same time, where a check is mostly waiting; a failure names its home server."""

    def named(home: Home) -> None:
        try:
            check(home)
        except BaseException as error:
            error.add_note(f"on {home.name}")
            raise

    with ThreadPoolExecutor(len(homes)) as pool:
        list(pool.map(named, homes))


def machine(lab: Lab, name: str) -> Client:
    """Start a further machine on the network."""
    lab.machine(name, recipes.services_tag(), command=["sleep", "infinity"])
    root = Path(SCENARIO["pebble"]["root"]).read_bytes()
    lab.put(name, {ROOT_CA: File(root)})
    return Client(name, lab.address(name), testinfra.get_host(f"docker://{lab.container_name(name)}"))


@pytest.fixture(scope="session")
def client(lab: Lab) -> Client:
    """Return a machine that asks politely."""
    return machine(lab, "client")


@pytest.fixture(scope="session")
def attacker(lab: Lab) -> Client:
    """Return a machine that gets itself banned."""
    return machine(lab, "attacker")
