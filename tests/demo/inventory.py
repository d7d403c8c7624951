# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demonstration's inventory: of the shape of `inventory.example.yml`, with the lab's addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from lab.authority import Pebble
from lab.lab import USER, Lab

MAIN_NAME = "demo.internal.myconstellation.io"
CAMERA_NAME = "camera.example.org"
NAMES = (MAIN_NAME, CAMERA_NAME)


def sites(zoneminder: str, jeedom: str, extra_routes: int = 0) -> list[dict[str, Any]]:
    """Return `edge_sites`: the article's three routes and a camera by name.

    Args:
        zoneminder: address of the machine with ZoneMinder.
        jeedom: address of the machine with Jeedom and the camera.
        extra_routes: how many more routes the main site gets, to see what they cost.

    """
    routes: list[dict[str, Any]] = [
        {"path": "/constellation/", "app": "constellation", "probe": {"sse": "signalr/connect"}},
        {
            "path": "/zm/",
            "app": "zoneminder",
            "upstream": f"http://{zoneminder}",
            "probe": {"stream": "cgi-bin/nph-zms"},
        },
        {"path": "/jeedom/", "app": "jeedom", "upstream": f"http://{jeedom}"},
    ]
    extra = {"prefix": "strip", "upstream": f"http://{jeedom}"}
    routes += [{"path": f"/more-{number}/", **extra} for number in range(extra_routes)]
    camera = {"path": "/", "app": "motioneye", "upstream": f"http://{jeedom}:8765", "probe": {"websocket": "ws"}}
    return [
        {"server_name": MAIN_NAME, "routes": routes},
        {"server_name": CAMERA_NAME, "routes": [camera]},
    ]


def write(path: Path, host: dict[str, Any], edge_sites: list[dict[str, Any]], pebble: Pebble, root: str) -> Path:
    """Write an inventory with one edge host.

    Args:
        path: the file.
        host: how `home` is reached.
        edge_sites: what is wanted.
        pebble: the test CA.
        root: where the controller finds the test CA's root certificate.

    """
    variables = {
        "edge_email": "me@example.org",
        "edge_acme_server": pebble.directory,
        "edge_probe_ca_file": root,
        "edge_sites": edge_sites,
    }
    content = {"edge": {"hosts": {"home": host}, "vars": variables}}
    path.write_text("---\n" + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def over_ssh(lab: Lab, name: str) -> dict[str, str]:
    """Return how a home server is reached with a key, as an ordinary user with sudo."""
    return {
        "ansible_host": lab.address(name),
        "ansible_user": USER,
        "ansible_ssh_private_key_file": str(lab.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={lab.known_hosts}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
