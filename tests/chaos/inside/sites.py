# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declarations for `nginx_site` that trials go through, version by version; every site answers with its version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FILES = 5
Arguments = dict[str, Any]


def _site(name: str, directives: dict[str, Any], top: dict[str, Any] | None = None) -> dict[str, Any]:
    server = {"server_name": [name], "listen": ["80"], "directives": directives, "owns": ["limit_req"]}
    return {"name": name, "servers": [server], **({"directives": top} if top else {})}


def _says(version: int) -> dict[str, Any]:
    return {"return": f"200 v{version:05d}"}


def independent(version: int) -> list[dict[str, Any]]:
    """Five sites that share nothing: every order of their changes is a safe one."""
    return [_site(f"s{number}.test", _says(version)) for number in range(FILES)]


def ordered(version: int) -> list[dict[str, Any]]:
    """Sites with one safe order: a new one brings what three use from now on, and the one that had it before goes.

    Four sites at a time, so that five files and two links change with each version.
    """
    zone = f"z{version:05d}"
    users = [_site(f"s{number}.test", {"limit_req": f"zone={zone} burst=99", **_says(version)}) for number in range(3)]
    brings = {"limit_req_zone": f"$binary_remote_addr zone={zone}:64k rate=100r/s"}
    return [*users, _site(f"z{version % 2}.test", _says(version), brings)]


def entangled(version: int) -> list[dict[str, Any]]:
    """Five sites without a safe order: each holds a zone that the others use, and each zone moves on by one file."""
    sites = []
    for number in range(FILES):
        zone = (number - version) % FILES
        brings = {"limit_req_zone": f"$binary_remote_addr zone=z{zone}:64k rate=100r/s"}
        uses = {"limit_req": [f"zone=z{each} burst=99" for each in range(FILES)]}
        sites.append(_site(f"s{number}.test", {**uses, **_says(version)}, brings))
    return sites


VARIANTS: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "independent": independent,
    "ordered": ordered,
    "entangled": entangled,
}
# Where a run that dies in between leaves what nginx accepts, without anybody's help.
SAFE = ("independent", "ordered")


def names(variant: str) -> list[str]:
    """Return the host names to ask; where one of them is not configured, another site of that version answers."""
    return [f"s{number}.test" for number in range(3)] + (
        ["z0.test", "z1.test"] if variant == "ordered" else ["s3.test", "s4.test"]
    )


def arguments(variant: str, version: int) -> Arguments:
    """Return the arguments of `nginx_site` for a version."""
    return {"sites": VARIANTS[variant](version), "disable_default": True}
