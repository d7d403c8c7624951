# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and passwords as nginx's `auth_basic_user_file` takes them."""
