# SPDX-License-Identifier: GPL-3.0-or-later

"""What Mono trusts, and whether a sentinel reaches a server."""
