# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content policy of a site, beside who may show its pages in a frame."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.frame_ancestors import FrameAncestors
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites

ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]
NAMES = ["a.example.org", "b.example.org"]


def policies(**said: Any) -> list[str]:
    """Return the policy of other sites of the host, and the one of a site that says this where it has its own."""
    text = FrameAncestors.common(read_sites([{"server_name": NAMES, "routes": ROUTES, **said}], {"generic": {}}))
    return re.findall(r'(?:default|\$") "(.*?)";', text)


def test_without_the_key_a_site_is_as_it_was() -> None:
    assert policies() == policies(content_policy="off") == policies(content_policy=False)
    assert len(policies()) == 1


@pytest.mark.parametrize(
    ("level", "scripts", "base"), [("basic", "'unsafe-inline' 'unsafe-eval'", "'self'"), ("strict", "", "'none'")]
)
def test_a_level_is_added_to_who_may_frame_the_pages(level: str, scripts: str, base: str) -> None:
    usual, own = policies(content_policy=level)
    assert own.startswith(f"{usual}; ")
    said = dict(each.split(" ", 1) for each in own.split("; "))
    assert said["default-src"].startswith(f"'self' {scripts}".strip())
    assert ("unsafe" in own) == (level == "basic")
    assert said["base-uri"] == base
    assert said["object-src"] == "'none'"
    assert said["connect-src"].endswith("wss://a.example.org wss://b.example.org")


def test_everybody_may_still_frame_it_where_that_is_said() -> None:
    _usual, own = policies(content_policy="basic", frame_ancestors="any")
    assert own.startswith("frame-ancestors *; default-src ")
    assert policies(frame_ancestors="any")[1:] == [""]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"content_policy": "stric"}, "content_policy 'stric' is not known; did you mean 'strict'?"),
        ({"content_policy": True}, "content_policy 'True' is not known"),
        ({"content_policy": "basic", "adopt": True}, "a site that adopts keeps the headers of its owner's server"),
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(words)):
        policies(**said)
