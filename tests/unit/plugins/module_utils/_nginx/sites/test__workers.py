# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of a worker: raised in the owner's own file, never lowered, and put back byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._workers import (
    connections,
    with_connections,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan

PACKAGED = (
    "user www-data;\ninclude /etc/nginx/modules-enabled/*.conf;\n\n"
    "events {\n\tworker_connections 768;\n\t# multi_accept on;\n}\n\nhttp {\n}\n"
)
RAISED = PACKAGED.replace("768;", "4096; # constellation.edge, 768 before")
# What an owner may have, and what it becomes.
OWNERS = {
    PACKAGED: RAISED,
    "events { worker_connections 1024; }\n": (
        "events { worker_connections 4096; # constellation.edge, 1024 before, on one line\n }\n"
    ),
    "events {worker_connections 1024;multi_accept on;}": (
        "events {worker_connections 4096; # constellation.edge, 1024 before, on one line\nmulti_accept on;}"
    ),
    "events {\r\n  worker_connections  10; # mine\r\n}\r\n": (
        "events {\r\n  worker_connections  4096; # constellation.edge, 10 before # mine\r\n}\r\n"
    ),
    "events {\n}\n": "events {\n    worker_connections 4096; # constellation.edge\n}\n",
    "events {\n    use epoll;\n}\n": (
        "events {\n    worker_connections 4096; # constellation.edge\n    use epoll;\n}\n"
    ),
}


@pytest.mark.parametrize(("owners", "raised"), OWNERS.items())
def test_it_is_raised_and_put_back_to_the_byte(owners: str, raised: str) -> None:
    assert with_connections(owners, 4096, "nginx.conf") == raised
    assert with_connections(raised, 4096, "nginx.conf") == raised
    assert with_connections(raised, 0, "nginx.conf") == owners
    assert with_connections(owners, 0, "nginx.conf") == owners
    assert connections(raised, "nginx.conf") == 4096


@pytest.mark.parametrize("number", ["4096", "65535", "auto", '"768"', "'768'", "0768"])
def test_it_is_never_lowered(number: str) -> None:
    owners = PACKAGED.replace("768", number)
    assert with_connections(owners, 4096, "nginx.conf") == owners


def test_what_was_there_first_is_remembered() -> None:
    higher = with_connections(RAISED, 8192, "nginx.conf")
    assert higher == RAISED.replace("4096", "8192")
    assert with_connections(higher, 0, "nginx.conf") == PACKAGED


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "modules-enabled").mkdir()
    text = PACKAGED.replace("/etc/nginx/modules-enabled/*.conf", "modules-enabled/*.conf")
    (tmp_path / "nginx.conf").write_text(text)
    return tmp_path


def planned(root: Path, wanted: int | None, main: object = None) -> SitePlan:
    return plan([], root=str(root), main=main, worker_connections=wanted)


def texts(found: SitePlan) -> dict[str, str]:
    return {Path(each.path).name: each.content.decode() for each in found.changes}  # type: ignore[union-attr]


def test_the_files_go_with_the_connections(root: Path) -> None:
    found = texts(planned(root, 4096, {"worker_shutdown_timeout": "1h"}))
    assert "worker_connections 4096;" in found["nginx.conf"]
    assert "worker_rlimit_nofile 8192; # constellation.edge\n" in found["99-constellation-edge.conf"]
    assert "worker_shutdown_timeout 1h;" in found["99-constellation-edge.conf"]
    for name, text in found.items():
        folder = root if name == "nginx.conf" else root / "modules-enabled"
        (folder / name).write_text(text)
    assert planned(root, 4096, {"worker_shutdown_timeout": "1h"}).changes == []
    assert planned(root, None).changes == []
    left = planned(root, 0, {})
    assert [Path(each.path).name for each in left.changes] == ["nginx.conf", "99-constellation-edge.conf"]


def test_an_owner_with_more_connections_gets_the_files_for_them(root: Path) -> None:
    path = root / "nginx.conf"
    path.write_text(path.read_text().replace("768", "20000"))
    assert list(texts(planned(root, 4096))) == ["99-constellation-edge.conf"]
    assert "worker_rlimit_nofile 40000;" in texts(planned(root, 4096))["99-constellation-edge.conf"]


def test_an_owners_limit_of_files_stays_and_is_told(root: Path) -> None:
    path = root / "nginx.conf"
    path.write_text("worker_rlimit_nofile 1024;\n" + path.read_text())
    found = planned(root, 4096)
    assert list(texts(found)) == ["nginx.conf"]
    (note,) = found.notes
    assert note.startswith(f"{path}:1: worker_rlimit_nofile 1024 lets a worker of nginx have fewer connections")
    path.write_text(path.read_text().replace("1024", "100000"))
    assert planned(root, 4096).notes == []


def test_a_main_file_without_its_own_block_is_told(root: Path) -> None:
    (root / "nginx.conf").write_text("include modules-enabled/*.conf;\ninclude events.conf;\nhttp {\n}\n")
    assert planned(root, 4096).warnings[0].startswith(f"{root}/nginx.conf: its events block is in another file")
    assert planned(root, 0).warnings == []
    # To nginx the mark is a part of the first word.
    (root / "nginx.conf").write_bytes(b"\xef\xbb\xbfevents {\n}\nhttp {\n}\n")
    assert any("its events block is in another file" in each for each in planned(root, 4096).warnings)
    (root / "nginx.conf").write_text("include modules-enabled/*.conf;\nevents { include events.conf; }\n")
    assert planned(root, 4096).warnings[0].startswith(f"{root}/nginx.conf: its events block is in another file")


def test_a_main_file_that_reads_no_other_of_its_level_is_told(root: Path) -> None:
    (root / "nginx.conf").write_text("events {\n    worker_connections 768;\n}\nhttp {\n}\n")
    found = planned(root, 4096, {})
    assert list(texts(found)) == ["nginx.conf"]
    (warning,) = found.warnings
    assert "worker_rlimit_nofile 8192;' above its events block" in warning
