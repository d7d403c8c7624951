# SPDX-License-Identifier: GPL-3.0-or-later

"""certbot's lineages: which there are, whether they renew, and how one is made, moved or let go."""
