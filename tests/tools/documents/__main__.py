# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what comes from the declarations: `make docs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets

from ..checkout import ROOT
from .fragment import fragment
from .json_schema import schema
from .tables import preset_keys_table, role_variables, route_keys, site_keys, variables, with_tables

ROLES = ("constellation_config", "hardening", "letsencrypt", "nginx_proxy")


def presets() -> dict[str, dict[str, Any]]:
    """Return our presets by their names."""
    return {name: dict(preset) for name, preset in read_presets(OURS).found.items()}


def documents(root: Path = ROOT) -> dict[Path, str]:
    """Return by path what each file that comes from the declarations has to hold."""
    known = presets()
    found = {
        root / "plugins/doc_fragments/edge_sites.py": fragment(known),
        root / "docs/edge_sites.schema.json": schema(known),
    }
    tables = {
        root / "README.md": {"variables": variables()},
        root / "docs/guides/sites.md": {"site": site_keys(), "route": route_keys()},
        root / "docs/guides/presets.md": {"preset": preset_keys_table()},
    }
    for role in ROLES:
        folder = root / "roles" / role
        specs = (folder / "meta/argument_specs.yml").read_text(encoding="utf-8")
        tables[folder / "README.md"] = {"variables": role_variables(specs)}
    for path, each in tables.items():
        found[path] = with_tables(path.read_text(encoding="utf-8"), each)
    return found


def main() -> None:
    """Write the files that differ, and name them."""
    for path, text in documents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"docs: wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
