# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lineages as wanted state, with a stand-in for certbot that writes real certificates."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import _plugin, _refused, moving
from ansible_collections.constellation.edge.plugins.module_utils._certbot import issue as certbot_issue
from ansible_collections.constellation.edge.plugins.module_utils._certbot._links import broken_link
from ansible_collections.constellation.edge.plugins.module_utils._certbot.issue import (
    CertbotError,
    WantedCertificate,
    reason_to_issue,
    reconcile,
    wanted,
)
from ansible_collections.constellation.edge.plugins.module_utils._certbot.lineage import (
    CertbotSettings,
    Renewal,
    parse_renewal,
    read_lineage,
)
from ansible_collections.constellation.edge.plugins.module_utils._host import x509
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

RENEWAL = """# renew_before_expiry = 30 days
version = 4.0.0
cert = LIVE/cert.pem
privkey = LIVE/privkey.pem
chain = LIVE/chain.pem
fullchain = LIVE/fullchain.pem

# Options used in the renewal process
[renewalparams]
account = 235aca08f4c58f976b4c17c24835b2fd
key_type = ecdsa
renew_hook = systemctl reload nginx
server = https://ca.example.org/dir
authenticator = webroot
webroot_path = /srv/acme,
[[webroot_map]]
a.example.org = /srv/acme
b.example.org = /srv/acme
"""


class Certbot:
    """A stand-in for certbot: what it is told, and what it does."""

    def __init__(self, settings: CertbotSettings, *answers: tuple[int, str]) -> None:
        """Give these answers first, then issue."""
        self.settings, self.answers, self.commands = settings, list(answers), []  # type: ignore[var-annotated]

    def __call__(self, command: list[str], _timeout: float) -> tuple[int, str]:
        """Do what a command line asks for."""
        self.commands.append(command)
        if self.answers:
            return self.answers.pop(0)
        names = [command[index + 1] for index, word in enumerate(command) if word == "--domain"]
        issue(self.settings, self.option("--cert-name"), names, self.option("--key-type"), self.option("--server"))
        return 0, "Successfully received certificate."

    def option(self, name: str) -> str:
        """Return the value of an option of the last command."""
        command = self.commands[-1]
        return str(command[command.index(name) + 1])


def issue(
    settings: CertbotSettings, name: str, names: list[str], key_type: str = "ecdsa", server: str = "", days: int = 60
) -> None:
    live, renewal = settings.folder / "live" / name, settings.folder / "renewal"
    archive = settings.folder / "archive" / name
    for folder in (live, archive, renewal):
        folder.mkdir(parents=True, exist_ok=True)
    for kind in ("cert", "privkey", "chain", "fullchain"):
        (archive / f"{kind}1.pem").touch(0o600 if kind == "privkey" else 0o644)
        if not (live / f"{kind}.pem").exists():
            (live / f"{kind}.pem").symlink_to(f"../../archive/{name}/{kind}1.pem")
    key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if key_type == "ecdsa" else ["rsa:2048"]
    command = ["openssl", "req", "-x509", "-nodes", "-days", str(days), "-newkey", *key, "-subj", "/CN=Test CA"]
    command += ["-keyout", str(live / "privkey.pem"), "-out", str(live / "fullchain.pem")]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{each}" for each in names)]
    subprocess.run(command, check=True, capture_output=True)
    text = RENEWAL.replace("https://ca.example.org/dir", server or settings.server).replace(
        "/srv/acme", str(settings.webroot)
    )
    text = text.replace("LIVE", str(live))
    (renewal / f"{name}.conf").write_text(text)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CertbotSettings:
    """Give certbot a folder of its own, and make pauses short."""
    monkeypatch.setattr(certbot_issue, "_PAUSE", 0.01)
    monkeypatch.setattr(_refused, "FOLDER", str(tmp_path / "state"))
    return CertbotSettings(
        server="https://ca.example.org/dir",
        webroot=tmp_path / "web",
        folder=tmp_path / "le",
        log=tmp_path / "none",
        host=Places(str(tmp_path / "state"), str(tmp_path / "lock")),
    )


