# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of ours out of nginx's files, in one step that nginx accepts; what is its owner's goes on being served.

A file of ours goes. In an owner's file, what carries our mark goes. A file of ours into whose server its owner has put
something stays whole, and is his from then on. What his lines need of our shared definitions is written into his file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._host.names import MAIN_FILE, NGINX_MARK, WEBROOT
from ..._transaction.changes import Change, Link, Original, Remove, Write
from ..files import read_text
from ..text.edit import is_marked, set_args
from ..text.foreign import HEADER, first_foreign
from ..text.server import default_listens, server_key, servers_of
from ..text.tokens import ConfigError
from ..text.tree import Block, checked, first_token, parse, places, read, set_lead, walk
from ._declaration import WantedSite
from ._hash_size import with_size
from ._leftover import definitions, needed, rename, theirs, used, written
from ._main_file import main_file_changes
from ._placeholder import Certificates
from ._reading import included, names_in, patterns
from ._site_file import edit_site, is_empty
from ._workers import with_connections
from .includes import matches, reader
from .step import SitePlan

# Where certbot's challenges were answered from, and where the distribution's own site answers from.
_HTML = "/var/www/html"
# Behind what it marks, on the same line; in front of the line end, or of what else is in the line's comment.
_MARK_BEHIND = re.compile(rf"[ \t]*{re.escape(NGINX_MARK)}(?=[ \t]*\r?(?:\n|\Z))")


@dataclass(frozen=True)
class Found:
    """What is known of nginx's files as they were before we came.

    `default` tells that the distribution's own site was linked. `switched_off` are the files of `sites-available` that
    had no link. `servers` are the names of each server that was there, by its file.
    """

    default: bool = False
    switched_off: Sequence[str] = ()
    servers: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)


def leaving_plan(root: str = "/etc/nginx", found: Found | None = None) -> SitePlan:
    """Read the host and plan the leaving; nothing is written. Raises ConfigError for a file that cannot be read."""
    return _Leaver(root, found or Found()).plan()


def found_in(record: Mapping[str, Any]) -> Found:
    """Return what the record of the first run says of nginx's files.

    Where nginx was not installed, its package has brought the distribution's own site, linked.
    """
    if not record:
        return Found()
    return Found(**record["nginx"]) if record["nginx"] else Found(default=True)


def standing_files(root: str = "/etc/nginx") -> Found:
    """Return what nginx's files are before we come. What cannot be read counts as having no server."""
    available, enabled = os.path.join(root, "sites-available"), os.path.join(root, "sites-enabled")
    linked = {os.path.realpath(os.path.join(enabled, name)) for name in names_in(enabled)}
    off = [name for name in names_in(available) if os.path.realpath(os.path.join(available, name)) not in linked]
    servers = {
        os.path.realpath(path): [sorted(server_key(each).names) for each in servers_of(document)]
        for path, document in included(root)
        if isinstance(document, Block)
    }
    default = os.path.realpath(os.path.join(available, "default")) in linked
    return Found(default, off, {path: names for path, names in servers.items() if names})


def serves_more(root: str = "/etc/nginx") -> bool:
    """Whether nginx reads a server of its owner's, beside the distribution's own site and what carries our mark."""
    default = os.path.realpath(os.path.join(root, "sites-available", "default"))
    return any(
        isinstance(document, Block)
        and os.path.realpath(path) != default
        and any(each.block is not None and not is_marked(Block([each]), 0) for each in servers_of(document))
        for path, document in included(root)
    )


