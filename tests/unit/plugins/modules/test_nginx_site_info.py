# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's files, as `nginx_site` takes them."""

from __future__ import annotations

from pathlib import Path

from module_runs import done, refused

TEXT = "server {\n    listen 80;\n    server_name a;\n    location /x/ {\n        return 404;\n    }\n}\n"


def test_sites_and_other_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "a").write_text(TEXT)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "b.conf").write_text("server { # constellation.edge\n    listen 81;\n}\n")
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; }\n")
    answer = done("nginx_site_info", check=True, root=str(tmp_path))
    assert answer["changed"] is False
    [site] = answer["sites"]
    assert (site["name"], site["enabled"]) == ("a", False)
    assert site["servers"][0]["locations"] == [{"location": "/x/", "directives": "return 404;\n"}]
    assert {file["path"]: [server["ours"] for server in file["servers"]] for file in answer["files"]} == {
        f"{tmp_path}/sites-available/a": [False],
        f"{tmp_path}/nginx.conf": [],
        f"{tmp_path}/conf.d/b.conf": [True],
    }


def test_a_file_that_nobody_can_read_is_told_with_its_problem(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available" / "a").write_text("server {\n")
    (tmp_path / "sites-available" / "gone").symlink_to(tmp_path / "none")
    answer = done("nginx_site_info", root=str(tmp_path))
    problems = {file["path"]: file["problem"] for file in answer["files"]}
    assert answer["sites"] == []
    assert f"{tmp_path}/sites-available/a" in problems[f"{tmp_path}/sites-available/a"]
    assert problems[f"{tmp_path}/sites-available/gone"].endswith("leads to a file that is not there")


def test_a_parameter_that_is_none_is_refused() -> None:
    assert "path" in refused("nginx_site_info", path="/etc/nginx")["msg"]
