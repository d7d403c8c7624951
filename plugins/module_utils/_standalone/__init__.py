# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive that a host runs without Ansible."""
