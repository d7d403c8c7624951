# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses in the files of a server and a sentinel: read, compared and written."""
