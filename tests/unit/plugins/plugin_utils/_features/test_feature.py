# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each feature writes what its directory says, and the example of docs/contributing.md is a feature."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.feature import Feature
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import schema
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from places import ROOT

FIXTURES = ROOT / "tests/fixtures/features"
GUIDE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
BY_NAME = {feature.__module__.rpartition(".")[2]: feature for feature in registry.FEATURES}
SITE_BY_NAME = {feature.__module__.rpartition(".")[2]: feature for feature in registry.SITE_FEATURES}
NAMES = {"nas.lan": {"full_name": "nas.lan", "address": "", "in_dns": True, "fresh": False, "servers": ["192.168.0.1"]}}
SERVER = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))
HOST = Host(Platform((1, 28, 3), (3, 5, 5), ipv6=True), NAMES, SERVER)


# What a feature does beside the directives of a location, by the names of its methods.
AT_A_PLACE = ("file", "kept", "probes")
OF_A_SITE = ("adopted", "headers", "options", "traits", "unproven")


def site_of(written: Any) -> Site:
    (site,) = schema.read_sites([{"server_name": "home.example.org", **written}], read_presets(OURS).found)
    return site


def place_of(text: str) -> Place:
    site = site_of({"routes": [yaml.safe_load(text)]})
    return Place(site.routes[0], site, HOST)


def text_of(feature: type[Feature], at: Place) -> str:
    return "".join(
        f"{name} {{ {' '.join(map(' '.join, value.items()))}; }}\n" if isinstance(value, dict) else f"{name} {value};\n"
        for part in (feature.guard, feature.location, feature.marked)
        for name, values in part(at.route, at).items()
        for value in (values if isinstance(values, list) else [values])
    )


def elsewhere_of(feature: type[Feature], at: Place) -> dict[str, Any]:
    found = {name: getattr(feature, name)(at.route, at) for name in AT_A_PLACE}
    more = {
        "common": feature.common(),
        "guards": feature.guards([at.site], at.host),
        "notes": feature.notes([at.site], at.host),
        "options": feature.options(at.route),
        "marks": feature.marks(at.route, at),
        "needs": without_empty(asdict(feature.needs(at.route, at))),
    }
    return without_empty({**found, **more})


def without_empty(found: dict[str, Any]) -> dict[str, Any]:
    return {name: list(each) if isinstance(each, tuple) else each for name, each in found.items() if each}


def said(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def block(language: str) -> str:
    (found,) = re.findall(rf"^ *```{language}\n(.*?)^ *```$", GUIDE, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_feature_of_a_route_writes_what_its_directory_says(name: str) -> None:
    at = place_of((FIXTURES / name / "route.yml").read_text(encoding="utf-8"))
    assert text_of(BY_NAME[name], at) == said(FIXTURES / name / "location.conf")
    assert elsewhere_of(BY_NAME[name], at) == (yaml.safe_load(said(FIXTURES / name / "elsewhere.yml")) or {})


@pytest.mark.parametrize("name", sorted(SITE_BY_NAME))
def test_a_feature_of_a_site_writes_what_its_directory_says(name: str) -> None:
    site, feature = site_of(yaml.safe_load(said(FIXTURES / name / "site.yml"))), SITE_BY_NAME[name]
    found = {each: getattr(feature, each)(site) for each in OF_A_SITE}
    expected = yaml.safe_load(said(FIXTURES / name / "server.yml"))
    found |= {"guard": feature.guard(site, site), "common": feature.common([site]), "both": feature.both(site, site)}
    found |= {"server": feature.server(site, site, HOST), "file": feature.file(site, site)}
    found["pages"] = [without_empty(asdict(page)) for page in feature.pages(site, site)]
    found |= {"guards": feature.guards([site], HOST), "notes": feature.notes([site], HOST)}
    found["needs"] = without_empty(asdict(feature.needs(site, site)))
    found["probes"] = feature.probes(site, site)
    assert without_empty(found) == expected


def test_every_feature_has_a_directory_and_every_directory_a_feature() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} == {*BY_NAME, *SITE_BY_NAME}


def test_the_example_of_the_guide_is_a_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    package = registry.__name__.rpartition(".")[0]
    module = ModuleType(f"{package}.rate")
    module.__package__ = package
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block("python"), "rate.py", "exec"), module.__dict__)  # noqa: S102 - it is our own guide
    rate: type[Feature] = module.Rate

    @dataclass(frozen=True, kw_only=True)
    class WithRate(rate, Route):  # type: ignore[misc, valid-type]
        pass

    monkeypatch.setattr(registry, "FEATURES", (*registry.FEATURES, rate))
    monkeypatch.setattr(schema, "Route", WithRate)
    monkeypatch.setattr(schema, "ROUTE_KEYS", tuple(sorted(keys_of(WithRate))))
    at = place_of(block("yaml"))
    assert text_of(rate, at) == block("nginx")
    assert registry.location(at)["limit_rate"] == "500k"
    assert "limit_rate" in registry.owned(at)
    with pytest.raises(schema.SchemaError, match="rate 'fast' must be a number with k, m or g"):
        place_of(block("yaml").replace("500K", "fast"))
