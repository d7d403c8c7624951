# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: one file of nginx written by the collection's own transaction.

`inside_transaction.py FOLDER` imports the collection from FOLDER/sources.zip and writes FOLDER/new.conf into
/etc/nginx/conf.d, beside FOLDER/old.conf. It prints as JSON what the transaction refused, "" for nothing, what it
noted, and whether the new file is there; then both are taken away.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

HERE = Path("/etc/nginx/conf.d")


def main() -> None:
    """Do what the module's documentation says."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder / "sources.zip"))
    transaction = importlib.import_module("constellation_edge._transaction.transaction")

    old, new = HERE / "judge-old.conf", HERE / "judge-new.conf"
    old.write_bytes((folder / "old.conf").read_bytes())
    refused = ""
    notes: list[str] = []
    try:
        transaction.apply([transaction.Write(str(new), (folder / "new.conf").read_bytes())], notes=notes)
    except transaction.TransactionError as error:
        refused = str(error)
    print(json.dumps([refused, notes, new.exists()]))
    for path in (old, new):
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
