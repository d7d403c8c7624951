# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host itself proves after a run."""
