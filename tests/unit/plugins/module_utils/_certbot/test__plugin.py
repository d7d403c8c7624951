# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether certbot has a plugin, asked of the Python that its program names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import _plugin
from ansible_collections.constellation.edge.plugins.module_utils._certbot._plugin import (
    has_plugin,
    installing,
    is_missing,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer

REGISTRY = """class PluginsRegistry:
    @classmethod
    def find_all(cls):
        open({log!r}, "a").write("asked ")
        return {{"webroot": 1, "dns-x": 2}}
"""


@pytest.fixture
def certbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the log of the questions to a certbot that has one plugin more."""
    folder = tmp_path / "certbot" / "_internal" / "plugins"
    folder.mkdir(parents=True)
    (folder / "disco.py").write_text(REGISTRY.format(log=str(tmp_path / "log")))
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable} -s\n")
    monkeypatch.setattr(_plugin, "find", lambda _name: str(program))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _plugin._registered.cache_clear()
    return tmp_path / "log"


def test_certbot_is_asked_once_for_the_names_of_its_plugins(certbot: Path) -> None:
    assert [is_missing(name) for name in ("dns-x", "dns-y", "certbot-dns-x:dns-x")] == [False, True, True]
    assert certbot.read_text() == "asked "


def test_what_certbot_always_has_is_not_asked_for(certbot: Path) -> None:
    assert not any(is_missing(name) for name in ("webroot", "standalone", "manual", "nginx", "apache", ""))
    assert not certbot.exists()


def test_a_certbot_that_does_not_answer_lacks_nothing(certbot: Path, tmp_path: Path) -> None:
    (tmp_path / "certbot" / "_internal" / "plugins" / "disco.py").write_text("raise SystemExit(3)")
    assert not is_missing("dns-y")


def test_the_plugins_of_snaps_are_those_in_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "certbot").touch()
    monkeypatch.setattr(_plugin, "_SNAP", str(tmp_path / "certbot"))
    monkeypatch.setattr(_plugin, "_SNAPS", str(tmp_path))
    assert not is_missing("dns-x")  # nothing to be seen, nothing to be said
    info = tmp_path / "certbot-dns-x/current/lib/python3.12/site-packages/certbot_dns_x.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[a]\nno = a:b\n\n[certbot.plugins]\ndns-x = a:b\n\n[b]\nnor = a:b\n")
    assert [is_missing(name) for name in ("dns-x", "dns-y", "no", "nor")] == [False, True, True, True]
    assert installing("dns-y") == (
        "Install it: `snap set certbot trust-plugin-with-root=ok && snap install certbot-dns-y`"
    )


@pytest.mark.parametrize(
    ("python", "name", "packaged", "said"),
    [
        ("/usr/bin/python3", "dns-x", True, "Install it: `apt install python3-certbot-dns-x`"),
        ("/usr/bin/python3", "dns-x", False, "Install the package that brings it"),
        ("/usr/bin/python3", "a:b; x", True, "Install the package that brings it"),
        (
            "/opt/certbot/bin/python",
            "dns-x",
            False,
            "Install it: `/opt/certbot/bin/python -m pip install certbot-dns-x`",
        ),
    ],
)
def test_a_plugin_is_installed_as_certbot_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str, name: str, packaged: bool, said: str
) -> None:
    (tmp_path / "certbot").write_text(f"#!{python} -I\n")
    monkeypatch.setattr(_plugin, "find", lambda _name: str(tmp_path / "certbot"))
    monkeypatch.setattr(_plugin, "run", lambda _words: Answer(0 if packaged else 100, "", ""))
    assert installing(name) == said


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