class _Leaver:
    def __init__(self, root: str, found: Found) -> None:
        self.root = root
        self.found = found
        self.available = os.path.join(root, "sites-available")
        self.enabled = os.path.join(root, "sites-enabled")
        self.main = os.path.join(root, "nginx.conf")
        self.result = SitePlan()
        # By the file itself, links followed, in nginx's order: the text that is there, and the one that is to be.
        self.before: dict[str, str] = {}
        self.after: dict[str, str | None] = {}

    def plan(self) -> SitePlan:
        """Return all changes with what there is to say of them."""
        for path in self._files():
            text = read_text(path)
            if text is not None:
                self.before[path] = text
                self.after[path] = self._left(path, text)
        self._give_what_is_needed()
        self._note_files()
        self.result.changes += [*self._writes(), *self._links()]
        self.result.changes += main_file_changes({}, self.root, None, self.result.warnings)
        if self.found.default:
            self.result.changes += self._default()
        return self.result

    def _files(self) -> list[str]:
        """Return what nginx reads, and what is switched off beside it, but for our file of the main context."""
        found = []
        for path, document in included(self.root):
            if isinstance(document, ConfigError):
                raise document
            found.append(os.path.realpath(path))
        off = (os.path.realpath(os.path.join(self.available, name)) for name in names_in(self.available))
        found += [path for path in off if path in found or self._is_readable(path)]
        return [path for path in dict.fromkeys(found) if os.path.basename(path) != MAIN_FILE and os.path.isfile(path)]

    def _is_readable(self, path: str) -> bool:
        """Whether a file that nginx does not read is one that it could. One that it could not stays as it is."""
        text = ""
        try:
            text = read_text(path) or "" if os.path.isfile(path) else ""
            read(text, path)
        except ConfigError as error:
            if NGINX_MARK in text:
                self.result.notes.append(f"{path} stays as it is, with lines of ours; nginx does not read it: {error}")
            return False
        return True

    def _left(self, path: str, text: str) -> str | None:
        """Return what is left of a file; None when all of it is ours."""
        if os.path.realpath(self.main) == path:
            text = with_size(with_connections(text, 0, path) or text, None, path)
        if NGINX_MARK not in text:
            return text
        text = _without_marks_by_hand(text, path, self.found.servers.get(path, ()))
        ours = os.path.dirname(path) == os.path.realpath(self.available) and path not in self.found.servers
        site = WantedSite(os.path.basename(path), "absent", adopt=True)
        pair = Certificates().pair
        rest = edit_site(text, site, path, pair, os.path.exists, purge=True, warnings=[])
        if rest is None or is_empty(read(rest, path)):
            return None if ours else _unmarked(text, path)
        document = read(rest, path)
        if any(is_marked(document, at) for at in range(len(document.body))):
            # Something of the owner's stands in a server of ours: without the rest of it, it would be lost.
            line, foreign = first_foreign(read(text, path)) or (1, "what is in it")
            self.result.notes.append(
                f"{path} stays whole and is yours from now on, with what it serves, because {foreign} in line {line} "
                "was not made by constellation.edge; take out what you do not need"
            )
            return _unmarked(text, path)
        return _unmarked(rest, path)

    def _give_what_is_needed(self) -> None:
        known = definitions(read(text, path) for path, text in self.before.items() if NGINX_MARK in text)
        kept = {path: read(text, path) for path, text in self.after.items() if text is not None}
        wanted = needed(kept.values(), known)
        if not wanted:
            return
        names = {name for each in wanted for name in each.names}
        for path, document in kept.items():
            if names.intersection(used(document)):
                rename(document, names)
                self.after[path] = checked(document, path)
        target = self._first_user({theirs(name) for name in names})
        self.after[target] = written(self.after.get(target) or "", wanted)
        said = ", ".join(sorted(theirs(name) for name in names))
        self.result.notes.append(
            f"{target} has at its top what lines of yours need of constellation.edge's definitions: {said}"
        )

    def _first_user(self, names: set[str]) -> str:
        """Return the first file, in nginx's order, that can hold the definitions for all that use them."""
        main = os.path.realpath(self.main)
        here = [path for path in self._in_http(read(self.before.get(main, ""), main)) if self.after.get(path)]
        users = (path for path in here if names.intersection(self._uses(path, set())))
        return next(users, here[0] if here else os.path.join(self.root, "conf.d", "00-home-edge.conf"))

    def _in_http(self, main: Block) -> Iterator[str]:
        """Yield the files that the `http` block includes, in its order."""
        for each in main.body:
            if each.name == "http" and each.block is not None:
                for pattern in patterns(each.block):
                    yield from (os.path.realpath(path) for path in matches(self.root, pattern))

    def _uses(self, path: str, seen: set[str]) -> Iterator[str]:
        """Yield what a file uses, with what it includes."""
        text = self.after.get(path)
        if text is None or path in seen:
            return
        seen.add(path)
        document = read(text, path)
        yield from used(document)
        for pattern in patterns(document):
            for each in matches(self.root, pattern):
                yield from self._uses(os.path.realpath(each), seen)

    def _writes(self) -> Iterator[Change]:
        for path, text in self.after.items():
            before = self.before.get(path)
            if text is None:
                yield from (Remove(link) for link in self._links_to(path))
                yield Remove(path)
            elif text != before:
                original = Original.ABSENT if before is None else before.encode("latin-1")
                yield Write(path, text.encode("latin-1"), original=original)

    def _note_files(self) -> None:
        for path, text in self.after.items():
            if text != self.before.get(path):
                report = {"name": os.path.basename(path), "path": path, "changed": True, "problem": None}
                self.result.sites.append(report)

    def _links(self) -> Iterator[Change]:
        """Yield what takes away the links that we made to files which their owner had switched off."""
        for name in self.found.switched_off:
            path, link = os.path.join(self.available, name), os.path.join(self.enabled, name)
            if os.path.islink(link) and self.after.get(os.path.realpath(path)) is not None:
                yield Remove(link)

    def _links_to(self, path: str) -> list[str]:
        links = (os.path.join(self.enabled, name) for name in names_in(self.enabled))
        return [link for link in links if os.path.islink(link) and os.path.realpath(link) == path]

    def _default(self) -> Iterator[Change]:
        """Yield the link to the distribution's own site, where no other one has its addresses."""
        path, link = os.path.join(self.available, "default"), os.path.join(self.enabled, "default")
        text = self.after.get(os.path.realpath(path))
        if text is None or os.path.lexists(link) or self._links_to(os.path.realpath(path)):
            return
        includes = reader(self.root)
        wanted = {address for address, _each in default_listens(read(text, path), includes)}
        for other, now in self.after.items():
            taken = (
                set() if now is None else {address for address, _each in default_listens(read(now, other), includes)}
            )
            if other != os.path.realpath(path) and self._is_served(other) and wanted & taken:
                self.result.notes.append(
                    f"{link} is not put back: {other} is the default server for {', '.join(sorted(wanted & taken))}"
                )
                return
        yield Link(link, path)

    def _is_served(self, path: str) -> bool:
        return os.path.dirname(path) != os.path.realpath(self.available) or bool(self._links_to(path))


