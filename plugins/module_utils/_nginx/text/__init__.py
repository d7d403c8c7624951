# SPDX-License-Identifier: GPL-3.0-or-later

"""Lossless nginx text. Opens no file and starts no program."""
