# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On leaving, lineages renew without anything of ours: as before, through what is served, or with nginx stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import moving
from ansible_collections.constellation.edge.plugins.module_utils._certbot import release as certbot_release
from ansible_collections.constellation.edge.plugins.module_utils._certbot.lineage import CertbotSettings, read_lineage
from ansible_collections.constellation.edge.plugins.module_utils._certbot.moving import carry_out, move_text
from ansible_collections.constellation.edge.plugins.module_utils._certbot.release import release
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

HEAD = "version = 1.21.0\n\n[renewalparams]\naccount = 1 # mine\n"
NGINX = HEAD + "authenticator = nginx\ninstaller = nginx\n"
NAMES = ("a.example.org", "b.example.org")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the plugins of certbot that are installed on a host with nginx on port 80."""
    there: set[str] = {"nginx"}
    monkeypatch.setattr(moving, "has_plugin", lambda name: name in there)
    monkeypatch.setattr(certbot_release, "has_plugin", lambda name: name in there)
    monkeypatch.setattr(certbot_release, "_has_port_80", lambda: True)
    return there


@pytest.fixture
def settings(tmp_path: Path, plugins: set[str], monkeypatch: pytest.MonkeyPatch) -> CertbotSettings:
    """Give certbot a folder of its own, and the distribution's web folder as well."""
    (tmp_path / "le" / "renewal").mkdir(parents=True)
    (tmp_path / "html").mkdir()
    monkeypatch.setattr(certbot_release, "_DEFAULT_ROOT", str(tmp_path / "html"))
    host = Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    return CertbotSettings(webroot=tmp_path / "state" / "acme", folder=tmp_path / "le", host=host)


def moved(settings: CertbotSettings, before: str, name: str = "a") -> Path:
    """Put a lineage there that a run of ours has moved, and what it kept; return its renewal file."""
    path = settings.renewal_file(name)
    path.write_bytes(move_text(before.encode(), dict.fromkeys(NAMES, str(settings.webroot)), settings))
    settings.records.mkdir(parents=True, exist_ok=True)
    (settings.records / f"{name}.conf").write_text(before)
    assert read_lineage(name, settings).moved
    return path


def nothing(names: tuple[str, ...], _folder: Path) -> dict[str, str]:
    return dict.fromkeys(names, "status 404")


def html(names: tuple[str, ...], folder: Path) -> dict[str, str]:
    return {} if folder.name == "html" else dict.fromkeys(names, "status 404")


def released(settings: CertbotSettings, check=nothing) -> str:
    """Look first, release, and release again; return what is told."""
    looked = release(settings, check_mode=True, check=check)
    done = release(settings, check=check)
    assert (looked.told, looked.diff) == (done.told, done.diff)
    assert not settings.records.exists()
    again = release(settings, check=check)
    assert (again.changed, again.told, again.warnings) == (False, {}, [])
    return done.told["a"]


def test_nothing_of_ours_is_there(settings: CertbotSettings) -> None:
    assert not release(settings, check=nothing).changed
    settings.renewal_file("a").write_text(NGINX)
    settings.renewal_file("b").write_text("nonsense\n")
    done = release(settings, check=nothing)
    assert not done.changed
    assert "certbot cannot read it" in done.warnings[0]


def test_what_was_there_before_is_put_back_byte_for_byte(settings: CertbotSettings) -> None:
    path = moved(settings, NGINX)
    assert released(settings) == "renews by certbot's authenticator nginx, as before"
    assert path.read_text() == NGINX


def test_what_certbot_has_changed_since_then_stays(settings: CertbotSettings) -> None:
    path = moved(settings, NGINX)
    path.write_text(path.read_text().replace("1.21.0", "4.0.0").replace("account = 1", "account = 2"))
    assert "as before" in released(settings)
    text = path.read_text()
    assert sorted(text.splitlines()) == sorted(
        NGINX.replace("1.21.0", "4.0.0").replace("account = 1", "account = 2").splitlines()
    )


def test_a_hook_that_the_owner_has_added_since_then_stays(settings: CertbotSettings) -> None:
    path = moved(settings, NGINX)
    path.write_text(path.read_text().replace("renew_hook = systemctl reload nginx", "renew_hook = /root/mine"))
    assert "as before" in released(settings)
    assert "renew_hook = /root/mine\n" in path.read_text()


def test_a_folder_that_port_80_serves_takes_the_place_of_what_cannot_work(
    settings: CertbotSettings, plugins: set[str]
) -> None:
    plugins.clear()
    path = moved(settings, NGINX)
    folder = settings.host.state.replace("/state", "/html")
    assert released(settings, html) == f"renews by webroot through {folder}, which port 80 serves"
    lines = [f"webroot_path = {folder},", "renew_hook = systemctl reload nginx", "[[webroot_map]]"]
    lines += [f"{name} = {folder}" for name in NAMES]
    assert path.read_text() == HEAD + "authenticator = webroot\n" + "\n".join(lines) + "\n"


def test_his_own_folder_is_taken_again_where_it_is_served(settings: CertbotSettings, tmp_path: Path) -> None:
    before = HEAD + f"authenticator = webroot\nwebroot_path = {tmp_path}/html,\n"
    path = moved(settings, before)
    assert released(settings, html).endswith(f"webroot through {tmp_path}/html, as before")
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("his", "hooks"),
    [
        ("", "pre_hook = systemctl stop nginx\npost_hook = systemctl start nginx\n"),
        (
            "pre_hook = ufw x\npost_hook = ufw y\n",
            "pre_hook = systemctl stop nginx; ufw x\npost_hook = systemctl start nginx; ufw y\n",
        ),
    ],
)
def test_else_nginx_is_stopped_meanwhile(settings: CertbotSettings, plugins: set[str], his: str, hooks: str) -> None:
    plugins.clear()
    path = moved(settings, HEAD + "authenticator = nginx\n" + his)
    assert "with nginx stopped" in released(settings)
    assert path.read_text() == HEAD + "authenticator = standalone\n" + hooks


def test_nginx_that_does_not_run_is_not_started(settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certbot_release, "_has_port_80", lambda: False)
    path = moved(settings, HEAD + "authenticator = webroot\n")
    (settings.records / "a.conf").unlink()
    assert "standalone, on port 80, which nothing has" in released(settings)
    assert path.read_text() == HEAD + "authenticator = standalone\n"


def test_the_nginx_plugin_comes_before_a_stop(settings: CertbotSettings) -> None:
    path = moved(settings, HEAD + "authenticator = standalone\n")
    assert released(settings) == "renews by certbot's authenticator nginx"
    assert path.read_text() == HEAD + "authenticator = nginx\ninstaller = nginx\n"


def test_hooks_that_stopped_nginx_come_back(settings: CertbotSettings) -> None:
    before = HEAD + "authenticator = standalone\npre_hook = systemctl stop nginx\npost_hook = systemctl start nginx\n"
    path = moved(settings, before)
    assert released(settings) == "renews by certbot's authenticator standalone, as before"
    assert path.read_text() == before


def test_a_lineage_that_we_had_issued_is_released_too(settings: CertbotSettings) -> None:
    path = moved(settings, HEAD + "authenticator = webroot\n")
    (settings.records / "a.conf").unlink()
    assert "which port 80 serves" in released(settings, html)
    assert "acme" not in path.read_text()


def test_what_is_kept_of_a_lineage_that_is_gone_goes_too(settings: CertbotSettings) -> None:
    moved(settings, NGINX).unlink()
    assert release(settings, check=nothing).changed
    assert not settings.records.exists()
    carry_out((), settings)
