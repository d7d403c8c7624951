# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's web Console: its script and the port of its file server."""
