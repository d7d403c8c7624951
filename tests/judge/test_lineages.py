# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases C10, C11, C13: which lineages certbot does not renew, by its own run; and that what we put back it takes up."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import _plugin
from ansible_collections.constellation.edge.plugins.module_utils._certbot._links import KINDS, relinking
from ansible_collections.constellation.edge.plugins.module_utils._certbot.skipped import skipped
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import apply

from judge.certbot import CertbotJudge
from judge.nginx import FOLDER

PROGRAM = Path(__file__).with_name("inside_lineages.py")
PARAMS = "[renewalparams]\nauthenticator = standalone\nserver = http://127.0.0.1:9/dir\nkey_type = ecdsa\naccount = x\n"


def plain(live: Path, *kinds: str) -> None:
    """Make plain files of links, as a backup does that follows them."""
    for kind in kinds or KINDS:
        content = (live / f"{kind}.pem").read_bytes()
        (live / f"{kind}.pem").unlink()
        (live / f"{kind}.pem").write_bytes(content)


def dead(live: Path) -> None:
    """Have one link lead nowhere."""
    (live / "chain.pem").unlink()
    (live / "chain.pem").symlink_to("../nowhere.pem")


FILES: dict[str, Callable[[str], str]] = {
    "whole": lambda text: text,
    "comments": lambda text: text.replace("standalone", "standalone # was nginx").replace("ecdsa", "'ecdsa' # x"),
    "empty": lambda _text: "",
    "nonsense": lambda text: text + "nonsense\n",
    "twice": lambda text: text + "server = x\n",
    "nokey": lambda text: text.replace("privkey =", "key ="),
    "noparams": lambda text: text.partition("[")[0],
    "noauthenticator": lambda text: text.replace("authenticator", "other"),
    "truth": lambda text: text + "reuse_key = yes\n",
    "number": lambda text: text + "rsa_key_size = big\n",
    "challenge": lambda text: text + "pref_challs = tls-sni-01,\n",
    "percent": lambda text: text + "renew_hook = date +%(x)s\n",
    "noplugin": lambda text: text.replace("standalone", "dns-cloudflare"),
    "legacy": lambda text: text.replace("standalone", "certbot-dns-x:dns-x"),
    "noinstaller": lambda text: text + "installer = x\n",
    "noapache": lambda text: text + "installer = apache\n",
    "person": lambda text: text.replace("standalone", "manual"),
    "nobody": lambda text: text.replace("standalone", "manual") + "manual_auth_hook = None\n",
    "script": lambda text: text.replace("standalone", "manual") + "manual_auth_hook = /bin/true\n",
    "bytes": lambda text: text + "# \udcff\n",
}
DAMAGES: dict[str, Callable[[Path], None]] = {
    "plain": plain,
    "oneplain": lambda live: plain(live, "cert"),
    "dead": dead,
    "gone": lambda live: (live / "privkey.pem").unlink(),
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the content of a lineage's files."""
    folder = tmp_path_factory.mktemp("pair")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "60", "-newkey", "ec", "-pkeyopt"]
    command += [
        "ec_paramgen_curve:prime256v1",
        "-subj",
        "/CN=a.example.org",
        "-addext",
        "subjectAltName=DNS:a.example.org",
    ]
    subprocess.run([*command, "-keyout", folder / "key", "-out", folder / "cert"], check=True, capture_output=True)
    certificate = (folder / "cert").read_bytes()
    files = {"cert": certificate, "chain": certificate, "fullchain": certificate * 2}
    return {**files, "privkey": (folder / "key").read_bytes()}


def build(folder: Path, name: str, pair: dict[str, bytes]) -> Path:
    """Make one whole lineage whose files are named as they are in the container, and return its folder in live."""
    live, archive = folder / "live" / name, folder / "archive" / name
    for each in (live, archive, folder / "renewal"):
        each.mkdir(parents=True, exist_ok=True)
    for kind, content in pair.items():
        (archive / f"{kind}1.pem").write_bytes(content)
        (live / f"{kind}.pem").symlink_to(f"../../archive/{name}/{kind}1.pem")
    paths = "".join(f"{kind} = {folder}/live/{name}/{kind}.pem\n" for kind in KINDS)
    text = FILES.get(name, FILES["whole"])(f"version = 1.21.0\narchive_dir = {archive}\n{paths}{PARAMS}")
    (folder / "renewal" / f"{name}.conf").write_bytes(text.encode("utf-8", "surrogateescape"))
    return live


def asked(certbot: CertbotJudge, folder: Path) -> dict[str, list[str]]:
    """Return what certbot says of these lineages."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            entry = tar.gettarinfo(path, path.relative_to(folder).as_posix())
            content = path.read_bytes() if entry.isreg() else b""
            if path.suffix == ".conf":
                content = content.replace(str(folder).encode(), f"{FOLDER}/le".encode())
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    found: dict[str, list[str]] = certbot.run(PROGRAM, {"lineages.tar": archive.getvalue()}, FOLDER)
    return found


def test_what_certbot_skips_is_what_we_say_it_does(
    certbot: CertbotJudge, pair: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*FILES, *DAMAGES]
    for name in names:
        live = build(tmp_path, name, pair)
        if name in DAMAGES:
            DAMAGES[name](live)
    said = asked(certbot, tmp_path)
    # What certbot says here is what it would say on its own host.
    monkeypatch.setattr(_plugin, "_registered", lambda _words: frozenset(said["plugins"]))
    ours = sorted(name for name in names if skipped(tmp_path / "renewal" / f"{name}.conf"))
    assert sorted([*said["skipped"], *said["lame"]]) == ours
    assert said["lame"] == ["legacy", "nobody", "noplugin", "person"]
    assert sorted(set(names) - set(ours)) == ["comments", "noapache", "noinstaller", "script", "whole"]
    assert sorted({*said["tried"]} - {*said["lame"]}) == sorted(set(names) - set(ours))


def test_c11_certbot_takes_up_what_was_put_back(certbot: CertbotJudge, pair: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "le"
    for name, damage in DAMAGES.items():
        damage(build(folder, name, pair))
        host = Places(str(tmp_path / "state"), str(tmp_path / "lock"))
        assert apply(relinking(name, folder), test=False, host=host) == []
    said = asked(certbot, folder)
    assert (said["skipped"], said["invalid"], said["tried"]) == ([], [], sorted(DAMAGES))
