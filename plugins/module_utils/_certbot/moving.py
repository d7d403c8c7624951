# SPDX-License-Identifier: GPL-3.0-or-later

"""A lineage whose renewal would fail, or would not be served, is changed in its renewal file; no CA is asked.

What stays: an authenticator that works, an owner's own hooks, what this run knows nothing about. A lineage of certbot's
nginx plugin stays with it while that is installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._host.files import read_bytes
from .._transaction.changes import Change, Write, diffs
from .._transaction.transaction import apply
from ._challenges import OVER_HTTP, other_challenges
from ._hooks import of_all, only_starts, only_stops, reloads, stops
from ._interpolation import RenewalError
from ._lock import kept_out
from ._plugin import has_plugin
from ._renewal import RenewalFile, items
from .lineage import CertbotSettings, Lineage, Renewal, not_ours

# The names, of some, for which port 80 does not serve a folder, each with what came instead.
Check = Callable[[tuple[str, ...], Path], dict[str, str]]
_NEEDS_PORT_80 = {
    "apache": "certbot's authenticator apache needs Apache on port 80, where nginx is",
    "standalone": "certbot's authenticator standalone needs port 80 for itself, where nginx is",
}
_TIMEOUT = 120.0


@dataclass(frozen=True)
class Move:
    """What is to be done about one lineage's renewal: the changes on disk, or the problem that forbids them."""

    changes: tuple[Change, ...] = ()
    problem: str = ""


def planned(lineage: Lineage, settings: CertbotSettings, check: Check) -> Move:
    """Return what brings a lineage's renewal to work and to be served; nothing is written."""
    renewal, path = lineage.renewal, str(settings.renewal_file(lineage.name))
    if renewal is None:
        return Move()
    try:
        content = read_bytes(path)
        file = RenewalFile(content)
        reason = reason_to_fail(lineage, renewal, settings, check)
        if reason:
            folders = _folders(lineage, renewal, settings, check)
            if missing := [name for name in lineage.names if name not in folders]:
                return Move(problem=_stuck(reason, missing, settings))
            move(file, folders)
        elif renewal.installer == "nginx" and not has_plugin("nginx"):
            drop_plugin(file, "nginx")
        if renewal.authenticator:
            serve(file, settings)
    except OSError as error:
        return Move(problem=f"its renewal file {path} cannot be read: {error.strerror}")
    except RenewalError as error:
        return Move(problem=f"certbot cannot read {path}, so that it is not renewed: {error}")
    after = file.dump()
    if after == content:
        return Move()
    changes: list[Change] = [Write(path, after, original=content)]
    if reason and not_ours(lineage, settings):
        changes.insert(0, Write(str(settings.records / f"{lineage.name}.conf"), content, mode=0o600))
    return Move(tuple(changes))


def shown(changes: Sequence[Change]) -> list[dict[str, str]]:
    """Return Ansible's diff of the changes."""
    return diffs(changes)


def carry_out(changes: Sequence[Change], settings: CertbotSettings) -> None:
    """Write the changes as one, with certbot kept out. Raises EdgeError."""
    if not changes:
        return
    with kept_out(str(settings.folder), _TIMEOUT, "its renewal files are not changed"):
        apply(changes, test=False, host=settings.host)


def reason_to_fail(
    lineage: Lineage, renewal: Renewal, settings: CertbotSettings, check: Check, *, ask_ours: bool = False
) -> str:
    """Return why a renewal would fail, or an empty string. Port 80 is asked for our own webroot with ``ask_ours``."""
    if renewal.authenticator in OVER_HTTP and (reason := other_challenges(renewal)):
        return reason
    if renewal.authenticator == "nginx":
        return "" if has_plugin("nginx") else "certbot's authenticator nginx is not installed"
    if renewal.authenticator == "standalone" and _stops_otherwise(renewal, settings):
        return ""
    if renewal.authenticator == "webroot" and only_stops(renewal.pre_hook):
        return f"its pre_hook `{renewal.pre_hook}` stops nginx, which has to answer the CA"
    if renewal.authenticator != "webroot":
        return _NEEDS_PORT_80.get(renewal.authenticator, "")
    by_folder: dict[str, list[str]] = {}
    for name in lineage.names:
        by_folder.setdefault(renewal.folder_of(name), []).append(name)
    lost = {
        name: f"port 80 does not serve {folder or 'a folder'} for {name} any more ({answer})"
        for folder, names in by_folder.items()
        if ask_ours or not is_folder(folder, settings.webroot)
        for name, answer in unserved_of(names, folder, check).items()
    }
    return "; ".join(lost.values())


