# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One target under libFuzzer, guided by atheris: `python -m fuzz.guided TARGET [libFuzzer's arguments]`."""

from __future__ import annotations

import sys
import traceback

import atheris

with atheris.instrument_imports(include=["ansible_collections"]):
    from .blind import keep
    from .targets import TARGETS


def main() -> None:
    """Run until the time is over or an input has a fault, which is printed and kept."""
    target = sys.argv.pop(1)

    def attempt(data: bytes) -> None:
        try:
            TARGETS[target](data)
        except Exception:
            keep(target, data, traceback.format_exc())
            raise

    atheris.Setup(sys.argv, attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
