# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client may not do, asked from outside."""
