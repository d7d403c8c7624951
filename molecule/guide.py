# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of docs/guides, which scenarios put in front of services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

#: names the files that have something of a rule of docs/guides/access.md
RULES_LEFT = (
    "grep -rlE 'auth_request|satisfy|auth_basic|edge_w[0-9a-f]{8}' "
    "/etc/nginx/sites-available /etc/nginx/constellation-edge"
)
_GUIDES = Path(__file__).parent.parent / "docs/guides"


def blocks(guide: str) -> list[list[dict[str, Any]]]:
    """Return `edge_sites` of each example of a guide."""
    text = (_GUIDES / guide).read_text(encoding="utf-8")
    found = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [sites for each in found if (sites := yaml.safe_load(each).get("edge_sites"))]


#: `edge_sites` of each example of docs/guides/routes.md
BLOCKS: list[list[dict[str, Any]]] = blocks("routes.md")


def said_of_site(key: str) -> Any:
    """Return what the first site of the guide that has a key says of it; `raw` is a route's, too."""
    return next(site[key] for sites in BLOCKS for site in sites if key in site)
