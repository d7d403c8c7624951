# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each feature writes what its directory says, and the example of docs/contributing.md is a feature."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.feature import Feature
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import schema
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import keys_of
from places import ROOT

FIXTURES = ROOT / "tests/fixtures/features"
GUIDE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
BY_NAME = {feature.__module__.rpartition(".")[2]: feature for feature in registry.FEATURES}


def route_of(text: str) -> Any:
    sites = [{"server_name": "home.example.org", "routes": [yaml.safe_load(text)]}]
    (site,) = schema.read_sites(sites, read_presets(OURS).found)
    return site.routes[0]


def text_of(feature: type[Feature], route: Any) -> str:
    several = (
        (name, values if isinstance(values, list) else [values]) for name, values in feature.location(route).items()
    )
    return "".join(f"{name} {value};\n" for name, values in several for value in values)


def block(language: str) -> str:
    (found,) = re.findall(rf"^ *```{language}\n(.*?)^ *```$", GUIDE, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found)


@pytest.mark.parametrize("folder", sorted(FIXTURES.iterdir()), ids=lambda folder: folder.name)
def test_a_feature_writes_what_its_directory_says(folder: Path) -> None:
    route = route_of((folder / "route.yml").read_text(encoding="utf-8"))
    assert text_of(BY_NAME[folder.name], route) == (folder / "location.conf").read_text(encoding="utf-8")


def test_every_feature_has_a_directory() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} == set(BY_NAME)


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
    route = route_of(block("yaml"))
    assert text_of(rate, route) == block("nginx")
    assert registry.location(route)["limit_rate"] == "500k"
    assert "limit_rate" in registry.owned(route)
    with pytest.raises(schema.SchemaError, match="rate 'fast' must be a number with k, m or g"):
        route_of(block("yaml").replace("500K", "fast"))
