# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of ansible-core's deprecation warnings are about us."""

from __future__ import annotations

from tools.checkout import ROOT
from tools.deprecations import of_ours

HEAD = "2026-11-28 15:00:00,123 p=12 u=root n=ansible WARNING| "
FACTS = f"""[DEPRECATION WARNING]: INJECT_FACTS_AS_VARS default to `True` is deprecated.
Origin: {ROOT}/playbooks/site.yml:35:28

35       vars:
"""


def test_one_that_names_a_file_of_this_checkout() -> None:
    assert of_ours(f"{HEAD}PLAY [x]\n{HEAD}{FACTS}{HEAD}TASK [y]\n") == [FACTS.strip()]


def test_one_that_names_the_collection() -> None:
    text = "[DEPRECATION WARNING]: constellation.edge.edge_plan is old."
    assert of_ours(f"{HEAD}{text}\n") == [text]


def test_the_same_one_counts_once() -> None:
    assert len(of_ours(f"{HEAD}{FACTS}{HEAD}{FACTS}")) == 1


def test_one_about_others_is_none_of_ours() -> None:
    text = f"[DEPRECATION WARNING]: molecule is old. Origin: {ROOT}/.venv/lib/molecule/x.yml:1:1"
    assert of_ours(f"{HEAD}{text}\n{HEAD}ok: constellation.edge\n") == []
