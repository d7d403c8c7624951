# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a text of an owner as one argument of a directive."""

from __future__ import annotations

import re

# nginx takes a backslash in front of these away, and leaves it in front of all else (`ngx_conf_read_token`).
_SPECIAL = re.compile(r'["\\]')


def quoted(text: str) -> str:
    """Return an argument in double quotes that has this value; nothing in it ends the argument."""
    return '"' + _SPECIAL.sub(lambda found: "\\" + found.group(), text) + '"'
