# SPDX-License-Identifier: GPL-3.0-or-later

"""The jails, and what the packet filter does with a ban."""
