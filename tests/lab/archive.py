# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code of the collection as a zip, for a machine that does not have it."""

from __future__ import annotations

import io
import zipfile

from ansible_collections.constellation.edge.plugins.module_utils._standalone.archive import sources


def zipped(entry: str) -> bytes:
    """Return a zip of a module and every module that it needs, under the names of the archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in sources(entry).items():
            archive.writestr(path, text)
    return stream.getvalue()
