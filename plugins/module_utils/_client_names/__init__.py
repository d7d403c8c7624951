# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS names of clients, and the files of nginx that have their addresses."""
