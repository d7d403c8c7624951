# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that workers of one run share."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._once import once


def _ask(folder: str) -> None:
    def make() -> list[int]:
        with (Path(folder) / "made").open("a", encoding="utf-8") as stream:
            stream.write("x")
        return [1, 2]

    assert once(folder, "a", make) == [1, 2]


def test_the_first_process_computes_and_the_others_read(tmp_path):
    workers = [multiprocessing.get_context("fork").Process(target=_ask, args=(str(tmp_path),)) for _worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert (tmp_path / "made").read_text(encoding="utf-8") == "x"
    for worker in workers:
        worker.close()


def test_another_name_is_another_value(tmp_path):
    assert once(str(tmp_path), "a", lambda: {"a": 1}) == {"a": 1}
    assert once(str(tmp_path), "b", lambda: {"b": [2]}) == {"b": [2]}
    assert once(str(tmp_path), "a", lambda: {"a": 3}) == {"a": 1}


def test_what_fails_is_tried_again(tmp_path):
    def fails() -> None:
        raise ValueError("not now")

    for _attempt in range(2):
        with pytest.raises(ValueError, match="not now"):
            once(str(tmp_path), "a", fails)
    assert once(str(tmp_path), "a", lambda: 5) == 5