def served(_names: tuple[str, ...], _webroot: Path) -> dict[str, str]:
    return {}


A = WantedCertificate("a.example.org", ("a.example.org", "b.example.org"))
MORE = replace(A, names=(*A.names, "c.example.org"))


def test_renewal_file() -> None:
    folders = {"a.example.org": "/srv/acme", "b.example.org": "/srv/acme"}
    whole = parse_renewal(RENEWAL.encode())
    assert whole == Renewal(
        "https://ca.example.org/dir", "webroot", hook="systemctl reload nginx", folder="/srv/acme", folders=folders
    )
    assert parse_renewal(RENEWAL.split("[[", maxsplit=1)[0].encode()).webroots() == ("/srv/acme",)
    assert parse_renewal(b"") == Renewal()
    assert parse_renewal(b"[renewalparams]\n# server = x\nrenew_hook = 'a = b'\n") == Renewal(hook="a = b")
    assert parse_renewal(b"[renewalparams]\nauthenticator = nginx # was webroot\n").authenticator == "nginx"


def test_request_takes_the_form_of_certificates() -> None:
    assert wanted("Home", ["B.example.org.", "b.example.org", "münchen.example.org"], "rsa") == WantedCertificate(
        "Home", ("b.example.org", "xn--mnchen-3ya.example.org"), "rsa"
    )
    assert wanted("a.example.org", [], "ecdsa").names == ("a.example.org",)


@pytest.mark.parametrize(
    "name", ["*.example.org", "localhost", "a b.org", "-a.org", "192.168.0.1", "a..b", "", "x;y.org"]
)
def test_name_that_cannot_be_proven(name: str) -> None:
    with pytest.raises(CertbotError, match="certificate home, name"):
        wanted("home", [name], "ecdsa")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "a\n"])
def test_lineage_name_that_is_no_folder(name: str) -> None:
    with pytest.raises(CertbotError, match="the name may hold"):
        wanted(name, ["a.example.org"], "ecdsa")


def test_first_issue_and_second_run(settings: CertbotSettings) -> None:
    certbot = Certbot(settings)
    outcome = reconcile([A], settings, run=certbot, check=served)
    report = outcome.certificates["a.example.org"]
    assert outcome.changed
    assert report["source"] == "certbot"
    assert report["names"] == ["a.example.org", "b.example.org"]
    assert report["problem"] == ""
    assert "--keep-until-expiring" in certbot.commands[0]
    assert "--force-renewal" not in certbot.commands[0]
    assert "--register-unsafely-without-email" in certbot.commands[0]
    assert "--nginx" not in certbot.commands[0]
    again = reconcile([A], settings, run=certbot, check=served)
    assert not again.changed
    assert len(certbot.commands) == 1
    assert again.before == again.after == outcome.after
    assert again.warnings == []


def test_check_mode_predicts(settings: CertbotSettings) -> None:
    certbot = Certbot(settings)
    predicted = reconcile([A], settings, check_mode=True, run=certbot, check=served)
    assert predicted.changed
    assert certbot.commands == []
    assert not settings.webroot.exists()
    real = reconcile([A], settings, run=certbot, check=served)
    assert (predicted.before, predicted.after) == (real.before, real.after)
    assert not reconcile([A], settings, check_mode=True, run=certbot, check=served).changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"names": ("a.example.org",)}, "instead of a.example.org"),
        ({"names": (*A.names, "c.example.org")}, "instead of a.example.org, b.example.org, c.example.org"),
        ({"key_type": "rsa"}, "ecdsa instead of rsa"),
    ],
)
def test_certificate_that_does_not_do_is_replaced(
    settings: CertbotSettings, change: dict[str, str], reason: str
) -> None:
    issue(settings, A.name, list(A.names))
    request = replace(A, **change)  # type: ignore[arg-type]
    assert reason in reason_to_issue(request, read_lineage(A.name, settings), settings)
    certbot = Certbot(settings)
    outcome = reconcile([request], settings, run=certbot, check=served)
    assert outcome.changed
    assert outcome.certificates[A.name]["problem"] == ""
    assert {"--renew-with-new-domains", "--force-renewal"} <= set(certbot.commands[0])


