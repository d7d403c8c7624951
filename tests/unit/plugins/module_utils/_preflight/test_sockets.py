# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nginx's user can connect to a socket: asked as that user where the tests run as root."""

from __future__ import annotations

import os
import pwd
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight.sockets import (
    reason,
    unreached,
)

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that everybody may enter, with a name short enough for a socket's path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def service(folder: Path) -> Iterator[Path]:
    """Return the socket of a service that listens."""
    path = folder / "app.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield path


def test_one_that_may_connect_gets_through(service: Path) -> None:
    assert reason(str(service), ME) == ""


def test_the_reason_is_the_hosts_own_word(service: Path, folder: Path) -> None:
    (folder / "file").write_text("no socket")
    assert reason(str(folder / "none"), ME) == f"{ME}: No such file or directory"
    assert reason(str(folder / "file"), ME) == f"{ME}: Connection refused"
    assert reason(str(service), "nobody-of-this-name") == "there is no user nobody-of-this-name"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_another_user_is_asked_as_himself(service: Path) -> None:
    service.chmod(0o600)
    assert reason(str(service), "nobody") == "nobody: Permission denied"
    service.chmod(0o666)
    assert reason(str(service), "nobody") == ""
    assert os.geteuid() == 0


def test_a_service_without_room_for_one_more_does_not_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(folder / "full.sock")
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as first:
        listening.bind(path)
        listening.listen(0)
        first.connect(path)
        assert reason(path, ME) == f"{ME}: no answer"


def test_each_socket_has_its_answer(service: Path, folder: Path, tmp_path: Path) -> None:
    main = tmp_path / "nginx.conf"
    main.write_text(f"user {ME};\n")
    found = unreached([str(service), str(folder / "none")], str(main))
    assert found == {str(service): "", str(folder / "none"): f"{ME}: No such file or directory"}
    assert unreached([], str(tmp_path / "none")) == {}
