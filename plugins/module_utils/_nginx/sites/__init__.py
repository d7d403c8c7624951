# SPDX-License-Identifier: GPL-3.0-or-later

"""The site files of a host: read, planned, asked and changed in one transaction."""
