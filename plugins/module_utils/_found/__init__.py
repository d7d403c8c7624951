# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host was before the first run, and what is left of us at the end."""
