# SPDX-License-Identifier: GPL-3.0-or-later

"""All sites of one call: from the declaration and the files on the host to the changes on disk."""

from __future__ import annotations

import contextlib
import functools
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..._certbot.covering import covering
from ..._host.names import NGINX_MARK
from ..._transaction.changes import Change, Link, Original, Remove, Write
from ..files import read_text
from ..text.foreign import first_foreign, has_ours
from ..text.tokens import ConfigError
from ..text.tree import Block, Statement, read
from ._adopted import http_headers, is_adopted
from ._caches import shadowed
from ._declaration import WantedSite
from ._declaration import sites as wanted_sites
from ._hash_size import has_http, leave_to_owner, says_size, taken, with_size
from ._main_file import is_read, main_file_changes
from ._named_files import file_changes
from ._neighbours import Neighbours, listen_beside, without_taken_defaults
from ._overridden import http_level, overridden
from ._packaged import enabled_default, is_as_delivered
from ._password_files import Wanted, checked, planned
from ._placeholder import Certificates, host_names
from ._placing import merged, places
from ._reading import included, names_in, patterns, takes
from ._site_file import edit_site
from ._workers import FILES, connections, files_said, with_connections
from .includes import matches, reader
from .losses import Before, losses
from .step import SitePlan

if TYPE_CHECKING:
    from ..._host.x509 import Certificate


def plan(
    given: Sequence[Mapping[str, Any]],
    *,
    root: str = "/etc/nginx",
    purge: bool = True,
    disable_default: bool = False,
    main: object = None,
    worker_connections: int | None = None,
    certificates: Certificates | None = None,
    passwords: Mapping[str, object] | None = None,
    hashes: bool = True,
) -> SitePlan:
    """Read the host and plan every site; nothing is written. A site that cannot be done is reported with its problem.

    `main` are directives of nginx's main context, `worker_connections` the least number of connections that a worker
    takes, 0 for what its owner had; None leaves what is there. `passwords` are the users of each password file; without
    `hashes` none is made of a new password, and the plan is none to carry out.
    Raises ConfigError when the declaration itself is wrong.
    """
    wanted = wanted_sites(given)
    users = checked(passwords)
    result = SitePlan()
    planner = _Planner(root, purge, certificates or Certificates(), result)
    planner.read_all()
    result.notes += listen_beside(wanted, planner.files, reader(root))
    planner.wanted = wanted
    planner.place(wanted)
    if disable_default:
        planner.disable_default()
    purged = [*planner.leave_adopted(), *planner.purge()] if purge else []
    planner.note_others()
    planner.leave_out_taken_defaults(wanted)
    for path, sites in planner.sites_of.items():
        planner.file(path, sites)
    planner.named_files()
    planner.password_files(users, hashes=hashes)
    if worker_connections is not None:
        main = planner.raise_connections(worker_connections, main)
    planner.make_room_for_names()
    if main is not None:
        result.changes += main_file_changes(main, root, planner.patterns, result.warnings)
    result.sites += purged
    return result


