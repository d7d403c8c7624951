# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: texts that directives name: from a file on the controller, and as a file beside the sites."""

from __future__ import annotations

import hashlib
import os


def read(path: str) -> str:
    """Return the text of a file on the controller; a relative path begins where the command is run.

    Raises OSError and UnicodeDecodeError.
    """
    with open(os.path.expanduser(os.path.expandvars(path)), encoding="utf-8") as stream:
        return stream.read()


def file_of(kind: str, ending: str, text: str) -> str:
    """Return the name of a text's file beside the sites: those of one kind and of equal text are one."""
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.{ending}"
