# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no client gets: each header once."""

from __future__ import annotations

from routes import lines, written


def test_what_is_hidden_always_is_written_once() -> None:
    text = written(None, {"hide_headers": ["x-powered-by"]})
    assert lines(text, "proxy_hide_header") == ["Strict-Transport-Security", "X-Powered-By"]
    assert written(None, {}) == text
