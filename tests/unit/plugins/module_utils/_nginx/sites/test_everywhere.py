# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of a host's owner on a port of the web: their addresses, and of which they are the default."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import NGINX_MARK
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _packaged
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.everywhere import owners

TEXT = """\
http {
    include sites-enabled/*;
    server { listen 8080; server_name other.lan; }
    server { server_name old.lan; }
    server {
        include listens.conf;
        server_name tls.lan;
    }
    server { MARK
        listen 80;
    }
}
"""


def test_each_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("sites-available", "sites-enabled"):
        (tmp_path / folder).mkdir()
    default = tmp_path / "sites-available" / "default"
    default.write_text("server { listen 80 default_server; listen [::]:80 default_server; server_name _; }")
    (tmp_path / "sites-enabled" / "default").symlink_to(default)
    (tmp_path / "listens.conf").write_text("listen 443 ssl default; listen 192.168.0.2:443 ssl;")
    (tmp_path / "nginx.conf").write_text(TEXT.replace("MARK", NGINX_MARK))
    monkeypatch.setattr(_packaged, "packaged_md5", lambda _path: "another")
    main = f"{tmp_path}/nginx.conf"
    theirs = [
        {"place": f"{main}:4", "names": ["old.lan"], "listens": ["*:80"], "defaults": [], "packaged": False},
        {
            "place": f"{main}:5",
            "names": ["tls.lan"],
            "listens": ["*:443", "192.168.0.2:443"],
            "defaults": ["*:443"],
            "packaged": False,
        },
    ]
    every = ["*:80", "[::]:80"]
    packaged = {
        "place": f"{tmp_path}/sites-enabled/default:1",
        "names": ["_"],
        "listens": every,
        "defaults": every,
        "packaged": False,
    }
    assert owners(str(tmp_path)) == [*theirs, packaged]
    delivered = __import__("hashlib").md5(default.read_bytes()).hexdigest()
    monkeypatch.setattr(_packaged, "packaged_md5", lambda _path: delivered)
    assert owners(str(tmp_path)) == [*theirs, {**packaged, "packaged": True}]
