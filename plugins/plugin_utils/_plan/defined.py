# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: names that a site's `raw_http` defines, and a file of the host's owner does as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._nginx.text.defined import defined
from .._features._raw import statements
from .._inventory.schema import Problem
from .._inventory.site import Site


def definitions(sites: Sequence[Site]) -> list[str]:
    """Return the names that the sites define, as `edge_preflight` is asked about them."""
    return sorted({name for site in sites for name in _of(site)})


def defined_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], found: Mapping[str, Sequence[str]]
) -> list[Problem]:
    """Return each name that is defined twice; `raw` is `edge_sites` as it was written, `found` what the host says."""
    return [
        Problem(
            f"site {site.name}",
            f"raw_http: {name} is defined in {', '.join(found[name])}, too, and all sites would have the second of the "
            "two: take it out, or give it another name",
            item,
        )
        for item, site in zip(raw, sites, strict=True)
        for name in _of(site)
        if name in found
    ]


def _of(site: Site) -> list[str]:
    return [" ".join(parts) for each in statements(site.raw_http, "raw_http") for parts in defined(each)]
