# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image's build reaches the package index as this machine does, without what is on this machine's disk alone."""

from __future__ import annotations

import pytest
from lab import pip_settings


@pytest.fixture(autouse=True)
def no_system_bundle(monkeypatch):
    """Leave this machine's own authorities out."""
    monkeypatch.setattr(pip_settings, "_SYSTEM_BUNDLE", "/nonexistent")


def settings(listed: str, **env: str) -> list[str]:
    return pip_settings.translated(listed, env)[pip_settings.CONF].content.decode().splitlines()


def test_no_settings():
    """Then the index is the usual one."""
    assert settings("") == ["[global]"]


def test_environment_wins_over_files():
    """As it does for pip itself."""
    listed = (
        ":env:.index-url='https://c.test/'\nglobal.index-url='https://a.test/'\ninstall.index-url='https://b.test/'\n"
    )
    assert settings(listed) == ["[global]", "index-url = https://c.test/"]


def test_what_is_on_this_disk_is_left_out():
    """A container does not have it."""
    listed = (
        "global.constraint='/etc/constraints.txt'\n"
        "global.extra-index-url='file:///opt/simple https://a.test/simple\\n/opt/more'\n"
        ":env:.find-links='/opt/wheels'\n"
        ":env:.cache-dir='/var/cache/pip'\n"
        "global.index-url='file:///opt/index'\n"
    )
    assert settings(listed) == ["[global]", "extra-index-url = https://a.test/simple"]


def test_certificate_goes_along(tmp_path):
    """It is put beside the settings, for root alone."""
    bundle = tmp_path / "own.pem"
    bundle.write_bytes(b"certificate")
    files = pip_settings.translated(f"global.cert={str(bundle)!r}\n", {})
    assert files["/etc/pip-cert.pem"].content == b"certificate"
    assert {file.mode for file in files.values()} == {0o600}
    assert files[pip_settings.CONF].content == b"[global]\ncert = /etc/pip-cert.pem\n"


def test_certificate_that_is_not_there(tmp_path):
    """Nothing names it, then."""
    assert settings(f"global.cert='{tmp_path}/none'\n") == ["[global]"]


def test_other_names_of_certificate_and_proxy(tmp_path):
    """What other programs are told holds for pip, too."""
    bundle = tmp_path / "own.pem"
    bundle.touch()
    said = settings("", SSL_CERT_FILE=str(bundle), HTTPS_PROXY="http://proxy.test:3128")
    assert said == ["[global]", "proxy = http://proxy.test:3128", "cert = /etc/pip-cert.pem"]