class _Planner:
    def __init__(self, root: str, purge: bool, certificates: Certificates, result: SitePlan) -> None:
        self.available = os.path.join(root, "sites-available")
        self.enabled = os.path.join(root, "sites-enabled")
        self.root = root
        self._includes = reader(root, strict=True)
        self.purge_ours = purge
        self.certificates = certificates
        self.result = result
        self.gone: set[str] = set()
        self.wanted: list[WantedSite] = []
        # What nginx reads.
        self.files: list[tuple[str, Block]] = []
        self.unreadable: list[tuple[str, ConfigError]] = []
        self.sites_of: defaultdict[str, list[WantedSite]] = defaultdict(list)
        self.reports: dict[str, dict[str, Any]] = {}
        self.neighbours = Neighbours(reader(root))
        self.links: defaultdict[str, list[str]] = defaultdict(list)
        for link in (os.path.join(self.enabled, name) for name in names_in(self.enabled)):
            if os.path.islink(link):
                self.links[os.path.realpath(link)].append(link)
        self.patterns: list[str] | None = None
        self.main = os.path.join(root, "nginx.conf")
        # Empty where this call does not decide on it.
        self.names_size: tuple[Statement | None, ...] = (None,) if purge else ()

    def place(self, sites: list[WantedSite]) -> None:
        """Find the file of each site, or of each of its servers where they are adopted in several."""
        for site in sites:
            own = os.path.join(self.available, site.name)
            report: dict[str, Any] = {"name": site.name, "path": own, "changed": False, "problem": None}
            self.reports[site.name] = report
            self.result.sites.append(report)
            try:
                parts = places(site, own, self.files, self._includes)
            except ConfigError as error:
                report["problem"] = str(error)
                continue
            report["path"] = next(reversed(parts), own)
            for path, part in parts.items():
                self.sites_of[path].append(part)

    def file(self, path: str, sites: list[WantedSite]) -> None:
        """Plan one file and the sites in it; a problem becomes part of their reports."""
        site = merged(sites)
        changes: list[Change] = []
        used: set[str] = set()
        planned: Block | None = None

        def certificate(name: str) -> tuple[str, str]:
            lineage = self._lineage(name, site)
            used.add(lineage)
            return self.certificates.pair(lineage)

        try:
            for each in sites:
                self.result.warnings += self.neighbours.twins(each)
                leave_to_owner(each, self.files)
                if self.main_has_http and says_size(each):
                    self.names_size = (taken(each, self.wanted),)
            before = read_text(path)
            after = edit_site(
                before,
                site,
                path,
                certificate,
                self._is_kept,
                purge=self.purge_ours,
                warnings=self.result.warnings,
                notes=self.result.notes,
                includes=self._includes,
                headers=self._headers,
            )
            if after is None:
                changes += [Remove(link) for link in self._links(path)]
                if before is not None:
                    changes.append(Remove(path))
            else:
                if after != before:
                    changes.append(Write(path, after.encode("latin-1"), original=_original(before)))
                self._refuse_losses(sites, path, read(after, path))
                changes += self._activation(site, path)
                self._note_certificates(site, used)
                planned = read(after, path)
        except ConfigError as error:
            for each in sites:
                self.reports[each.name]["problem"] = str(error)
            return
        for each in sites:
            self.reports[each.name]["changed"] |= bool(changes)
        self.result.changes += changes
        if planned is not None and site.enabled:
            self.neighbours.note(path, planned)

    def _refuse_losses(self, sites: Sequence[WantedSite], path: str, planned: Block) -> None:
        """Refuse to serve what was protected without its protection. Raises ConfigError with all of it."""
        own = os.path.realpath(path)
        lost = [text for site in sites for text in losses(site, planned, own, self.before, self._includes)]
        lost += [f"{path}: {text}" for text in shadowed(planned, self._includes)]
        lost += [text for site in sites for text in overridden(site, planned, path, self._outside, self._includes)]
        if lost:
            raise ConfigError("; ".join(lost))

    @cached_property
    def before(self) -> Before:
        """What nginx reads, and the files of sites-available that are switched off."""
        found = {os.path.realpath(path): document for path, document in self.files}
        off: list[tuple[str, Block]] = []
        for name in names_in(self.available):
            path = os.path.realpath(os.path.join(self.available, name))
            if path not in found and os.path.isfile(path):
                with contextlib.suppress(ConfigError):
                    off.append((path, read(read_text(path) or "", path)))
        return Before(list(found.items()), off)

    @cached_property
    def _headers(self) -> list[Statement]:
        return http_headers(self._main, self._readable) if self._main else []

    @cached_property
    def _outside(self) -> dict[str, tuple[Statement, str]]:
        """What an owner asks of the clients of all servers."""
        return http_level(self._main, self._readable) if self._main else {}

    @cached_property
    def _main(self) -> Block | None:
        path = os.path.join(self.root, "nginx.conf")
        return next((document for each, document in self.files if each == path), None)

    def _readable(self, pattern: str) -> list[tuple[str, Block]]:
        # What cannot be read has its warning already.
        read_by_it = set(matches(self.root, pattern))
        return [(path, document) for path, document in self.files if path in read_by_it]

    def _is_kept(self, path: str) -> bool:
        """Whether a certificate is there that its owner's server keeps; a relative path counts from nginx's folder."""
        whole = os.path.join(self.root, path)
        return os.path.exists(whole) and not whole.startswith(f"{self.certificates.placeholder}/")

    def _lineage(self, name: str, site: WantedSite) -> str:
        """Return the lineage of a name, or another one that is valid for all names of the servers that want it."""
        if self.certificates.has_lineage(name):
            return name
        names = [each for server in site.servers if server.certificate == name for each in server.names]
        return covering(host_names(names), self._certificates) or name

    @cached_property
    def _certificates(self) -> dict[str, Certificate]:
        # Who needs none of them does not wait for python3-cryptography.
        from ..._host.x509 import certificates_below

        return certificates_below(self.certificates.live)

    def _activation(self, site: WantedSite, path: str) -> list[Change]:
        if path != os.path.join(self.available, site.name):
            return []  # adopted: nginx reads it already
        link = os.path.join(self.enabled, site.name)
        links = self._links(path)
        if os.path.lexists(link) and not links and (os.path.exists(link) or not os.path.islink(link)):
            raise ConfigError(f"{link}: stands where the link to {path} belongs; move it away or into {self.available}")
        if site.state == "absent":
            return []
        if not site.enabled:
            return [Remove(each) for each in links]
        if links:
            return []
        if self.patterns is not None and not any(takes(self.root, each, link) for each in self.patterns):
            raise ConfigError(
                f"{self.root}/nginx.conf: includes nothing that reads {link}, so nginx would not serve this site; put "
                f"'include {self.enabled}/*;' into its http block"
            )
        return [Link(link, path)]

    def _links(self, path: str) -> list[str]:
        """Return the links in sites-enabled that lead to a file."""
        return self.links[os.path.realpath(path)]

    def _note_certificates(self, site: WantedSite, used: set[str]) -> None:
        for server in site.servers:
            name = server.certificate
            if name in used and server.state != "absent" and self.certificates.is_missing(name):
                names = self.result.missing.setdefault(name, [])
                names.extend(each for each in server.names if each not in names)

    def read_all(self) -> None:
        """Read what nginx reads."""
        if os.path.exists(os.path.join(self.root, "nginx.conf")):
            self.patterns = []
        for path, document in included(self.root):
            if isinstance(document, ConfigError):
                self.unreadable.append((path, document))
                continue
            self.files.append((path, document))
            if self.patterns is not None:
                self.patterns += patterns(document)

    def note_others(self) -> None:
        """Note what nginx reads beside the files of this call and those that go."""

        def counts(path: str) -> bool:
            return path not in self.gone and not self._is_listed(path)

        self.result.warnings += [
            f"{error} (nginx reads this file too)" for path, error in self.unreadable if counts(path)
        ]
        for path, document in self.files:
            if counts(path):
                self.neighbours.note(path, document)

    def leave_out_taken_defaults(self, sites: list[WantedSite]) -> None:
        """Leave out a default server whose address has a default server that is not ours to decide on."""
        left = [(path, document, self._is_listed(path)) for path, document in self.files if path not in self.gone]
        self.result.warnings += without_taken_defaults(sites, left, reader(self.root))

    def named_files(self) -> None:
        """Plan the files that directives of the sites name, each written before what names it."""
        found = file_changes(self.wanted, self.root, self._read_after, purge=self.purge_ours)
        for name, changes in found.items():
            self.result.changes[:0] = changes
            for site in self.wanted:
                self.reports[site.name]["changed"] |= name in site.files

    def password_files(self, users: Wanted, *, hashes: bool) -> None:
        """Plan the files of users, each written before what names it."""
        main = [document for path, document in self.files if path == self.main]
        found = planned(users, self.root, main, self._read_after, purge=self.purge_ours, hashes=hashes)
        self.result.changes[:0] = found.changes
        self.result.logins = {name: asdict(each) for name, each in found.logins.items()}

    def _read_after(self) -> list[str]:
        """Return the texts that nginx reads when the changes planned so far are made."""
        written = {os.path.realpath(each.path): each for each in self.result.changes if isinstance(each, Write)}
        gone = {os.path.realpath(each.path) for each in self.result.changes if isinstance(each, Remove)}
        left = [(os.path.realpath(path), document) for path, document in self.files]
        return [
            *(each.content.decode("latin-1") for each in written.values()),
            *(document.dumps() for path, document in left if path not in written and path not in gone),
        ]

    def raise_connections(self, wanted: int, main: object) -> object:
        """Plan the edit of `nginx.conf`; returns the directives of the main context with the files that go with it."""
        path = self.main
        text = read_text(path)
        after = with_connections(text, wanted, path) if text is not None else None
        if text is not None and after is None and wanted:
            self.result.warnings.append(
                f"{path}: its events block is in another file, or a part of it; write 'worker_connections {wanted};' "
                "there"
            )
        elif text is not None and after not in (None, text):
            self.result.changes.append(Write(path, str(after).encode("latin-1"), original=text.encode("latin-1")))
        # Each of a proxy's clients takes two files.
        return self._with_files(2 * max(wanted, connections(after or "", path)), main) if wanted else main

    def make_room_for_names(self) -> None:
        """Plan the edit of `nginx.conf`, on top of another one of it."""
        before = read_text(self.main)
        if not self.names_size or before is None:
            return
        edits = [each for each in self.result.changes if isinstance(each, Write) and each.path == self.main]
        text = edits[0].content.decode("latin-1") if edits else before
        after = with_size(text, self.names_size[0], self.main)
        if after != text:
            self.result.changes[:] = [each for each in self.result.changes if each not in edits]
            self.result.changes.append(Write(self.main, after.encode("latin-1"), original=before.encode("latin-1")))

    @functools.cached_property
    def main_has_http(self) -> bool:
        """Whether `nginx.conf` has the http block itself."""
        text = read_text(self.main)
        return text is not None and has_http(text, self.main)

    def _with_files(self, files: int, main: object) -> object:
        """Return the directives of the main context with so many open files, where nobody else decides on them."""
        given = {} if main is None else main
        said = files_said(self.files)
        if said is not None and said[0] < files:
            self.result.notes.append(
                f"{said[1]}: worker_rlimit_nofile {said[0]} lets a worker of nginx have fewer connections than it "
                f"would take: write {files}, or take the line out"
            )
        if said is not None or not isinstance(given, Mapping):
            return main
        if is_read(self.root, self.patterns):
            return {FILES: files, **given}
        self.result.warnings.append(
            f"{self.root}/nginx.conf: says nothing of {FILES}, so a worker of nginx has as many files as the system "
            f"gives it; write '{FILES} {files};' above its events block"
        )
        return main

    def disable_default(self) -> None:
        """Take the distribution's own site out of sites-enabled when nobody has changed it."""
        path = enabled_default(self.root)
        if not path or path in self.sites_of:
            return
        delivered = is_as_delivered(path)
        if delivered:
            link = os.path.join(self.enabled, "default")
            self.gone.add(link)
            self.result.changes.append(Remove(link))
        elif delivered is False:
            self.result.warnings.append(f"{path}: is not as its package delivers it, so it stays enabled")

    def leave_adopted(self) -> list[dict[str, Any]]:
        """Take what is ours out of owners' servers whose sites are not listed any more; returns their reports."""
        reports: list[dict[str, Any]] = []
        for read_path, document in self.files:
            path = os.path.realpath(read_path)
            if self._is_listed(path) or not is_adopted(document):
                continue
            before = read_text(path)
            site = WantedSite(os.path.basename(path), "absent", adopt=True)
            after = edit_site(
                before, site, path, self.certificates.pair, self._is_kept, purge=True, warnings=self.result.warnings
            )
            if after is not None and before is not None and after != before:
                self.result.changes.append(Write(path, after.encode("latin-1"), original=_original(before)))
                reports.append({"name": site.name, "path": path, "changed": True, "problem": None})
        return reports

    def _is_listed(self, path: str) -> bool:
        """Whether a file, links followed, is one that this call decides on."""
        own = (os.path.join(self.available, name) for name in self.reports)
        return os.path.realpath(path) in {os.path.realpath(each) for each in (*self.sites_of, *own)}

    def purge(self) -> list[dict[str, Any]]:
        """Remove files of ours that are not listed any more; returns their reports.

        One that holds something of its owner stays as it is, with a warning.
        """
        reports: list[dict[str, Any]] = []
        for name in names_in(self.available):
            path = os.path.join(self.available, name)
            if self._is_listed(path) or name.startswith(".") or not os.path.isfile(path):
                continue
            try:
                text = read_text(path)
                document = read(text, path) if text is not None and NGINX_MARK in text else None
            except ConfigError as error:
                self.result.warnings.append(f"{error} (looked at for what is ours and no longer listed)")
                continue
            if document is None or not has_ours(document) or is_adopted(document):
                continue
            foreign = first_foreign(document)
            if foreign is not None:
                self._keep(name, path, *foreign)
                continue
            links = self._links(path)
            self.gone.update([path, *links])
            self.result.changes += [*(Remove(link) for link in links), Remove(path)]
            reports.append({"name": name, "path": path, "changed": True, "problem": None})
        return reports

    def _keep(self, name: str, path: str, line: int, what: str) -> None:
        problem = (
            f"{path}:{line}: {what} was not made by constellation.edge, so this file stays whole, with what is ours in "
            f"it, although site {name!r} is not listed any more. Move what is yours into a file of another name, then "
            f"delete {path} and its link in {self.enabled}, or list the site again"
        )
        self.result.warnings.append(problem)
        self.result.kept.append({"name": name, "path": path, "changed": False, "problem": problem})


def _original(text: str | None) -> bytes | Original:
    """Return what a candidate was made from, so that a file that changes meanwhile is not overwritten."""
    return Original.ABSENT if text is None else text.encode("latin-1")
