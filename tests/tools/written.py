# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows that a change of the controller's half changes nothing of what is written on hosts.

``python -m tools.written`` prints a digest of what is planned for each of 200 inventories. ``python -m tools.written
COMMIT`` plans the same inventories with that commit, too, and tells which are written otherwise: exit code 1. What that
commit refuses and this checkout understands, such as a new key, is counted by itself.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .checkout import ROOT
from .inventories import inventories

HERE = ROOT / ".ansible" / "collections"
_COLLECTION = Path("ansible_collections/constellation/edge")
_UTILS = "ansible_collections.constellation.edge.plugins.plugin_utils"
_SHIPPED = ("meta", "plugins", "presets")
# How our variables begin, and where files of ours lie.
_OURS = ("constellation_edge", "/etc/nginx/constellation-edge/")
# How much is shown of the first inventories that differ.
_SHOWN, _LINES = 3, 30
# What DNS, or the host alone, knows of the names in `inventories`; any other one is in DNS.
_KNOWN: dict[str, dict[str, Any]] = {
    "printer.box": {"address": "192.168.0.40", "in_dns": False},
    "gone.home.test": {"in_dns": False},
    "nas.home.test": {"fresh": True},
}


# The hosts that each inventory is planned for, as `edge_preflight` describes them.
_OLD = {"nginx_version": "1.18.0", "openssl_version": "3.0.2", "ipv6": False}
_NEW = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
_ADOPTING = {"nginx_version": "1.26.3", "openssl_version": "3.5.4", "ipv6": True}


@dataclass(frozen=True)
class Planned:
    """A digest of what is planned for an inventory, and why it is refused, "" where it is not."""

    digest: str
    refused: str


def planned(collections: Path, given: Sequence[Mapping[str, Any]]) -> list[Planned]:
    """Return what a collection's code plans for each inventory; it runs in a process of its own."""
    return [Planned(*each) for each in _asked("--digests", collections, given)]