def _without_marks_by_hand(text: str, path: str, theirs_before: Sequence[Sequence[str]]) -> str:
    """Return a text without the marks that its owner put behind servers which he had before we came."""
    document = read(text, path)
    for each in servers_of(document):
        if each.block is not None and is_marked(Block([each]), 0) and sorted(server_key(each).names) in theirs_before:
            set_lead(each.block, 0, _MARK_BEHIND.sub("", first_token(each.block, 0)[0], count=1))
    return checked(document, path)


def _unmarked(text: str, path: str) -> str:
    """Return a text without our marks and header; challenges in it are answered from the distribution's folder."""
    document = read(text.replace(HEADER, "").replace(HEADER.replace("\n", "\r\n"), ""), path)
    for parent, at in places(document):
        each = parent.body[at]
        if each.name == "root" and each.args == [WEBROOT]:
            set_args(each, parse(f"root {_HTML};").body[0].words[1:])
    for each, _depth in walk(document):
        each.words[:] = [(_MARK_BEHIND.sub("", lead), word) for lead, word in each.words]
        each.end = (_MARK_BEHIND.sub("", each.end[0]), each.end[1])
        if each.block is not None:
            each.block.close = (_MARK_BEHIND.sub("", each.block.close[0]), each.block.close[1])
    document.close = (_MARK_BEHIND.sub("", document.close[0]), document.close[1])
    return checked(document, path)
