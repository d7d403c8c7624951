# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the hostile probes share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_site import make_certificate


@pytest.fixture(scope="session")
def site_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a self-signed certificate for the site."""
    return make_certificate(tmp_path_factory.mktemp("site"))