def _stops_otherwise(renewal: Renewal, settings: CertbotSettings) -> bool:
    """Tell whether nginx is stopped for the renewal in a way that cannot be taken out of the renewal file alone."""
    if any(stops(hook) for hook in of_all(settings.folder, "pre")):
        return True
    return stops(renewal.pre_hook) and not only_stops(renewal.pre_hook)


def _folders(lineage: Lineage, renewal: Renewal, settings: CertbotSettings, check: Check) -> dict[str, str]:
    """Return for each name a folder that port 80 serves: ours, else the one it had."""
    elsewhere = unserved_of(lineage.names, str(settings.webroot), check)
    folders = {name: str(settings.webroot) for name in lineage.names if name not in elsewhere}
    if renewal.authenticator == "webroot":
        for name in elsewhere:
            if not unserved_of([name], renewal.folder_of(name), check):
                folders[name] = renewal.folder_of(name)
    return {name: folders[name] for name in lineage.names if name in folders}


def unserved_of(names: Sequence[str], folder: str, check: Check) -> dict[str, str]:
    """Return the names for which port 80 does not serve a folder, each with the reason."""
    if not folder:
        return dict.fromkeys(names, "certbot has none for it")
    try:
        return check(tuple(names), Path(folder))
    except OSError as error:
        return dict.fromkeys(names, error.strerror or str(error))


def is_folder(folder: str, webroot: Path) -> bool:
    """Tell whether an entry means this folder."""
    return bool(folder) and os.path.abspath(folder) == os.path.abspath(webroot)


def _stuck(reason: str, missing: Sequence[str], settings: CertbotSettings) -> str:
    return (
        f"its renewal will fail, because {reason}; and it is left as it is, because port 80 of this host does not "
        f"serve {settings.webroot} for {', '.join(missing)} either. Let nginx answer for that name too, with a site "
        "of edge_sites, and run the playbook again"
    )


def move(file: RenewalFile, folders: dict[str, str]) -> None:
    """Have a lineage renewed through these folders, and take out what the way before needed."""
    params = file.params
    for plugin in {str(params.get("authenticator", "")), "nginx", "apache", "standalone"} - {"", "webroot"}:
        drop_plugin(file, plugin)
    challenges = items(params.get("pref_challs", ""))
    if challenges and not any(each.startswith("http") for each in challenges):
        file.remove("pref_challs")
    if only_stops(str(params.get("pre_hook", ""))):
        file.remove("pre_hook")
        if only_starts(str(params.get("post_hook", ""))):
            file.remove("post_hook")
    file.set("authenticator", "webroot")
    file.set("webroot_path", [next(reversed(folders.values()))])
    file.set_map(folders)


def move_text(content: bytes, folders: dict[str, str], settings: CertbotSettings) -> bytes:
    """Return the content of a renewal file as it is moved to these folders, with the hook."""
    file = RenewalFile(content)
    move(file, folders)
    serve(file, settings)
    return file.dump()


def drop_plugin(file: RenewalFile, plugin: str) -> None:
    """Take out a plugin as the installer, with its own options."""
    params = file.params
    if params.get("installer") == plugin:
        file.remove("installer")
    for key in params:
        if key.startswith(f"{plugin}_"):
            file.remove(key)


def serve(file: RenewalFile, settings: CertbotSettings) -> None:
    """Have nginx read the certificate again after a renewal, beside the hooks of the owner."""
    params, ours = file.params, settings.renew_hook
    hooks = [str(params.get(key, "")) for key in ("renew_hook", "post_hook")]
    hooks = ["" if hook == "None" else hook for hook in hooks]
    hooks_of_all = [*of_all(settings.folder, "deploy"), *of_all(settings.folder, "post")]
    # A certbot that stops nginx has it started again, with what is there by then.
    stopped = any(stops(hook) for hook in [str(params.get("pre_hook", "")), *of_all(settings.folder, "pre")])
    if not ours or stopped or params.get("installer") == "nginx":
        return
    if any(reloads(hook, ours) for hook in [*hooks, *hooks_of_all]):
        return
    if not hooks[0]:
        file.set("renew_hook", ours)
    else:
        # Behind his own, which may put the certificate where nginx reads it; certbot runs this one later.
        file.set("post_hook", f"{ours}; {hooks[1]}" if hooks[1] else ours)
