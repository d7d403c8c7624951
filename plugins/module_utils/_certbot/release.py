# SPDX-License-Identifier: GPL-3.0-or-later

"""On leaving: every lineage that is renewed through our webroot renews without anything of ours.

In the way it had before, where that still works; else through a folder that port 80 serves; else by certbot's own
server, where nothing has port 80; else by certbot's nginx plugin, where it is installed; else with nginx stopped for as
long as it takes.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from .._host.command import run
from .._host.files import read_bytes
from .._transaction.changes import Change, Remove, Write
from ._challenges import other_challenges
from ._hooks import START, STOP, of_all, stops
from ._interpolation import RenewalError
from ._plugin import has_plugin
from ._renewal import RenewalFile
from .lineage import CertbotSettings, Lineage, Renewal, parse_renewal, read_lineage
from .moving import Check, carry_out, is_folder, move, move_text, serve, shown, unserved_of
from .webroot import unserved

_DEFAULT_ROOT = "/var/www/html"
_ROOT = re.compile(r"^\s*root\s+[\"']?(/[^;\"'$]*)[\"']?\s*;", re.MULTILINE)


@dataclass
class Release:
    """What a run did, or would do: how each lineage is renewed from now on, and what differs on disk."""

    told: dict[str, str] = field(default_factory=dict)
    diff: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.diff)


def release(settings: CertbotSettings, check_mode: bool = False, check: Check = unserved) -> Release:
    """Have every lineage renewed without us, and forget how it was. Raises EdgeError."""
    result = Release()
    changes: list[Change] = []
    records = sorted(settings.records.glob("*.conf"))
    for path in sorted((settings.folder / "renewal").glob("*.conf")):
        try:
            change, told = _released(path.name.removesuffix(".conf"), settings, check)
        except (OSError, RenewalError) as error:
            result.warnings.append(f"{path}: left as it is, since certbot cannot read it: {error}")
            continue
        if change is not None:
            changes.append(change)
            result.told[path.name.removesuffix(".conf")] = told
    changes += [Remove(str(path)) for path in records]
    result.diff = shown(changes)
    if not check_mode:
        carry_out(changes, settings)
        if settings.records.is_dir() and not os.listdir(settings.records):
            settings.records.rmdir()
    return result


def _released(name: str, settings: CertbotSettings, check: Check) -> tuple[Change | None, str]:
    """Return the change of one renewal file, None where nothing of ours is in it, and how it is renewed then."""
    path = settings.renewal_file(name)
    content = read_bytes(str(path))
    now = parse_renewal(content)
    lineage = read_lineage(name, settings)
    if now.authenticator != "webroot" or not any(
        is_folder(each, settings.webroot) for each in now.webroots(lineage.names)
    ):
        return None, ""
    before = _before(name, settings)
    if before is not None and _works(parse_renewal(before), lineage, settings, check):
        after, told = _restored(content, before, lineage, settings), _way(parse_renewal(before))
    elif folders := _served(_candidates(before, settings), lineage.names, check):
        file = RenewalFile(content)
        move(file, folders)
        serve(file, settings)
        after = file.dump()
        told = f"renews by webroot through {', '.join(dict.fromkeys(folders.values()))}, which port 80 serves"
    elif not _has_port_80():
        # Hooks would start an nginx that its owner has stopped, and the plugin needs one that runs.
        after = _without_folders(content, "standalone", settings).dump()
        told = "renews by certbot's authenticator standalone, on port 80, which nothing has"
    elif has_plugin("nginx"):
        after, told = _by_plugin(content, settings), "renews by certbot's authenticator nginx"
    else:
        after = _standalone(content, settings)
        told = "renews by certbot's authenticator standalone, with nginx stopped for as long as it takes"
    return Write(str(path), after, original=content), told


def _before(name: str, settings: CertbotSettings) -> bytes | None:
    try:
        content = read_bytes(str(settings.records / f"{name}.conf"))
        RenewalFile(content)
    except (OSError, RenewalError):
        return None
    return content


def _works(before: Renewal, lineage: Lineage, settings: CertbotSettings, check: Check) -> bool:
    """Tell whether the way a lineage had works on this host now."""
    if other_challenges(before) or (before.installer in ("nginx", "apache") and not has_plugin(before.installer)):
        return False
    if before.authenticator == "nginx":
        return has_plugin("nginx")
    if before.authenticator == "webroot":
        return all(not unserved_of([name], before.folder_of(name), check) for name in lineage.names)
    if before.authenticator == "standalone":
        hooks = [before.pre_hook, *of_all(settings.folder, "pre")]
        return any(stops(hook) for hook in hooks) or not _has_port_80()
    return False


def _has_port_80() -> bool:
    """Tell whether a program of this host has port 80."""
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", 80)) == 0


def _way(renewal: Renewal) -> str:
    through = f" through {', '.join(renewal.webroots())}" if renewal.authenticator == "webroot" else ""
    return f"renews by certbot's authenticator {renewal.authenticator}{through}, as before"


def _restored(content: bytes, before: bytes, lineage: Lineage, settings: CertbotSettings) -> bytes:
    """Return the renewal file as it was, with what certbot and others have changed in it since then."""
    ours = move_text(before, RenewalFile(content).webroot_map, settings)
    if content == ours:
        return before
    file, old, moved = RenewalFile(content), RenewalFile(before), RenewalFile(ours)
    now = file.params
    for key in {**old.params, **moved.params}:
        was, put = old.params.get(key), moved.params.get(key)
        if was == put or now.get(key) != put:
            continue
        if was is None:
            file.remove(key)
        else:
            file.set(key, was)
    file.set_map({name: folder for name, folder in old.webroot_map.items() if name in lineage.names})
    return file.dump()


def _candidates(before: bytes | None, settings: CertbotSettings) -> list[str]:
    """Return folders that port 80 may serve: those from before, the distributions' own, those that nginx names."""
    found = list(parse_renewal(before).webroots()) if before is not None else []
    named = _ROOT.findall(run(["nginx", "-T"]).out)
    folders = [*found, _DEFAULT_ROOT, *(folder.rstrip("/ \t") for folder in named)]
    others = [folder for folder in dict.fromkeys(folders) if not f"{folder}/".startswith(f"{settings.host.state}/")]
    return [each for each in others if os.path.isdir(each) and not is_folder(each, settings.webroot)]


