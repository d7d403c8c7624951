# SPDX-License-Identifier: GPL-3.0-or-later

"""Who comes in at each place, asked with and without a login."""