def texts(collections: Path, given: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is planned in full."""
    found: list[str] = _asked("--texts", collections, given)
    return found


def _asked(what: str, collections: Path, given: Sequence[Mapping[str, Any]]) -> Any:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(collections), str(ROOT / "tests")])}
    command = [sys.executable, "-m", "tools.written", what, str(collections)]
    done = subprocess.run(
        command, input=json.dumps(given), env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"nothing could be planned:\n{done.stderr}")
    return json.loads(done.stdout)


def presets(collections: Path = HERE) -> Mapping[str, Mapping[str, Any]]:
    """Return the presets of a collection. Up to version 0.1.0 they all stood in one file."""
    folder = collections / _COLLECTION / "presets"
    read = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))}
    return read["presets"] if "presets" in read else {name: each["route"] for name, each in read.items()}


def unpacked(commit: str, folder: Path) -> Path:
    """Unpack what a commit ships; return the folder in which Python finds it."""
    argv = ["git", "-C", str(ROOT), "archive", "--format=tar", commit, "--", *_SHIPPED]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git has no '{commit}' to compare with: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder / _COLLECTION, filter="data")
    return folder


def compared(names: Sequence[str], before: Sequence[Planned], after: Sequence[Planned]) -> tuple[list[int], str]:
    """Return which inventories are written otherwise, and what is to be said of all."""
    new = [number for number, each in enumerate(before) if each.refused and not after[number].refused]
    both = [number for number in range(len(names)) if number not in new]
    others = [number for number in both if before[number] != after[number]]
    said = f"{len(both) - len(others)} of {len(both)} inventories are written alike"
    if new:
        said += f"; {len(new)} more are refused by that commit alone: {names[new[0]]}: {before[new[0]].refused}"
    return others, said


def difference(name: str, before: str, after: str) -> str:
    """Return the first lines in which two texts differ."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2))
    more = [f"... {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return "\n".join([f"{name} is written otherwise:", *lines[:_LINES], *more])


def _plans(given: Iterable[Mapping[str, Any]], known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what the collection that Python finds plans for each inventory, or why it refuses it."""
    schema = _util("_inventory.schema")
    for each in given:
        try:
            yield _plan(schema.read_sites(each["sites"], known, adopt=each["adopt"]))
        except schema.SchemaError as error:
            yield {"refused": str(error)}


def _plan(sites: list[Any]) -> dict[str, Any]:
    plan, machine = _util("_plan.plan"), _util("_plan.machine")
    local_server = _util("_constellation.local_server", "_sites.console")
    asked = _util("_features.upstream", "_sites.upstreams").asked_names(sites)
    known = {"upstreams": {name: _found(name) for name in asked}}
    own, lan = frozenset({"192.168.0.12"}), ("2001:db8:0:1::/64",)
    server = local_server.LocalServer(own, frozenset({8088}), ("/WebConsole",), lan)
    return {
        "old": plan.edge_plan(sites, {**_OLD, **known}),
        "new": plan.edge_plan(sites, {**_NEW, **known}, server),
        "adopting": plan.edge_plan(sites, {**_ADOPTING, **known, "servers": _servers(sites)}, server),
        "constellation": plan.constellation_plan({"home": sites}, machine.Machine("home")),
    }


def _found(name: str) -> dict[str, Any]:
    """Return what is known of an upstream's name."""
    usual = {"full_name": name, "address": "", "in_dns": True, "fresh": False, "servers": ["192.168.0.1", "[fd00::1]"]}
    return {**usual, **_KNOWN.get(name, {})}


def _servers(sites: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the servers that the sites' owner has for them: some with a certificate, some made by the collection."""
    servers = []
    for number, site in enumerate(sites):
        # The commit of old has one service for each route.
        upstreams = [
            (route.path, route.upstream.url if getattr(route, "targets", True) else "") for route in site.routes
        ]
        locations = [
            _location(path, url, line) for line, (path, url) in enumerate([("/", upstreams[0][1]), *upstreams])
        ]
        common = {
            "file": f"/etc/nginx/sites-enabled/site{number}",
            "names": list(site.server_names),
            "ours": not site.adopt,
            "redirects": number % 3 == 0,
            "denies": False,
        }
        certificate = f"/etc/letsencrypt/live/{site.name}/fullchain.pem" if number % 2 == 0 else ""
        servers += [
            {**common, "line": 1, "listens": ["*:80"], "certificate": "", "locations": locations[:1]},
            {
                **common,
                "line": 20,
                "listens": ["*:443"],
                "certificate": certificate,
                "locations": locations[number % 2 :],
            },
        ]
    return servers


def _location(path: str, url: str, line: int) -> dict[str, Any]:
    there = {"location": path, "line": line, "ours": False, "upstream": url, "moved_to": ""}
    return {**there, "denies": line % 3 == 1, "keeps": line % 3 == 2}


def _util(*names: str) -> Any:
    """Return the first of these modules that the collection has: some were moved since the older commit."""
    for name in names[:-1]:
        try:
            return importlib.import_module(f"{_UTILS}.{name}")
        except ModuleNotFoundError:
            continue
    return importlib.import_module(f"{_UTILS}.{names[-1]}")


def _answer(what: str, collections: Path) -> None:
    """Write what `_asked` wants to know of the inventories on the standard input."""
    plans = [_without_order(each) for each in _plans(json.load(sys.stdin), presets(collections))]
    if what == "--texts":
        json.dump([json.dumps(each, indent=1) for each in plans], sys.stdout)
    else:
        digests = [hashlib.sha256(json.dumps(each).encode()).hexdigest() for each in plans]
        json.dump([(digest, each.get("refused", "")) for digest, each in zip(digests, plans, strict=True)], sys.stdout)


def _without_order(value: Any) -> Any:
    """Return a plan with each `owns` as the sorted set that it is: on its order nothing on a host depends.

    What bears our own variables, or names a file of ours, is left out there: no owner has a line of that name.

    `guards` are left out, which say where a condition stands: before they were declared, the host knew them itself.
    `marks` are, too, which say who made a line, and `notes` and `access`, which no host has. No `jails` are what an
    older plan did not name.
    """
    if isinstance(value, dict):
        return {
            name: sorted({one for one in each if not any(ours in one for ours in _OURS)})
            if name == "owns"
            else _without_order(each)
            for name, each in value.items()
            if name not in ("guards", "marks", "notes", "access") and (name, each) != ("jails", [])
        }
    return [_without_order(each) for each in value] if isinstance(value, (list, tuple)) else value


def _compare(commit: str) -> int:
    """Print what is written otherwise than by a commit; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        there = unpacked(commit, Path(folder))
        # With presets that only one of the two has, few inventories would be left to compare.
        shared = presets(there)
        given = inventories({name: preset for name, preset in presets().items() if name in shared})
        names = [each["name"] for each in given]
        others, said = compared(names, planned(there, given), planned(HERE, given))
        shown = [given[number] for number in others[:_SHOWN]]
        for each, before, after in zip(shown, texts(there, shown), texts(HERE, shown), strict=True):
            print(difference(each["name"], before, after))
    print(said)
    return 1 if others else 0


def main() -> int:
    """Print the digests, or the comparison; return the exit code."""
    arguments = sys.argv[1:]
    if len(arguments) == 2:
        _answer(arguments[0], Path(arguments[1]))
        return 0
    if arguments:
        return _compare(arguments[0])
    given = inventories(presets())
    for each, found in zip(given, planned(HERE, given), strict=True):
        print(found.digest, each["name"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
