# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what is below some folders as JSON; runs on the host: everything that a run which changes nothing must leave.

Of each name: kind, mode, owner, group, inode, time of change, extended attributes (access lists and labels are some),
and the content (bytes as Latin-1 characters) or where the link leads.
"""

from __future__ import annotations

import json
import os
import stat
import sys

# Of larger files, which are there to be refused, the size is enough.
LARGEST = 1024 * 1024


def seen(path: str) -> dict[str, object]:
    """Return what there is to know of one name."""
    status = os.lstat(path)
    found: dict[str, object] = {
        "kind": stat.S_IFMT(status.st_mode),
        "mode": oct(stat.S_IMODE(status.st_mode)),
        "owner": status.st_uid,
        "group": status.st_gid,
        "inode": status.st_ino,
        "changed": status.st_mtime_ns,
        "size": status.st_size,
        "attributes": {
            name: os.getxattr(path, name, follow_symlinks=False).hex()
            for name in os.listxattr(path, follow_symlinks=False)
        },
    }
    if stat.S_ISLNK(status.st_mode):
        found["target"] = os.readlink(path)
    elif stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST:
        with open(path, "rb") as file:
            found["text"] = file.read().decode("latin-1")
    return found


def main() -> None:
    """Print every name below the folders that the command line names."""
    paths = list(sys.argv[1:])
    for top in sys.argv[1:]:
        for folder, folders, files in os.walk(top):
            paths += [os.path.join(folder, name) for name in (*folders, *files)]
    json.dump({path: seen(path) for path in sorted(paths)}, sys.stdout)


main()
