# SPDX-License-Identifier: GPL-3.0-or-later

"""Lossless text of .NET configuration files. Opens no file."""