def _served(candidates: Sequence[str], names: Sequence[str], check: Check) -> dict[str, str]:
    """Return a folder for each of the names, nothing where one of them has none."""
    folders: dict[str, str] = {}
    for folder in candidates:
        left = [name for name in names if name not in folders]
        if left:
            lost = unserved_of(left, folder, check)
            folders |= {name: folder for name in left if name not in lost}
    return {name: folders[name] for name in names} if names and all(name in folders for name in names) else {}


def _without_folders(content: bytes, authenticator: str, settings: CertbotSettings) -> RenewalFile:
    """Return the file with another authenticator, and without the hook that this one does not need."""
    file = RenewalFile(content)
    file.set("authenticator", authenticator)
    file.remove("webroot_path")
    file.set_map({})
    if file.params.get("renew_hook") == settings.renew_hook:
        file.remove("renew_hook")
    return file


def _by_plugin(content: bytes, settings: CertbotSettings) -> bytes:
    # As the installer, it reloads nginx itself.
    file = _without_folders(content, "nginx", settings)
    file.set("installer", "nginx")
    return file.dump()


def _standalone(content: bytes, settings: CertbotSettings) -> bytes:
    file = _without_folders(content, "standalone", settings)
    params = {key: str(value) for key, value in file.params.items()}
    for key, ours in (("pre_hook", STOP), ("post_hook", START)):
        his = params.get(key, "")
        if his in ("", "None", settings.renew_hook):
            file.set(key, ours)
        elif not (key == "pre_hook" and stops(his)):
            file.set(key, f"{ours}; {his}")
    return file.dump()
