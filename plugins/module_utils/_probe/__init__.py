# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions over the network: routes, TLS, ports."""
