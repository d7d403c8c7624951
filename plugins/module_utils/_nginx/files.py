# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a host's nginx files: bounded, with clear errors, includes followed."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterator

from .errors import ConfigError
from .servers import read
from .tree import Block, Statement, walk

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
            return file.read(MAX_BYTES + 1).decode("latin-1")
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; name a configuration file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none when it is not there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(folder))
    return []


def included(root: str) -> Iterator[tuple[str, Block | ConfigError]]:
    """Every file that nginx reads, from `nginx.conf` on, in its order: path and tree, or what is wrong with it.

    Without `nginx.conf` (nginx is not installed yet) the folders that the packages' own one includes are read. Each
    file comes once.
    """
    main = os.path.join(root, "nginx.conf")
    pending = [main]
    if not os.path.exists(main):
        pending = [*_matches(root, "sites-enabled/*"), *_matches(root, "conf.d/*.conf")][::-1]
    seen: set[str] = set()
    while pending:
        path = pending.pop()
        if os.path.realpath(path) in seen:
            continue
        seen.add(os.path.realpath(path))
        try:
            text = read_text(path)
            document = None if text is None else read(text, path)
        except ConfigError as error:
            yield path, error
            continue
        if document is not None:
            yield path, document
            patterns = [each.args[0] for each, _depth in walk(document) if _is_include(each)]
            pending.extend(path for pattern in reversed(patterns) for path in reversed(_matches(root, pattern)))


def _is_include(statement: Statement) -> bool:
    return statement.block is None and statement.name == "include" and len(statement.words) == 2


def _matches(root: str, pattern: str) -> list[str]:
    """Return the files of an `include`: relative to the folder of the main file, in alphabetical order."""
    path = os.path.join(root, pattern)
    return sorted(glob.glob(path)) if glob.has_magic(path) else [path]
