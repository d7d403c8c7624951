# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of docs/guides/routes.md, which scenarios put in front of services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_TEXT = (Path(__file__).parent.parent / "docs/guides/routes.md").read_text(encoding="utf-8")
#: `edge_sites` of each example
BLOCKS: list[list[dict[str, Any]]] = [
    yaml.safe_load(block)["edge_sites"] for block in re.findall(r"^```yaml\n(.*?)^```", _TEXT, re.MULTILINE | re.DOTALL)
]


def said_of_site(key: str) -> Any:
    """Return what the first site of the guide that has a key says of it; `raw` is a route's, too."""
    return next(site[key] for sites in BLOCKS for site in sites if key in site)
