# SPDX-License-Identifier: GPL-3.0-or-later

"""Candidates to disk: tested, atomic, undone."""
