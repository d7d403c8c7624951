# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and their addresses, asked of the host's resolver or of a zone's own servers."""
