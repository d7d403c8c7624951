# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one module of the collection on a host without Ansible: `python3 run.py MODULE < ARGUMENTS`, both as JSON.

The code is what Ansible would have sent, unpacked. Prints the module's answer; its exit code is the module's.
"""

import os
import runpy
import sys

MODULES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "modules")


def main() -> None:
    """Give the arguments to the module as Ansible does, and become it."""
    name = sys.argv[1]
    sys.path.insert(0, os.path.join(MODULES, name))
    from ansible.module_utils import basic

    basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
    basic._ANSIBLE_PROFILE = "legacy"
    runpy.run_module(f"ansible_collections.constellation.edge.plugins.modules.{name}", run_name="__main__")


main()
