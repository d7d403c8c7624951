# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the firewall: read, planned, set and taken back."""
