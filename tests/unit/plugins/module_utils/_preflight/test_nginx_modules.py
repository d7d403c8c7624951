# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that are none of nginx's own: built in, or loaded as Debian's packages have it."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._preflight.nginx_modules import added_modules

SAID = "configure arguments: --with-http_ssl_module --add-module=/src/ngx_brotli/ --add-dynamic-module=/src/zstd"


def test_what_is_built_in_and_what_is_loaded_is_found_and_what_only_could_be_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "modules-enabled"
    folder.mkdir()
    (folder / "50-mod-http-brotli-filter.conf").write_text("load_module modules/ngx_http_brotli_filter_module.so;\n")
    (folder / "60-broken.conf").write_text("load_module modules/broken.so")
    (tmp_path / "nginx.conf").write_text(
        f"include {folder}/5*.conf;\ninclude modules-enabled/6*.conf;\nload_module /x/ngx_zstd.so;\n"
        "http { include none.conf; }\ninclude nginx.conf;\n"
    )
    assert added_modules(SAID, str(tmp_path)) == ("ngx_brotli", "ngx_zstd", "ngx_http_brotli_filter_module")


def test_without_nginx_there_is_none(tmp_path: Path) -> None:
    assert added_modules("", str(tmp_path)) == ()
