# SPDX-License-Identifier: GPL-3.0-or-later

"""The shelf that all share: files, programs, processes, sockets. Imports no other package."""
