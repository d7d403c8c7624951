# SPDX-License-Identifier: GPL-3.0-or-later

"""The user as whom nginx's workers run, or will."""

from __future__ import annotations

from .._nginx.files import read_text
from .._nginx.text.tokens import SyntaxRefused, outer
from .._nginx.text.tree import parse

MAIN = "/etc/nginx/nginx.conf"
# Whom the packages of Debian and Ubuntu have in their main file; base-passwd brings the user.
_USUAL = "www-data"


def nginx_user(main: str = MAIN) -> str:
    """Return the user by nginx's main file; the packages' one where that does not say it."""
    try:
        body = parse(read_text(main) or "").body
    except SyntaxRefused:
        return _USUAL
    return next((outer(each.args[0]) for each in body if each.name == "user" and each.args), _USUAL)
