# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether certbot has a plugin, asked of the Python that its program names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import _plugin
from ansible_collections.constellation.edge.plugins.module_utils._certbot._plugin import has_plugin


def test_the_python_of_certbot_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "certbot"
    monkeypatch.setattr(_plugin, "find", lambda _name: str(program))
    assert not has_plugin("nginx")
    program.write_text(f"#!{sys.executable} -s\n")
    assert not has_plugin("nginx")
    (tmp_path / "certbot_nginx.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert has_plugin("nginx")
    assert not has_plugin("apache")


def test_without_certbot_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plugin, "find", lambda _name: None)
    assert not has_plugin("nginx")
