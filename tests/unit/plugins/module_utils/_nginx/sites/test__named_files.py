# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that directives of the sites name: written with the sites, described with them, and gone with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._named_files import folder_below
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.info import describe_host
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Link, Remove, Write, diffs

PEM = "-----BEGIN CERTIFICATE-----\nä\n-----END CERTIFICATE-----\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("sites-available", "sites-enabled", "conf.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    return tmp_path


def site(root: Path, name: str = "a.test", **files: str) -> dict[str, Any]:
    locations = [
        {"location": f"/{file}/", "directives": {"proxy_ssl_trusted_certificate": f"{folder_below(str(root))}/{file}"}}
        for file in files
    ]
    server = {"server_name": [name], "listen": ["80"], "locations": locations}
    return {"name": name, "files": files, "servers": [server]}


def carried_out(root: Path, *sites: dict[str, Any]) -> list[str]:
    """Carry out a plan; return the names of what changed in the folder."""
    planned = plan(sites, root=str(root))
    assert not planned.problems
    touched = []
    for change in planned.changes:
        path = Path(change.path)
        if path.parent.name == "constellation-edge":
            touched.append(f"{type(change).__name__} {path.name}")
        if isinstance(change, Write):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(change.content)
        elif isinstance(change, Link):
            path.symlink_to(change.target)
        else:
            path.unlink()
    return touched


def test_a_file_comes_changes_and_goes_with_its_site(root: Path) -> None:
    assert [Path(each.path).name for each in plan([site(root, ca=PEM)], root=str(root)).changes] == [
        "ca",
        *["a.test"] * 2,
    ]
    assert carried_out(root, site(root, ca=PEM)) == ["Write ca"]
    assert (root / "constellation-edge/ca").read_text(encoding="utf-8") == PEM
    assert carried_out(root, site(root, ca=PEM)) == []
    assert carried_out(root, site(root, ca="other\n")) == ["Write ca"]
    assert carried_out(root, site(root)) == ["Remove ca"]


def test_the_report_and_the_diff_tell_of_a_file_that_changes_alone(root: Path) -> None:
    carried_out(root, site(root, ca="one\n"), site(root, "b.test"))
    planned = plan([site(root, ca="two\n"), site(root, "b.test")], root=str(root))
    assert [(each["name"], each["changed"]) for each in planned.sites] == [("a.test", True), ("b.test", False)]
    (shown,) = diffs(planned.changes)
    assert (shown["before"], shown["after"]) == ("one\n", "two\n")


def test_what_another_file_of_nginx_names_stays(root: Path) -> None:
    carried_out(root, site(root, ca=PEM))
    (root / "conf.d/own.conf").write_text(f"proxy_ssl_trusted_certificate {root}/constellation-edge/ca;\n")
    assert carried_out(root, site(root)) == []
    (root / "conf.d/own.conf").write_text("")
    planned = plan([site(root)], root=str(root), purge=False)
    assert planned.changes == []
    assert carried_out(root) == ["Remove ca"]


def test_a_site_that_is_to_be_absent_has_no_file(root: Path) -> None:
    carried_out(root, site(root, ca=PEM))
    planned = plan([{**site(root, ca=PEM), "state": "absent"}], root=str(root))
    assert Remove(str(root / "constellation-edge/ca")) in planned.changes


def test_what_a_host_is_described_by_changes_nothing(root: Path) -> None:
    carried_out(root, site(root, ca=PEM), site(root, "b.test"))
    described = describe_host(str(root))["sites"]
    assert [each.get("files") for each in described] == [{"ca": PEM}, None]
    assert carried_out(root, *described) == []


def test_names_and_texts_are_checked_before_anything_is_planned(root: Path) -> None:
    for given, words in {
        "../x": "is no name of a file",
        ".x": "is no name of a file",
        "null": "is NoneType; write its whole text as a string",
        "number": "is int; write its whole text as a string",
        "zero": "holds a zero byte",
    }.items():
        text = {"null": None, "number": 5, "zero": "a\0b"}.get(given, "")
        with pytest.raises(ConfigError, match=f"site 'a.test', files: '{re.escape(given)}' {words}"):
            plan([site(root) | {"files": {given: text}}], root=str(root))
    both = [site(root, ca="one\n"), site(root, "b.test", ca="two\n")]
    with pytest.raises(ConfigError, match="another site has 'ca' with another text"):
        plan(both, root=str(root))
    assert carried_out(root, site(root, ca="one\n"), site(root, "b.test", ca="one\n")) == ["Write ca"]


def test_every_byte_of_a_text_is_kept_and_what_stands_in_its_place_is_replaced(root: Path) -> None:
    text = "a\r\nb\r\n\n"
    assert carried_out(root, site(root, ca=text)) == ["Write ca"]
    assert (root / "constellation-edge/ca").read_bytes() == text.encode()
    assert carried_out(root, site(root, ca=text)) == []
    (root / "constellation-edge/ca").write_bytes(b"\xe9\0")
    assert carried_out(root, site(root, ca=text)) == ["Write ca"]


def test_what_is_no_file_is_refused_in_the_place_of_one_and_else_left(root: Path) -> None:
    (root / "constellation-edge/ca").mkdir(parents=True)
    with pytest.raises(ConfigError, match="constellation-edge/ca: stands where a file of the sites belongs; move it"):
        plan([site(root, ca=PEM)], root=str(root))
    assert carried_out(root, site(root)) == []


def test_a_file_stays_for_its_own_name_alone(root: Path) -> None:
    both = {"ca": "one\n", "ca.pem": "two\n"}
    carried_out(root, site(root, **both))
    assert carried_out(root, site(root, "b.test"), site(root, **{"ca.pem": "two\n"})) == ["Remove ca"]
    (root / "constellation-edge/ca").write_text("one\n")
    described = {each["name"]: each.get("files") for each in describe_host(str(root))["sites"]}
    assert described == {"a.test": {"ca.pem": "two\n"}, "b.test": None}


def test_what_an_owner_names_in_a_file_of_ours_stays(root: Path) -> None:
    carried_out(root, site(root, ca=PEM))
    file = root / "sites-available/a.test"
    file.write_text(file.read_text().replace("listen 80;", "listen 80; ssl_trusted_certificate constellation-edge/ca;"))
    assert carried_out(root, site(root)) == []
    assert "ssl_trusted_certificate" in file.read_text()
    file.write_text(file.read_text().replace("ssl_trusted_certificate constellation-edge/ca;", ""))
    assert carried_out(root, site(root)) == ["Remove ca"]


def test_a_file_goes_in_the_run_that_leaves_an_owners_server(root: Path) -> None:
    (root / "conf.d/own.conf").write_text("server { listen 80; server_name a.test; }\n")
    carried_out(root, {**site(root, ca=PEM), "adopt": True})
    assert "constellation-edge/ca" in (root / "conf.d/own.conf").read_text()
    assert carried_out(root) == ["Remove ca"]
    assert "constellation-edge/ca" not in (root / "conf.d/own.conf").read_text()


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xe9", "holds bytes that are not UTF-8"), (b"\0", "is a binary file")]
)
def test_a_host_is_described_although_a_file_is_no_text(root: Path, content: bytes, words: str) -> None:
    carried_out(root, site(root, ca=PEM), site(root, "b.test"))
    (root / "constellation-edge/ca").write_bytes(content)
    described = describe_host(str(root))
    assert [each["name"] for each in described["sites"]] == ["b.test"]
    assert [words in each["problem"] for each in described["files"] if each["problem"]] == [True]
