# SPDX-License-Identifier: GPL-3.0-or-later

"""The Constellation server and its sentinels: their files, programs and moves."""
