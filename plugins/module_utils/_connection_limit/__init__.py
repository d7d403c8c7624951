# SPDX-License-Identifier: GPL-3.0-or-later

"""The limit of open connections: our table for nft, and the unit that loads it."""
