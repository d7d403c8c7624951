# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user as whom nginx's workers run."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight.nginx_user import nginx_user


@pytest.mark.parametrize(
    ("text", "user"),
    [
        (None, "www-data"),
        ("events {}\n", "www-data"),
        ("# user x;\n  user web web;\n", "web"),
        ("user nginx;", "nginx"),
        ('user "nginx" web;', "nginx"),
        ("user nginx; }", "www-data"),
    ],
)
def test_the_user_is_the_one_of_nginxs_main_file(tmp_path: Path, text: str | None, user: str) -> None:
    main = tmp_path / "nginx.conf"
    if text is not None:
        main.write_text(text)
    assert nginx_user(str(main)) == user
