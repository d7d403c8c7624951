# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside certbot's container: certbot's own reader, asked for many renewal files.

`inside_renewal.py FOLDER` reads FOLDER/files.json, a list of texts (one character for a byte), and prints as JSON for
each the entries of `[renewalparams]` and of its `[[webroot_map]]`, null where certbot cannot read the file.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

configobj: Any = importlib.import_module("configobj")


def entries(section: Any) -> dict[str, Any]:
    """Return what stands in a section itself; a value that is looked at is filled in."""
    return {key: section[key] for key in section.scalars} if isinstance(section, configobj.Section) else {}


def read(path: Path) -> list[dict[str, Any]] | None:
    """Do what certbot does: `RenewableCert` merges what it read into its defaults, and looks at these two sections."""
    try:
        found = configobj.ConfigObj(str(path), encoding="utf-8", default_encoding="utf-8")
        merged = configobj.ConfigObj(encoding="utf-8", default_encoding="utf-8")
        merged.merge(found)
        params = merged.get("renewalparams", {})
        return [entries(params), entries(params.get("webroot_map") if isinstance(params, dict) else None)]
    except Exception:
        return None


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    file = folder / "renewal.conf"
    answers = []
    for text in json.loads((folder / "files.json").read_text()):
        file.write_bytes(text.encode("latin-1"))
        answers.append(read(file))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
