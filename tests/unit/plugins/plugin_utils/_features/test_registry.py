# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every feature: what it sets, it owns; what it writes, nginx's grammar takes; what it recognises, it has written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Statement, parse
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.feature import Feature
from ansible_collections.constellation.edge.plugins.plugin_utils._features.timeouts import Timeouts
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import fields_of, keys_of
from places import ROOT

FOLDER = ROOT / "plugins/plugin_utils/_features"
# Of directives with these names each value is one of its own, by its first word.
BY_FIRST_WORD = ("proxy_set_header", "add_header")


def routes(feature: type[Feature]) -> Iterator[Feature]:
    """Yield the feature with each mix of its keys' defaults and examples."""
    values = {
        field: list({repr(each): each for each in (key.default, key.example)}.values())
        for field, (_name, key) in fields_of(feature).items()
    }
    for mix in itertools.product(*values.values()):
        yield feature(**dict(zip(values, mix, strict=True)))


CASES = [pytest.param(feature, route, id=repr(route)) for feature in registry.FEATURES for route in routes(feature)]


def named(directives: dict[str, Any]) -> set[str]:
    """Return what directives set, in the form of `owns`."""
    found = set()
    for name, values in directives.items():
        several = values if isinstance(values, list) else [values]
        found |= {f"{name} {value.split()[0]}" if name in BY_FIRST_WORD else name for value in several}
    return found


def statements(directives: dict[str, Any]) -> list[Statement]:
    several = ((name, values if isinstance(values, list) else [values]) for name, values in directives.items())
    return parse("".join(f"{name} {value};\n" for name, values in several for value in values)).body


@pytest.mark.parametrize(("feature", "route"), CASES)
def test_what_a_feature_sets_it_owns(feature: type[Feature], route: Feature) -> None:
    assert named(feature.location(route)) <= {*feature.owned(route), *feature.yielded}


@pytest.mark.parametrize(("feature", "route"), CASES)
def test_no_two_features_own_the_same(feature: type[Feature], route: Feature) -> None:
    others = {name for other in registry.FEATURES if other is not feature for name in other().owned()}
    assert not others & set(feature.owned(route))


@pytest.mark.parametrize(("feature", "route"), CASES)
def test_what_a_feature_writes_is_nginx_text(feature: type[Feature], route: Feature) -> None:
    directives = feature.location(route)
    written = [
        name for name, values in directives.items() for _each in (values if isinstance(values, list) else [values])
    ]
    assert [each.name for each in statements(directives)] == written
    assert {each.name for each in parse(feature.common()).body} <= {"map"}


@pytest.mark.parametrize(("feature", "route"), CASES)
def test_what_a_feature_recognises_is_what_it_was_given(feature: type[Feature], route: Feature) -> None:
    for name, value in feature.recognise(statements(feature.location(route))).items():
        assert getattr(route, name) == value


def test_every_file_is_a_feature_of_a_route() -> None:
    names = {path.stem for path in Path(FOLDER).glob("*.py")} - {"__init__", "feature", "registry", "claims"}
    assert names == {feature.__module__.rpartition(".")[2] for feature in registry.FEATURES}
    assert all(issubclass(Route, feature) for feature in registry.FEATURES)


def test_every_key_of_a_feature_is_one_of_a_route() -> None:
    given = {name for feature in registry.FEATURES for name in keys_of(feature)}
    assert given < set(keys_of(Route))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600s", 3600),
        ("60", 60),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1d", 86400),
        ("2d", None),
        ("5ms", None),
        ("$x", None),
    ],
)
def test_a_time_of_an_owner_is_recognised(text: str, seconds: int | None) -> None:
    found = Timeouts.recognise(parse(f"proxy_read_timeout {text};").body)
    assert found == ({} if seconds is None else {"read_timeout": seconds})
    assert registry.recognised(parse(f"proxy_read_timeout {text}; other 1;").body) == found


def test_two_times_are_not_one() -> None:
    assert Timeouts.recognise(parse("proxy_read_timeout 1s; proxy_read_timeout 2s;").body) == {}
