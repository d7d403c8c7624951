# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration that site.yml would give `nginx_site`, derived by the collection's own code."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from tools.checkout import ROOT

from chaos.stage import Stage

_COLLECTIONS = ROOT / ".ansible" / "collections"
_UTILS = "ansible_collections.constellation.edge.plugins.plugin_utils"
Sites = list[dict[str, Any]]


class Declared:
    """Turns `edge_sites` into the arguments of `nginx_site` for one host, which is looked at as site.yml does."""

    def __init__(self, bench: Stage, name: str) -> None:
        """Take a host."""
        if str(_COLLECTIONS) not in sys.path:
            sys.path.append(str(_COLLECTIONS))
        self._bench = bench
        self._name = name
        presets = _util("_inventory.presets")
        self._presets = presets.read_presets(presets.OURS).found
        self._facts: dict[tuple[str, ...], dict[str, Any]] = {}

    @property
    def nginx(self) -> tuple[int, ...]:
        """The version of the host's nginx."""
        return tuple(int(part) for part in str(self._look(())["nginx_version"]).split("."))

    def arguments(self, sites: Sites) -> dict[str, Any]:
        """Return what the role passes on."""
        valid = _util("_inventory.schema").read_sites(sites, self._presets)
        facts = self._look(tuple(_util("_features.upstream").asked_names(valid)))
        return {"sites": _util("_plan.plan").edge_plan(valid, facts)["nginx_sites"], "disable_default": True}

    def _look(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return what the host is, and what is known there of the names of upstreams; looked at once for the same."""
        if names not in self._facts:
            self._facts[names] = self._bench.module(self._name, "edge_preflight", {"names": list(names)})["host"]
        return self._facts[names]


def _util(name: str) -> Any:
    return importlib.import_module(f"{_UTILS}.{name}")
