# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judges of a session: one container for each system in JUDGE_SYSTEMS."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from judge.certbot import CertbotJudge
from judge.nginx import Judge
from judge.packets import PacketJudge

SYSTEMS = os.environ.get("JUDGE_SYSTEMS", "").split() or ["debian13", "ubuntu2204"]


@pytest.fixture(scope="session", params=SYSTEMS)
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """Start the judge of one system; removed at the end."""
    with Judge(request.param) as started:
        yield started


@pytest.fixture(scope="session", params=SYSTEMS)
def certbot(request: pytest.FixtureRequest) -> Iterator[CertbotJudge]:
    """Start a machine with the certbot of one system; removed at the end."""
    machine = CertbotJudge(request.param)
    with machine:
        yield machine


@pytest.fixture(scope="session", params=SYSTEMS)
def packets(request: pytest.FixtureRequest) -> Iterator[PacketJudge]:
    """Start a machine with the packet filter of one system; removed at the end."""
    machine = PacketJudge(request.param)
    with machine:
        yield machine
