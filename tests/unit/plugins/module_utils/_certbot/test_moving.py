# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lineages whose renewal would fail, or would not be served, are changed in their renewal file."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import moving as certbot_moving
from ansible_collections.constellation.edge.plugins.module_utils._certbot.lineage import (
    CertbotSettings,
    Lineage,
    parse_renewal,
)
from ansible_collections.constellation.edge.plugins.module_utils._certbot.moving import carry_out, planned
from ansible_collections.constellation.edge.plugins.module_utils._host.x509 import Certificate
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

NAMES = ("a.example.org", "b.example.org")
HEAD = "# of 2019\nversion = 1.21.0\n\n[renewalparams]\naccount = 1 # mine\nserver = https://ca.example.org/dir\n"
RELOAD = "systemctl reload nginx"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CertbotSettings:
    """Give certbot a folder of its own, without the nginx plugin."""
    monkeypatch.setattr(certbot_moving, "has_plugin", lambda _name: False)
    (tmp_path / "le" / "renewal").mkdir(parents=True)
    host = Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    return CertbotSettings(webroot=tmp_path / "web", folder=tmp_path / "le", host=host)


def lineage(settings: CertbotSettings, params: str) -> Lineage:
    """Return a lineage of two names with these parameters."""
    content = (HEAD + params).encode()
    settings.renewal_file("a").write_bytes(content)
    end = datetime(2100, 1, 1, tzinfo=timezone.utc)
    certificate = Certificate(NAMES, "CA", end, "ecdsa", "1")
    return Lineage("a", Path(), Path(), certificate, parse_renewal(content))


class Port80:
    """A web server that serves some folders for some names."""

    def __init__(self, **folders: tuple[str, ...]) -> None:
        """Take the names by the last part of the folder."""
        self.folders = folders

    def __call__(self, names: tuple[str, ...], folder: Path) -> dict[str, str]:
        """Answer as `unserved` does."""
        return {name: "status 404" for name in names if name not in self.folders.get(folder.name, ())}


def after(settings: CertbotSettings, params: str, port: Port80) -> str:
    """Carry out what is planned, twice, and return the parameters that are there then."""
    before = lineage(settings, params)
    moving = planned(before, settings, port)
    assert moving.problem == ""
    carry_out(moving.changes, settings)
    text = settings.renewal_file("a").read_text()
    assert planned(lineage(settings, text.removeprefix(HEAD)), settings, port).changes == ()
    return text.removeprefix(HEAD)


def ours(settings: CertbotSettings, *more: str, hook: str = f"renew_hook = {RELOAD}") -> str:
    """Return the parameters of a lineage that is renewed through our webroot."""
    lines = [f"webroot_path = {settings.webroot},", *more, *([hook] if hook else []), "[[webroot_map]]"]
    return "\n".join([*lines, *(f"{name} = {settings.webroot}" for name in NAMES)]) + "\n"


ALL = Port80(web=NAMES)


@pytest.mark.parametrize("way", ["nginx", "apache", "standalone"])
def test_an_authenticator_that_cannot_work_gives_way_to_our_webroot(settings: CertbotSettings, way: str) -> None:
    said = f"authenticator = {way} # by hand\ninstaller = {way}\n"
    said += f"{way}_server_root = /etc/{way}\npref_challs = tls-sni-01,\n"
    told = said if way != "standalone" else said.replace(f"installer = {way}\n", "")
    assert after(settings, told, ALL) == "authenticator = webroot # by hand\n" + ours(settings)
    record = settings.records / "a.conf"
    assert record.read_text() == HEAD + told
    assert record.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("allowed", ["dns-01,", "dns", "tls-alpn-01, dns-01", "'dns-01'"])
@pytest.mark.parametrize("way", ["webroot", "standalone", "nginx", "apache"])
def test_challenges_that_the_authenticator_does_not_have_go_with_it(
    settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch, way: str, allowed: str
) -> None:
    monkeypatch.setattr(certbot_moving, "has_plugin", lambda _name: True)
    said = f"authenticator = {way}\npref_challs = {allowed}\npre_hook = systemctl stop nginx\n"
    assert after(settings, said, ALL) == "authenticator = webroot\n" + ours(settings)
    assert (settings.records / "a.conf").read_text() == HEAD + said


@pytest.mark.parametrize("allowed", ["http-01,", "dns-01, http-01", "http", ","])
def test_challenges_among_which_there_is_the_right_one_stay(settings: CertbotSettings, allowed: str) -> None:
    said = f"authenticator = webroot\npref_challs = {allowed}\n{ours(settings)}"
    assert after(settings, said, ALL) == said


def test_a_lineage_of_the_nginx_plugin_stays_while_that_is_there(
    settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certbot_moving, "has_plugin", lambda _name: True)
    assert planned(lineage(settings, "authenticator = nginx\ninstaller = nginx\n"), settings, ALL).changes == ()


