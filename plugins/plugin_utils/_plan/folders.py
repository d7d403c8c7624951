# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directories that routes show, and that nginx cannot read on the host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .._features.static import directory_of, is_of_the_system
from .._inventory.schema import Problem, written_places
from .._inventory.site import Site

# What parts of nginx's sandbox hide (systemd.exec(5), "ProtectHome", "PrivateTmp").
_HIDES = {"ProtectHome": ("/home/", "/root/", "/run/user/"), "PrivateTmp": ("/tmp/", "/var/tmp/")}  # noqa: S108
_ELSEWHERE = "or put the files into a directory of their own, such as /srv/www"
_INSTEAD = "put what clients may have into a folder of its own, such as /srv/www"
Found = Mapping[str, Mapping[str, Any]]


def directories(sites: Sequence[Site]) -> list[str]:
    """Return the directories that the sites show."""
    return sorted({path for site in sites for route in site.places if (path := directory_of(route.static))})


def folder_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], found: Found, omitted: Collection[str]
) -> list[Problem]:
    """Return each route whose files nobody would get.

    `raw` is `edge_sites` as it was written, `found` what `edge_preflight` says, `omitted` are the parts of the sandbox
    that nginx does without.
    """
    return [
        Problem(f"site {site.name}, route {route.path}", f"static: {text}", entry)
        for entry, site, route in written_places(raw, sites)
        if (path := directory_of(route.static)) and (text := _problem(path, found.get(path, {}), omitted))
    ]


def folder_notes(found: Found, omitted: Collection[str]) -> Iterator[str]:
    """Yield what is left to do for directories that the nginx which runs does not see yet."""
    for path, each in sorted(found.items()):
        if each["hidden"] and (part := _part(each["real"])) in omitted:
            yield (
                f"nginx was started with {part}, which hides {path}: `sudo systemctl restart nginx` on the host ends "
                "that. Until then nobody gets its files"
            )


def _problem(path: str, found: Mapping[str, Any], omitted: Collection[str]) -> str:
    """Return what is wrong with a directory, "" where nothing is known to be."""
    state, part = found.get("state"), _part(str(found.get("real", path)))
    if state == "missing":
        return f"{path} is not there on the host: create it, with what clients may have in it"
    if state == "file":
        return f"{path} is no directory on the host: name the one that the file is in"
    if is_of_the_system(str(found.get("real", path))):
        return f"{path} is {found['real']} on the host, with files of the system, which nobody is to read: {_INSTEAD}"
    if state == "closed":
        return (
            f"nginx's user {found['user']} cannot read {path}, because {found['at']} does not let it in: "
            f"`sudo chmod o+x {found['at']}` on the host lets it, {_ELSEWHERE}"
        )
    if part and part not in omitted:
        return (
            f"nginx's sandbox ({part}) hides {found.get('real', path)}: write `nginx_proxy_sandbox_omit: [{part}]` "
            f"beside edge_sites, {_ELSEWHERE}"
        )
    if found.get("hidden") and not part:
        return (
            f"the nginx that runs on the host does not see {path}, because its unit hides it: `systemctl show nginx -p "
            "InaccessiblePaths -p TemporaryFileSystem -p ProtectHome -p PrivateTmp` shows by what. Take that out there "
            f"and restart nginx, {_ELSEWHERE}"
        )
    return ""


def _part(real: str) -> str:
    """Return the part of the sandbox that hides a directory, "" for none."""
    return next((part for part, places in _HIDES.items() if f"{real}/".startswith(places)), "")
