# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test-only connection: run tasks in a lab container through ``docker exec``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container
short_description: Run tasks in a lab container
description:
  - Uses nothing but the docker command, so that the tests need no other collection.
author:
  - constellation.edge contributors (@myconstellation)
options:
  remote_addr:
    description: The container's name.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
      - name: container_name
"""

import subprocess

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.plugins.connection import ConnectionBase


class Connection(ConnectionBase):
    """Each command is one ``docker exec``; there is no state between them."""

    transport = "container"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Return the exit code, the output and the errors of a shell command."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        name = self.get_option("remote_addr")
        result = subprocess.run(
            ["docker", "exec", "--interactive", name, "/bin/sh", "-c", cmd],
            input=b"" if in_data is None else to_bytes(in_data),
            capture_output=True,
            check=False,
        )
        if result.returncode == 1 and b"No such container" in result.stderr:
            raise AnsibleConnectionFailure(f"no container {name}: was it created?")
        return result.returncode, result.stdout, result.stderr

    def put_file(self, in_path, out_path):
        """Write a file of the controller into the container."""
        super().put_file(in_path, out_path)
        with open(in_path, "rb") as source:
            code, _stdout, stderr = self.exec_command(f"cat > {self._shell.quote(out_path)}", in_data=source.read())
        if code != 0:
            raise AnsibleConnectionFailure(to_text(stderr))

    def fetch_file(self, in_path, out_path):
        """Read a file of the container."""
        super().fetch_file(in_path, out_path)
        code, stdout, stderr = self.exec_command(f"cat {self._shell.quote(in_path)}")
        if code != 0:
            raise AnsibleConnectionFailure(to_text(stderr))
        with open(out_path, "wb") as target:
            target.write(stdout)

    def close(self):
        """Nothing is left open between commands."""
        self._connected = False
