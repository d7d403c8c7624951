# SPDX-License-Identifier: GPL-3.0-or-later

"""From a file to its tree and back to text: bounded, read back, with errors that name file and line."""

from __future__ import annotations

import os
import stat

from .errors import ConfigError, SyntaxRefused
from .parse import parse
from .tree import Block, spelling

MAX_BYTES = 32 * 1024 * 1024


def read_text(path: str) -> str | None:
    """Return a file's text (Latin-1 characters), None when nothing is there. Raises ConfigError."""
    try:
        # Without waiting: a pipe in a file's place would otherwise be waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
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


def read(text: str, path: str) -> Block:
    """Parse a file's text; a ConfigError names file and line."""
    try:
        return parse(text)
    except SyntaxRefused as error:
        raise ConfigError(
            f"{path}:{error.line}: nginx cannot read this file: {error.reason} (column {error.column}). Repair it first"
        ) from None


def checked(document: Block, path: str) -> str:
    """Return the text of an edited tree, after reading it back: it must say what the tree says."""
    text = document.dumps()
    if spelling(read(text, path)) != spelling(document):
        raise ConfigError(f"{path}: the edited text would not read back as intended; nothing is written")
    return text