@pytest.mark.parametrize("way", ["dns-ovh", "manual", "nginx"])
def test_without_a_hook_a_new_certificate_is_not_served(
    settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(certbot_moving, "has_plugin", lambda _name: True)
    said = f"authenticator = {way}\n"
    assert after(settings, said, ALL) == f"{said}renew_hook = {RELOAD}\n"
    assert not settings.records.exists()


def test_a_folder_that_is_served_stays(settings: CertbotSettings) -> None:
    said = "authenticator = webroot\nwebroot_path = /srv/own,\n"
    assert after(settings, said, Port80(own=NAMES)) == f"{said}renew_hook = {RELOAD}\n"
    assert not settings.records.exists()


@pytest.mark.parametrize("folders", ["webroot_path = /srv/own,\n", "[[webroot_map]]\na.example.org = /srv/own\n"])
def test_a_folder_that_is_not_served_any_more_gives_way(settings: CertbotSettings, folders: str) -> None:
    said = f"authenticator = webroot\npost_hook = {RELOAD}\n{folders}"
    expected = ours(settings, hook="").splitlines()
    found = after(settings, said, ALL).splitlines()
    assert sorted(found) == sorted(["authenticator = webroot", f"post_hook = {RELOAD}", *expected])


def test_each_name_gets_a_folder_that_is_served_for_it(settings: CertbotSettings) -> None:
    said = "authenticator = webroot\nwebroot_path = /srv/own,\n"
    found = after(settings, said, Port80(web=NAMES[:1], own=NAMES[1:]))
    assert found.endswith(f"[[webroot_map]]\n{NAMES[0]} = {settings.webroot}\n{NAMES[1]} = /srv/own\n")


def test_a_name_that_nothing_serves_keeps_the_renewal_as_it_is(settings: CertbotSettings) -> None:
    moving = planned(lineage(settings, "authenticator = standalone\n"), settings, Port80(web=NAMES[:1]))
    assert moving.changes == ()
    assert "does not serve" in moving.problem
    assert NAMES[1] in moving.problem
    assert "`" not in moving.problem


def test_hooks_that_stop_and_start_nginx_go_with_the_authenticator_that_needs_them(settings: CertbotSettings) -> None:
    hooks = "pre_hook = systemctl stop nginx\npost_hook = service nginx start\n"
    found = after(settings, f"authenticator = standalone\n{hooks}", ALL)
    assert found == "authenticator = webroot\n" + ours(settings)


def test_hooks_that_stop_nginx_and_more_stay_with_their_authenticator(
    settings: CertbotSettings, tmp_path: Path
) -> None:
    script = tmp_path / "before"
    script.write_text("#!/bin/sh\nsystemctl stop mail nginx\n")
    for hook in (str(script), "ufw allow 80; systemctl stop nginx"):
        said = f"authenticator = standalone\npre_hook = {hook}\npost_hook = systemctl start nginx\n"
        assert after(settings, said, ALL) == said


@pytest.mark.parametrize(
    "hooks",
    [
        "renew_hook = nginx -s reload",
        "renew_hook = /usr/sbin/service nginx reload",
        "post_hook = systemctl restart nginx.service",
        "renew_hook = 'systemctl reload postfix nginx'",
        "renew_hook = cp a b && systemctl reload nginx",
    ],
)
def test_a_hook_of_the_owner_that_reloads_nginx_is_enough(settings: CertbotSettings, hooks: str) -> None:
    said = f"authenticator = dns-ovh\n{hooks}\n"
    assert after(settings, said, ALL) == said


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        ("renew_hook = /root/copy\n", f"renew_hook = /root/copy\npost_hook = {RELOAD}\n"),
        ("renew_hook = a\npost_hook = b &\n", f"renew_hook = a\npost_hook = {RELOAD}; b &\n"),
        ("post_hook = b\n", f"post_hook = b\nrenew_hook = {RELOAD}\n"),
        (
            "renew_hook = systemctl reload postfix # nginx\n",
            f"renew_hook = systemctl reload postfix # nginx\npost_hook = {RELOAD}\n",
        ),
    ],
)
def test_a_hook_of_the_owner_that_does_not_is_kept_beside_ours(
    settings: CertbotSettings, hooks: str, expected: str
) -> None:
    assert after(settings, f"authenticator = manual\n{hooks}", ALL) == f"authenticator = manual\n{expected}"


def test_a_script_for_all_lineages_is_enough(settings: CertbotSettings) -> None:
    folder = settings.folder / "renewal-hooks" / "deploy"
    folder.mkdir(parents=True)
    script = folder / "reload"
    script.write_text("#!/bin/sh\n# nginx reload\ntrue\n")
    said = "authenticator = manual\n"
    assert planned(lineage(settings, said), settings, ALL).changes != ()
    script.write_text("#!/bin/sh\nsystemctl reload nginx\n")
    assert planned(lineage(settings, said), settings, ALL).changes != ()
    script.chmod(0o755)
    assert planned(lineage(settings, said), settings, ALL).changes == ()


def test_what_certbot_cannot_read_is_told(settings: CertbotSettings) -> None:
    there = lineage(settings, "authenticator = nginx\n")
    settings.renewal_file("a").write_text("[renewalparams]\nnonsense\n")
    assert "line 2: 'nonsense'" in planned(there, settings, ALL).problem
