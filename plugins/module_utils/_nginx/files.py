# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a file that is nginx configuration."""

from __future__ import annotations

import os
import stat

from .text.tokens import ConfigError

MAX_BYTES = 32 * 1024 * 1024


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def read_text(path: str) -> str | None:
    """Return a file's text (Latin-1 characters), None when nothing is there. Raises ConfigError."""
    try:
        # Without waiting: a pipe in a file's place would otherwise be waited for.
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"{path}: is not a file; name a configuration file")
            if status.st_size > MAX_BYTES:
                raise ConfigError(f"{path}: has {status.st_size} bytes; more than {MAX_BYTES} are not read")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; name a configuration file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    zero = content.find(0)
    if zero >= 0:
        # nginx takes such a byte, but no text holds one: this is another kind of file, or a damaged one.
        line = content.count(b"\n", 0, zero) + 1
        raise ConfigError(f"{path}:{line}: is a binary file (byte {zero} is zero); name a configuration file")
    return content.decode("latin-1")
