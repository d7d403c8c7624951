# SPDX-License-Identifier: GPL-3.0-or-later

"""How systemd starts nginx, recovers before it, and confines it."""
