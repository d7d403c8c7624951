# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab: containers that tests and the demonstration run in.

Run it from the root of a checkout: ``PYTHONPATH=tests .venv/bin/python -m lab --help``.
"""