def test_certificate_of_another_ca_is_replaced(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names), server="https://staging.example.org/dir")
    outcome = reconcile([A], settings, run=Certbot(settings), check=served)
    assert outcome.changed
    assert "-  server" not in outcome.after
    assert "staging" in outcome.before
    assert "staging" not in outcome.after


def test_certificate_that_has_ended_is_replaced(settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(settings, A.name, list(A.names))
    monkeypatch.setattr(x509.Certificate, "expired", lambda _self, _now=None: True)
    assert "it ended" in reason_to_issue(A, read_lineage(A.name, settings), settings)


def test_key_that_does_not_fit_is_replaced(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    key = settings.folder / "live" / A.name / "privkey.pem"
    issue(settings, "other", ["a.example.org"])
    key.write_bytes((settings.folder / "live" / "other" / "privkey.pem").read_bytes())
    assert read_lineage(A.name, settings).fault.endswith("the key does not belong to the certificate")
    assert reconcile([A], settings, run=Certbot(settings), check=served).certificates[A.name]["source"] == "certbot"


def test_port_80_that_serves_something_else_saves_the_question(settings: CertbotSettings) -> None:
    certbot = Certbot(settings)
    outcome = reconcile([A], settings, run=certbot, check=lambda *_: {"b.example.org": "status 404"})
    report = outcome.certificates[A.name]
    assert certbot.commands == []
    assert not outcome.changed
    assert "b.example.org (status 404), so the CA was not asked" in report["problem"]
    assert (report["source"], report["fullchain"], report["days_left"]) == ("none", "", None)


def test_problem_is_reported_or_required(settings: CertbotSettings) -> None:
    output = "  Domain: a.example.org\n  Type:   dns\n  Detail: DNS problem: NXDOMAIN looking up A\n"
    good = WantedCertificate("c.example.org", ("c.example.org",))
    certbot = Certbot(settings, (1, output))
    outcome = reconcile([A, good], settings, run=certbot, check=served)
    assert "no address in the public DNS" in outcome.certificates[A.name]["problem"]
    assert outcome.certificates["c.example.org"]["problem"] == ""
    assert outcome.after.startswith("a.example.org: none\nc.example.org:\n")
    with pytest.raises(CertbotError, match=r"Certificate a\.example\.org: .*no address"):
        reconcile([A, good], settings, required=True, run=Certbot(settings, (1, output)), check=served)


def remove(live: Path) -> None:
    for file in live.iterdir():
        file.unlink()
    live.rmdir()


def restore_as_files(live: Path) -> None:
    for file in live.iterdir():
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)


def restore_without_links(live: Path) -> None:
    restore_as_files(live)
    remove(live.parents[1] / "archive" / live.name)
    for kind in ("cert", "chain"):
        (live / f"{kind}.pem").unlink()


@pytest.mark.parametrize("damage", [remove, restore_as_files, restore_without_links])
def test_c11_links_of_a_lineage_of_ours_are_put_back(settings: CertbotSettings, damage) -> None:
    """Certbot skips it for ever, and would begin another lineage, NAME-0001, for each new certificate."""
    issue(settings, A.name, list(A.names))
    live = settings.folder / "live" / A.name
    before = (live / "fullchain.pem").read_bytes(), (live / "privkey.pem").read_bytes()
    damage(live)
    certbot = Certbot(settings)
    outcome = reconcile([A], settings, True, run=certbot, check=served)
    assert (outcome.changed, outcome.warnings) == (True, [])
    assert broken_link(A.name, settings.folder)
    assert outcome.certificates[A.name]["problem"] == ""
    assert "PRIVATE" not in str(outcome.diff)
    outcome = reconcile([A], settings, run=certbot, check=served)
    assert (outcome.changed, outcome.warnings, certbot.commands) == (True, [], [])
    assert not broken_link(A.name, settings.folder)
    assert ((live / "fullchain.pem").read_bytes(), (live / "privkey.pem").read_bytes()) == before
    assert (live / "privkey.pem").resolve().stat().st_mode & 0o777 == 0o600
    assert not reconcile([A], settings, run=certbot, check=served).changed


@pytest.mark.parametrize("damage", [remove, restore_as_files])
def test_c11_a_certificate_that_has_to_be_another_is_asked_for_in_its_lineage(
    settings: CertbotSettings, damage
) -> None:
    issue(settings, A.name, list(A.names))
    damage(settings.folder / "live" / A.name)
    certbot = Certbot(settings)
    assert reconcile([MORE], settings, True, run=certbot, check=served).certificates[A.name]["problem"] == ""
    assert reconcile([MORE], settings, run=certbot, check=served).certificates[A.name]["names"] == list(MORE.names)
    assert len(certbot.commands) == 1


def test_c11_files_that_are_no_version_become_one(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    live, archive = settings.folder / "live" / A.name, settings.folder / "archive" / A.name
    restore_as_files(live)
    (archive / "fullchain1.pem").write_text("another")
    reconcile([A], settings, run=Certbot(settings), check=served)
    assert (live / "cert.pem").readlink() == Path(f"../../archive/{A.name}/cert2.pem")


def test_c11_a_file_with_two_names_is_told_and_stays(settings: CertbotSettings, tmp_path: Path) -> None:
    issue(settings, A.name, list(A.names))
    live = settings.folder / "live" / A.name
    restore_as_files(live)
    (tmp_path / "second name").hardlink_to(live / "chain.pem")
    outcome = reconcile([A], settings, run=Certbot(settings), check=served)
    assert "its links cannot be put back" in outcome.warnings[0]
    assert "certbot will not renew it" in outcome.warnings[1]
    assert not outcome.changed
    assert not (live / "cert.pem").is_symlink()


def test_c11_links_of_an_owner_are_told_with_the_command(settings: CertbotSettings) -> None:
    issue(replace(settings, webroot=Path("/srv/own")), A.name, list(A.names))
    restore_as_files(settings.folder / "live" / A.name)
    outcome = reconcile([A], settings, run=Certbot(settings), check=served)
    assert not outcome.changed
    (warning,) = outcome.warnings
    assert "certbot will not renew it, because" in warning
    assert "cert.pem is no link" in warning
    remedy = re.search("Put the links back: `(.*)`", warning)
    assert remedy
    subprocess.run(["/bin/sh", "-c", remedy[1]], check=True)
    assert not broken_link(A.name, settings.folder)


def test_c11_a_damaged_lineage_without_any_whole_version_is_no_reason_to_ask(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    remove(settings.folder / "live" / A.name)
    remove(settings.folder / "archive" / A.name)
    certbot = Certbot(settings)
    problem = reconcile([MORE], settings, run=certbot, check=served).certificates[A.name]["problem"]
    assert certbot.commands == []
    assert "is no link to one of certbot's files" in problem
    assert "from a backup" in problem


@pytest.mark.parametrize("left", ["archive/a.example.org/cert1.pem", "live/a.example.org/README"])
@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
def test_c10_what_is_left_is_seen_before_the_ca_is_asked(
    settings: CertbotSettings, left: str, empty: bool, check_mode: bool
) -> None:
    (settings.folder / left).parent.mkdir(parents=True)
    (settings.folder / left).write_text("left")
    if empty:
        settings.renewal_file(A.name).parent.mkdir()
        settings.renewal_file(A.name).touch()
    certbot = Certbot(settings)
    problem = reconcile([A], settings, check_mode, run=certbot, check=served).certificates[A.name]["problem"]
    assert certbot.commands == []
    assert str(Path(left).parent) in problem
    assert "authenticator" not in problem
    remedy = re.search("out of the way: `(.*?)`", problem)
    assert remedy
    subprocess.run(["/bin/sh", "-ec", remedy[1]], check=True)
    assert reconcile([A], settings, run=certbot, check=served).certificates[A.name]["problem"] == ""
    assert len(certbot.commands) == 1


@pytest.mark.parametrize("content", ["", " \n", "nonsense"])
def test_c10_a_renewal_file_that_certbot_cannot_read_is_named(settings: CertbotSettings, content: str) -> None:
    settings.renewal_file(A.name).parent.mkdir(parents=True)
    settings.renewal_file(A.name).write_text(content)
    certbot = Certbot(settings)
    problem = reconcile([A], settings, run=certbot, check=served).certificates[A.name]["problem"]
    assert certbot.commands == []
    assert str(settings.renewal_file(A.name)) in problem
    remedy = re.search("`(mv [^`]*?)(?: && certbot [^`]*)?`", problem)
    assert remedy
    subprocess.run(["/bin/sh", "-ec", remedy[1]], check=True)
    assert reconcile([A], settings, run=certbot, check=served).certificates[A.name]["problem"] == ""


@pytest.mark.parametrize("path", ["", "webroot_path = /srv/other,\n"])
def test_c12_a_name_without_a_folder_gets_ours(settings: CertbotSettings, path: str) -> None:
    """Certbot takes the last webroot_path for it, and fails at the question for a folder where there is none."""
    issue(settings, A.name, list(A.names))
    file = settings.renewal_file(A.name)
    text = file.read_text().replace(f"webroot_path = {settings.webroot},\n", path)
    file.write_text(text.replace(f"b.example.org = {settings.webroot}\n", ""))

    def ours_alone(names: tuple[str, ...], folder: Path) -> dict[str, str]:
        return {} if folder == settings.webroot else dict.fromkeys(names, "status 404")

    certbot = Certbot(settings)
    outcome = reconcile([A], settings, run=certbot, check=ours_alone)
    assert (outcome.changed, certbot.commands) == (True, [])
    renewal = parse_renewal(file.read_bytes())
    assert renewal.folders == dict.fromkeys(A.names, str(settings.webroot))
    assert not reconcile([A], settings, run=certbot, check=ours_alone).changed


def test_old_certificate_stays_where_the_new_one_cannot_be_had(settings: CertbotSettings) -> None:
    issue(settings, A.name, ["a.example.org"])
    outcome = reconcile([A], settings, run=Certbot(settings, (1, "boom")), check=served)
    report = outcome.certificates[A.name]
    assert (report["source"], report["names"]) == ("certbot", ["a.example.org"])
    assert "boom" in report["problem"]
    assert not outcome.changed
    assert outcome.before == outcome.after


@pytest.mark.parametrize(
    "text", ["JWS has an invalid anti-replay nonce", "Another instance of Certbot is already running."]
)
def test_what_passes_is_asked_again(settings: CertbotSettings, text: str) -> None:
    certbot = Certbot(settings, (1, text), (1, text))
    assert reconcile([A], settings, run=certbot, check=served).changed
    assert len(certbot.commands) == 3


def test_only_what_this_run_logged_counts(settings: CertbotSettings, tmp_path: Path) -> None:
    log = tmp_path / "letsencrypt.log"
    log.write_text("acme.messages.Error: urn:ietf:params:acme:error:badNonce :: of yesterday\n")

    class Refused(Certbot):
        def __call__(self, command: list[str], timeout: float) -> tuple[int, str]:
            self.commands.append(command)
            with log.open("a") as file:
                file.write("acme.messages.Error: urn:ietf:params:acme:error:rateLimited :: too many certificates\n")
            return 1, "AttributeError: can't set attribute"

    certbot = Refused(settings)
    outcome = reconcile([A], replace(settings, log=log), run=certbot, check=served)
    assert "rate limit is reached" in outcome.certificates[A.name]["problem"]
    assert len(certbot.commands) == 1
    assert certbot_issue._written(log, 10**6) == log.read_text()
    assert certbot_issue._written(tmp_path / "none", 0) == ""


def test_patience_has_an_end(settings: CertbotSettings) -> None:
    nonces = Certbot(settings, *[(1, "badNonce")] * 10)
    assert "nonce" in reconcile([A], settings, run=nonces, check=served).certificates[A.name]["problem"]
    assert len(nonces.commands) == 4
    busy = Certbot(settings, *[(1, "Another instance of Certbot is already running.")] * 1000)
    outcome = reconcile([A], replace(settings, timeout=1), run=busy, check=served)
    assert "Another certbot" in outcome.certificates[A.name]["problem"]


def test_failed_hook_is_a_warning(settings: CertbotSettings) -> None:
    class Failing(Certbot):
        def __call__(self, command: list[str], timeout: float) -> tuple[int, str]:
            super().__call__(command, timeout)
            return 0, "Hook 'deploy-hook' reported error code 1"

    outcome = reconcile([A], settings, run=Failing(settings), check=served)
    assert outcome.changed
    assert "hook 'systemctl reload nginx' failed" in outcome.warnings[0]
    assert outcome.certificates[A.name]["problem"] == ""


def test_success_that_changes_nothing_is_a_problem(settings: CertbotSettings) -> None:
    outcome = reconcile([A], settings, run=Certbot(settings, (0, "Certificate not yet due for renewal")), check=served)
    assert "reported success, but the certificate does not do" in outcome.certificates[A.name]["problem"]
    assert not outcome.changed


@pytest.mark.parametrize("authenticator", ["nginx", "dns-ovh", "manual"])
def test_lineage_of_another_authenticator_is_left_alone(
    settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch, authenticator: str
) -> None:
    monkeypatch.setattr(moving, "has_plugin", lambda _name: True)
    monkeypatch.setattr(_plugin, "_registered", lambda _words: frozenset({"dns-ovh"}))
    issue(settings, A.name, list(A.names))
    file = settings.renewal_file(A.name)
    said = f"authenticator = {authenticator}\nmanual_auth_hook = /usr/local/bin/prove"
    file.write_text(file.read_text().replace("authenticator = webroot", said))
    certbot = Certbot(settings)
    outcome = reconcile([A], settings, required=True, run=certbot, check=served)
    assert not outcome.changed
    assert outcome.warnings == []
    for check_mode in (True, False):
        outcome = reconcile([MORE], settings, check_mode, run=certbot, check=served)
        assert f"authenticator {authenticator}" in outcome.certificates[A.name]["problem"]
        assert not outcome.changed
    assert certbot.commands == []


@pytest.mark.parametrize(
    ("authenticator", "reason", "remedy"),
    [
        ("dns-ovh", "authenticator dns-ovh is not installed", "Install the package that brings it"),
        ("manual", "asks a person", "hand it over to this collection: `"),
        ("dns-x\npref_challs = http-01,", "proves a name by dns-01", "Correct the file"),
    ],
)
def test_a_plugin_that_cannot_renew_is_told_with_what_to_do(
    settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch, authenticator: str, reason: str, remedy: str
) -> None:
    monkeypatch.setattr(_plugin, "_registered", lambda _words: frozenset({"dns-x"}))
    monkeypatch.setattr(_plugin, "run", lambda _words: Answer(100, "", ""))
    issue(settings, A.name, list(A.names))
    file = settings.renewal_file(A.name)
    file.write_text(file.read_text().replace("authenticator = webroot", f"authenticator = {authenticator}"))
    before = file.read_bytes()
    for check_mode in (True, False):
        outcome = reconcile([A], settings, check_mode, required=True, run=Certbot(settings), check=served)
        (warning,) = outcome.warnings
        assert "certbot will not renew it, because" in warning
        assert reason in warning
        assert f"(in {file}). " in warning
        assert remedy in warning
    assert file.read_bytes() == before


def test_lineage_without_renewal_file_is_left_alone(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    (settings.folder / "renewal" / f"{A.name}.conf").unlink()
    assert "will not renew it" in reconcile([A], settings, check=served).warnings[0]
    outcome = reconcile([MORE], settings, check=served)
    assert "no renewal file" in outcome.certificates[A.name]["problem"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "change",
    [{"names": ("a.example.org",)}, {"key_type": "rsa"}, {"names": ("a.example.org",), "key_type": "rsa"}],
)
def test_webroot_lineage_of_the_owner_that_does_is_accepted(
    settings: CertbotSettings, change: dict[str, str], check_mode: bool
) -> None:
    settings.webroot.mkdir()
    own = settings.folder / "own"
    own.mkdir(parents=True)
    issue(replace(settings, webroot=own), A.name, list(A.names), server="https://other.example.org/dir")
    certbot = Certbot(settings)
    request = replace(A, **change)  # type: ignore[arg-type]
    outcome = reconcile([request], settings, check_mode, required=True, run=certbot, check=served)
    assert not outcome.changed
    assert certbot.commands == []
    assert outcome.before == outcome.after
    assert outcome.certificates[A.name]["names"] == list(A.names)


@pytest.mark.parametrize("check_mode", [True, False])
def test_webroot_lineage_of_the_owner_that_does_not_do_is_a_problem(
    settings: CertbotSettings, check_mode: bool
) -> None:
    issue(replace(settings, webroot=Path("/srv/own")), A.name, list(A.names))
    certbot = Certbot(settings)
    outcome = reconcile([MORE], settings, check_mode, run=certbot, check=served)
    problem = outcome.certificates[A.name]["problem"]
    assert "it is not valid for c.example.org" in problem
    assert "certbot renews it through /srv/own" in problem
    assert (
        f"--force-renewal --cert-name {A.name} --key-type ecdsa --webroot -w {settings.webroot} -d a.example.org"
        in problem
    )
    assert not outcome.changed
    assert certbot.commands == []
    assert outcome.certificates[A.name]["names"] == list(A.names)


def test_wildcard_of_the_owner_covers_a_name(settings: CertbotSettings) -> None:
    issue(replace(settings, webroot=Path("/srv/own")), A.name, ["*.example.org"])
    assert reconcile([A], settings, check=served).certificates[A.name]["problem"] == ""
    deeper = replace(A, names=("a.b.example.org",))
    assert "a.b.example.org" in reconcile([deeper], settings, check=served).certificates[A.name]["problem"]


def test_lineage_of_several_folders_is_the_owners(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    file = settings.folder / "renewal" / f"{A.name}.conf"
    file.write_text(file.read_text() + "c.example.org = /srv/own\n")
    assert "/srv/own" in reconcile([MORE], settings, check=served).certificates[A.name]["problem"]


def test_broken_lineage_of_the_owner_is_a_problem(settings: CertbotSettings) -> None:
    issue(replace(settings, webroot=Path("/srv/own")), A.name, list(A.names))
    (settings.folder / "live" / A.name / "privkey.pem").unlink()
    certbot = Certbot(settings)
    report = reconcile([A], settings, run=certbot, check=served).certificates[A.name]
    assert (report["source"], certbot.commands) == ("none", [])
    assert "privkey.pem" in report["problem"]


def test_one_name_twice_is_refused(settings: CertbotSettings) -> None:
    with pytest.raises(CertbotError, match="asked for twice"):
        reconcile([A, A], settings, check=served)


def test_without_the_library(settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x509, "AVAILABLE", False)
    assert reconcile([A], settings, check_mode=True, check=served).changed
    with pytest.raises(CertbotError, match="install the package certbot"):
        reconcile([A], settings, check=served)


def test_run_of_a_program() -> None:
    assert certbot_issue._run(["sh", "-c", "echo out; echo err >&2; exit 3"], 5) == (3, "out\nerr")
    assert certbot_issue._run(["/nowhere/certbot"], 5) == (127, "/nowhere/certbot: not installed")


def test_program_without_end_is_stopped_with_its_children() -> None:
    start = time.monotonic()
    code, output = certbot_issue._run(["sh", "-c", "echo begun; sleep 60 & sleep 60"], 0.5)
    assert time.monotonic() - start < 40
    assert code != 0
    assert output.startswith("begun\n")
    assert "it was stopped" in output


def test_a_name_that_was_refused_is_not_asked_for_again(settings: CertbotSettings) -> None:
    certbot = Certbot(settings, (1, "Cannot issue for x: Domain name does not end with a valid public suffix (TLD)"))
    first = reconcile([A], settings, run=certbot, check=served)
    for check_mode in (True, False):
        again = reconcile([A], settings, check_mode=check_mode, run=certbot, check=served)
        assert not again.changed
        assert again.certificates[A.name]["problem"].startswith(first.certificates[A.name]["problem"])
    assert len(certbot.commands) == 1
    assert reconcile([MORE], settings, run=certbot, check=served).changed
    assert reconcile([A], settings, run=certbot, check=served).changed


B = WantedCertificate("b.example.org", ("b.example.org",))


def test_a_name_in_another_lineage_is_not_issued_twice(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    certbot = Certbot(settings)
    outcome = reconcile([B, A], settings, required=True, run=certbot, check=served)
    assert (certbot.commands, outcome.changed) == ([], False)
    assert list(outcome.certificates) == [B.name, A.name]
    report = outcome.certificates[B.name]
    assert (report["lineage"], report["names"]) == (A.name, list(A.names))
    assert report["fullchain"].endswith("/live/a.example.org/fullchain.pem")


def test_a_name_that_leaves_another_lineage_in_this_run_gets_its_own(settings: CertbotSettings) -> None:
    issue(settings, A.name, list(A.names))
    requests = [B, replace(A, names=(A.name,))]
    checked = reconcile(requests, settings, check_mode=True, check=served)
    outcome = reconcile(requests, settings, run=Certbot(settings), check=served)
    assert (checked.before, checked.after) == (outcome.before, outcome.after)
    assert {name: report["lineage"] for name, report in outcome.certificates.items()} == {
        B.name: B.name,
        A.name: A.name,
    }


def test_a_lineage_that_was_moved_keeps_its_names(settings: CertbotSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "has_plugin", lambda _name: False)
    issue(settings, A.name, list(A.names), key_type="rsa")
    file = settings.renewal_file(A.name)
    file.write_text(file.read_text().replace("authenticator = webroot", "authenticator = nginx\ninstaller = nginx"))
    file.write_text(file.read_text().replace("systemctl reload nginx", "/root/his"))
    was = file.read_bytes()
    certbot = Certbot(settings)
    one = replace(A, names=(A.name,))
    checked = reconcile([one], settings, check_mode=True, run=certbot, check=served)
    assert file.read_bytes() == was
    assert "does not serve" in checked.warnings[0]
    assert "for b.example.org either" in checked.warnings[0]
    checked = reconcile([A], settings, check_mode=True, run=certbot, check=served)
    outcome = reconcile([A], settings, run=certbot, check=served)
    assert checked.diff == outcome.diff
    assert outcome.changed
    assert "authenticator = webroot\n" in outcome.diff[1]["after"]
    assert not reconcile([one], settings, run=certbot, check=served).changed
    assert certbot.commands == []
    # What is missing is added, and nothing is taken away.
    outcome = reconcile([replace(A, names=(A.name, "c.example.org"))], settings, run=certbot, check=served)
    assert outcome.certificates[A.name]["names"] == list(MORE.names)
    assert certbot.option("--key-type") == "rsa"
    assert (certbot.option("--deploy-hook"), certbot.option("--post-hook")) == ("/root/his", "systemctl reload nginx")


@pytest.mark.parametrize("there", [True, False])
def test_check_mode_knows_what_port_80_serves_after_the_run(
    settings: CertbotSettings, tmp_path: Path, there: bool
) -> None:
    """Where our webroot is not served yet, the sites of the run have it served, and other folders not any more."""

    def port_80(names: tuple[str, ...], folder: Path) -> dict[str, str]:
        return {} if there or folder != settings.webroot else dict.fromkeys(names, "status 404")

    issue(replace(settings, webroot=tmp_path), A.name, list(A.names))
    outcome = reconcile([A], settings, check_mode=True, check=port_80)
    assert outcome.changed is not there
    assert [f"webroot_path = {settings.webroot}," in each["after"] for each in outcome.diff] == [False, True][
        : len(outcome.diff)
    ]
