# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx: its text, the sites made of it, the service that runs it."""
