# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as an owner writes it, in a file, and the state of a home server that a refusal must leave alone."""

from __future__ import annotations

from conftest import SCENARIO
from testinfra.host import Host

HEAD = """edge:
  vars:
    ansible_connection: container
    ansible_become: false
    ansible_python_interpreter: /usr/bin/python3
    ansible_remote_tmp: /tmp
    edge_email: me@example.org
    edge_acme_server: {directory}
    edge_probe_ca_file: {root}
  hosts:
"""
HOME = """    {name}:
      container_name: {container}
      edge_probe_address: {ipv4}
      edge_sites:
        - server_name: {name}.example.org
          routes:
            - path: /constellation/
              app: constellation
            - path: /zm/
              app: zoneminder
              upstream: http://{zoneminder}
        - server_name: camera.{name}.example.org
          routes:
            - path: /
              app: motioneye
              upstream: http://{camera}:8765
"""
GONE = """    home-gone:
      container_name: no-such-machine
      edge_sites:
        - server_name: gone.example.org
          routes:
            - path: /constellation/
              app: constellation
"""
# Packages, every file of the system's and the owner's configuration, what the product keeps, and what listens.
_STATE = """
dpkg-query --show
find /etc /usr/local /opt -xdev \\( -type f -o -type l \\) -printf '%p %m %u %l\\n' | sort
find /etc /usr/local /opt -xdev -type f ! -name '*.log' -exec sha256sum {} + | sort
find /var/lib -maxdepth 1 | sort
ss --no-header --listening --tcp --numeric | awk '{ print $4 }' | sort
"""


def homes() -> list[str]:
    """Return the names of the home servers."""
    return sorted(name for name in SCENARIO["machines"] if name.startswith("home-"))


def inventory() -> str:
    """Return an inventory of all home servers without a mistake."""
    services = {"zoneminder": SCENARIO["services"]["zoneminder"], "camera": SCENARIO["services"]["jeedom"]}
    machines = [HOME.format(name=name, **SCENARIO["machines"][name], **services) for name in homes()]
    return HEAD.format(**SCENARIO["pebble"]) + "".join(machines)


def state(host: Host) -> list[str]:
    """Return what must be the same before and after a run that was refused."""
    return str(host.check_output(_STATE)).splitlines()
