# SPDX-License-Identifier: GPL-3.0-or-later

"""One site file: finding its servers, bringing them in line, removing what is ours and no longer wanted."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..._host.names import SITE_FILES
from ..text.addresses import listen_key, listen_keys, name_keys
from ..text.declare import WantedLocation
from ..text.edit import insert, is_marked, remove, set_args
from ..text.foreign import HEADER
from ..text.identity import Key, key, location_key
from ..text.inclusion import Includes, nothing_included, spread
from ..text.locations import reconcile_locations
from ..text.quoting import quote
from ..text.reconcile import Reconciler
from ..text.server import ServerKey, describe, said_in, server_key, servers_of
from ..text.style import indent_of
from ..text.tokens import ConfigError, Token, outer
from ..text.tree import Block, Statement, checked, meaning, read
from ._adopted import adapted, is_used, leave_locations, set_unsaid, take_ours
from ._declaration import EQUAL, PLACES, WantedServer, WantedSite, likeness

# certificate(name) gives the paths of chain and key; exists(path) tells whether a file is there.
Certificate = Callable[[str], tuple[str, str]]
Exists = Callable[[str], bool]
# What `certificate` returns: a lineage of certbot's, or a placeholder.
_OURS = re.compile(r"/(?:live|placeholder)/[^/]+/fullchain\.pem\Z")


@dataclass(frozen=True)
class _Around:
    """What is read beside a site's file, and where a person is told of it."""

    certificate: Certificate
    exists: Exists
    includes: Includes
    headers: Sequence[Statement]
    notes: list[str]


def edit_site(
    text: str | None,
    wanted: WantedSite,
    path: str,
    certificate: Certificate,
    exists: Exists,
    *,
    purge: bool,
    warnings: list[str] | None = None,
    notes: list[str] | None = None,
    includes: Includes = nothing_included,
    headers: Sequence[Statement] = (),
) -> str | None:
    """Return the new text of a site's file; None when no file is to be there.

    `text` is the file as it is, None when there is none. `headers` is what the http level says of headers
    (`http_headers`). `warnings` and `notes` take what is to be told. Raises ConfigError.
    """
    if text is None and wanted.state == "absent":
        return None
    document = read(HEADER if text is None else text, path)
    editor = Reconciler(document, path, wanted.adopt, includes)
    if warnings is not None:
        warnings += editor.warnings
        editor.warnings = warnings
    if wanted.state == "absent":
        _remove_ours(editor, set(), set())
        _remove_upstreams(editor, set())
        return None if text != document.dumps() and is_empty(document) else checked(document, path)
    there = [each for each in document.body if each.block is not None and each.name == "server"]
    before = {id(each): server_key(each, includes) for each in there}
    pairs = match(editor, there, wanted.servers)
    if purge:
        kept = {id(have) for have in pairs if have is not None}
        _remove_ours(editor, kept, {key(each) for each in wanted.body})
    editor.present(document, wanted.body, "", mark=True)
    for number, each in enumerate(wanted.servers):
        if each.state == "absent":
            _remove_server(editor, document, pairs[number])
            pairs[number] = None
            continue
        have = pairs[number]
        if have is None:
            have = insert(document, _server_index(document, pairs, number), _empty_server(), editor.style, mark=True)
            pairs[number] = have
        around = _Around(certificate, exists, includes, headers, notes if notes is not None else [])
        _change_server(editor, document, have, each, around, purge=purge)
    if purge:
        _remove_upstreams(editor, {key(each) for each in wanted.body})
    _refuse_twins(editor, before, [pair for pair in pairs if pair is not None])
    if text is None and not document.body:
        return None
    return checked(document, path)


def is_empty(document: Block) -> bool:
    """Whether nothing but our own header is left in a file."""
    rest = document.close[0].replace("\r", "").replace(HEADER, "")
    return not document.body and not rest.strip(" \t\n")


def match(editor: Reconciler, there: list[Statement], wanted: list[WantedServer]) -> list[Statement | None]:
    """For each wanted server the one of the file that it stands for.

    The nearest pairs come first: those with equal names and addresses, then those that share a name and an address. Two
    equally near are an error, unless both are ours. A server of ours whose addresses have all changed is known by its
    names, when no other one has them. What is to go must be named in full.
    """
    pairs: list[Statement | None] = [None] * len(wanted)
    identities = [(server_key(each, editor.includes), each) for each in there]
    by_name: defaultdict[str, list[tuple[ServerKey, Statement]]] = defaultdict(list)
    for identity, have in identities:
        for name in identity.hashed:
            by_name[name].append((identity, have))
    near: defaultdict[tuple[int, int], dict[int, Statement]] = defaultdict(dict)
    for number, each in enumerate(wanted):
        for name in each.key.hashed:
            for identity, have in by_name[name]:
                score = likeness(each.key, identity)
                if score == EQUAL or each.state != "absent":
                    near[-score, number][id(have)] = have
    taken: set[int] = set()
    for (score, number), found in sorted(near.items(), key=lambda item: item[0]):
        left = [have for have in found.values() if id(have) not in taken]
        if pairs[number] is not None or not left:
            continue
        ours = all(is_marked(editor.document, editor.document.body.index(have)) for have in left)
        if score == 0:
            # Equal names, no common address.
            rivals = [
                at for at, pair in enumerate(pairs) if pair is None and wanted[at].key.names == wanted[number].key.names
            ]
            names = server_key(left[0], editor.includes).names
            if not ours or len(left) > 1 or len(rivals) > 1 or names != wanted[number].key.names:
                continue
        elif len(left) > 1 and not ours:
            what = f"a server like {outer(' '.join(wanted[number].names)) or 'without name'}"
            raise editor.ambiguous(what, left)
        pairs[number] = left[0]
        taken.add(id(left[0]))
    return pairs


def _refuse_twins(editor: Reconciler, before: dict[int, ServerKey], wanted: list[Statement]) -> None:
    """Refuse an edit after which two servers have a name and an address in common that had not before.

    nginx takes the first of them alone. So it is with an owner's server on both ports, of which the redirect is one.
    """
    now = {id(each): server_key(each, editor.includes) for each in servers_of(editor.document)}
    for one in wanted:
        for other in servers_of(editor.document):
            if other is one or not likeness(now[id(one)], now[id(other)]):
                continue
            if not all(id(each) in before for each in (one, other)) or not likeness(before[id(one)], before[id(other)]):
                mine = next((each for each in (one, other) if id(each) in before), one)
                raise ConfigError(
                    f"{editor.place(mine)}: {describe(mine, editor.includes)} would share a name and an address with "
                    "another server of the file, and nginx takes the first one alone: split it into one server for "
                    "each address"
                )


def _empty_server() -> Statement:
    return Statement([("", "server")], (" ", "{"), Block([], ("", "}")))


def _server_index(document: Block, pairs: list[Statement | None], number: int) -> int:
    for each in reversed(pairs[:number]):
        if each is not None:
            return document.body.index(each) + 1
    for each in pairs[number + 1 :]:
        if each is not None:
            return document.body.index(each)
    return len(document.body)


def _remove_ours(editor: Reconciler, kept: set[int], keys: set[object]) -> None:
    """Remove our statements that are neither kept servers nor of a wanted key, in servers of an owner our locations.

    A block into which its owner has put something stays, with a warning.
    """
    document = editor.document
    for at in range(len(document.body) - 1, -1, -1):
        have = document.body[at]
        is_server = have.block is not None and have.name == "server"
        if id(have) in kept if is_server else key(have) in keys:
            continue
        if not is_marked(document, at):
            if is_server and have.block is not None:
                reconcile_locations(editor, have.block, [], "", purge=True)
                take_ours(editor, have.block, set())
                leave_locations(editor, have.block, [])
            continue
        if have.name != "upstream":
            editor.discard(document, at)


def _remove_upstreams(editor: Reconciler, keys: set[object]) -> None:
    """Remove our `upstream` blocks that are of no wanted key, when nothing leads to them any more."""
    document = editor.document
    for at in range(len(document.body) - 1, -1, -1):
        have = document.body[at]
        if have.name != "upstream" or key(have) in keys or not is_marked(document, at):
            continue
        if is_used(document, have):
            editor.warnings.append(
                f"{editor.place(have)}: upstream {' '.join(have.args)} is not listed any more but stays, because a "
                "location of its owner leads to it"
            )
        else:
            editor.discard(document, at)


def _remove_server(editor: Reconciler, document: Block, have: Statement | None) -> None:
    if have is None:
        return
    editor.take(document, have, describe(have, editor.includes))


def _change_server(
    editor: Reconciler, document: Block, have: Statement, wanted: WantedServer, around: _Around, *, purge: bool
) -> None:
    block = have.block
    if block is None:
        return
    ours = is_marked(document, document.body.index(have))
    before = None if ours or editor.adopt else meaning(Block([have]))
    owner = indent_of(have.words[0][0]) or ""
    if wanted.adopted is not None and not ours:
        locations = _adopt_server(editor, have, block, wanted.adopted, around)
        if purge:
            leave_locations(editor, block, locations)
    else:
        locations = wanted.locations
        _set_server(editor, block, wanted, owner, around, ours=ours)
    reconcile_locations(editor, block, locations, owner, purge=purge)
    if before is not None and meaning(Block([have])) != before:
        raise editor.foreign(have, describe(have, editor.includes))


def _set_server(
    editor: Reconciler, block: Block, wanted: WantedServer, owner: str, around: _Around, *, ours: bool
) -> None:
    pair = _certificate_pair(block, wanted, around, ours)
    if ours and pair and "ssl_certificate" not in wanted.drops:
        _refuse_to_replace(editor, block, pair[0].args[0], around)
    owns = wanted.owns | _included(block)
    exact = wanted.state == "exact"
    if exact:
        _remove_other_locations(block, wanted)
        owns = frozenset(each.name for each in block.body) - PLACES.keys()
    if wanted.certificate is not None and not pair:
        # The owner's certificate stays.
        owns -= {"ssl_certificate", "ssl_certificate_key"}
    _set_listens(editor, block, wanted.listens, owner, ours or (exact and bool(wanted.listens)))
    _set_names(editor, block, wanted.names, owner, ours or exact)
    editor.present(block, pair + wanted.body, owner, owns=owns, guards=wanted.guards)


def _included(block: Block) -> frozenset[str | Key]:
    """Return the identities of the includes of files in our folder, which go with the files."""
    there = (each for each in block.body if each.name == "include")
    return frozenset(key(each) for each in there if each.args[:1] and each.args[0].startswith(f"{SITE_FILES}/"))


def _adopt_server(
    editor: Reconciler, have: Statement, block: Block, wanted: WantedServer, around: _Around
) -> list[WantedLocation]:
    """Put names, certificate and directives into an owner's server where it has none; return what its locations get.

    The notes tell what stays the owner's.
    """
    owner = indent_of(have.words[0][0]) or ""
    place = editor.place(have)
    _set_names(editor, block, wanted.names, owner, ours=False)
    editor.present(block, _certificate_pair(block, wanted, around, ours=False), owner)
    for path, names in set_unsaid(editor, block, wanted.body, owner, around.includes, wanted.guards).items():
        around.notes.append(
            f"{place}: {', '.join(names)} of this server {'is' if len(names) == 1 else 'are'} as "
            f"{path or 'its owner'} says; to have constellation.edge's instead, take "
            f"{f'the include of {path}' if path else 'those lines'} out of the server and run again"
        )
    locations, left = adapted(block, wanted.locations, around.includes, around.headers)
    for path, names in left.items():
        around.notes.append(
            f"{place}: in locations of this server, {', '.join(dict.fromkeys(names))} as {path} says; to have "
            f"constellation.edge's instead, take the include of {path} out of the location and run again"
        )
    return locations


def _remove_other_locations(block: Block, wanted: WantedServer) -> None:
    keys = {each.key for each in wanted.locations if not each.parents}
    for at in range(len(block.body) - 1, -1, -1):
        if block.body[at].name == "location" and location_key(block.body[at].args) not in keys:
            remove(block, at)


def _certificate_pair(block: Block, wanted: WantedServer, around: _Around, ours: bool) -> list[Statement]:
    """Return the certificate directives; in a server that is not ours a certificate that is there stays."""
    if wanted.certificate is None:
        return []
    said = (each for each, _path in spread(block, around.includes) if each.name == "ssl_certificate" and each.args)
    if not ours and any(_is_there(each.args[0], around.exists) for each in said):
        return []
    chain, private = around.certificate(wanted.certificate)
    return [simple("ssl_certificate", [chain]), simple("ssl_certificate_key", [private])]


def _refuse_to_replace(editor: Reconciler, block: Block, chain: str, around: _Around) -> None:
    """Refuse to replace a certificate that an owner has put into a server of ours by hand. Raises ConfigError."""
    for each in block.body:
        if each.name != "ssl_certificate" or not each.args or each.args[0] == chain or _OURS.search(each.args[0]):
            continue
        if _is_there(each.args[0], around.exists):
            raise ConfigError(
                f"{editor.place(each)}: {outer(each.args[0])} was put there by hand, and would be replaced. Say "
                "'drops: [ssl_certificate]' where that is wanted; else move the server into a file of your own, "
                "without our mark, and say 'adopt: true'"
            )


def _is_there(chain: str, exists: Exists) -> bool:
    """Tell whether a certificate is there, as far as that can be known: not of one that a variable names."""
    return "$" in chain or chain.startswith("data:") or exists(os.fsdecode(chain.encode("latin-1")))


def _set_listens(editor: Reconciler, block: Block, wanted: list[Statement], owner: str, ours: bool) -> None:
    """Ours: these addresses with these options. Another's: these addresses, with at least these options."""
    if ours:
        addresses = {listen_key(each.args) for each in wanted}
        for at in range(len(block.body) - 1, -1, -1):
            have = block.body[at]
            if have.name == "listen" and have.args and listen_key(have.args) not in addresses:
                remove(block, at)
    anchor: Statement | None = None
    for each in wanted:
        same = [have for have in block.body if have.name == "listen" and key(have) == key(each)]
        if not same and listen_keys(each.args) <= _addresses(block, editor):
            continue
        if not same:
            at = block.body.index(anchor) + 1 if anchor else _behind_listens(block)
            anchor = insert(block, at, each, editor.style, owner=owner)
            continue
        anchor = same[0]
        if not ours:
            extra = [word for word in each.words[2:] if word[1] not in anchor.args]
            set_args(anchor, anchor.words[1:] + [(" ", text) for _lead, text in extra])
        elif set(anchor.args[1:]) != set(each.args[1:]):
            set_args(anchor, [anchor.words[1], *each.words[2:]])


def _addresses(block: Block, editor: Reconciler) -> frozenset[str]:
    """Return the addresses of a server; a range, or an included file, may hold one, and nginx refuses it twice."""
    said = said_in(block, "listen", editor.includes)
    return frozenset(address for each, _at in said if each.args for address in listen_keys(each.args))


def _behind_listens(block: Block) -> int:
    return next((at + 1 for at in range(len(block.body) - 1, -1, -1) if block.body[at].name == "listen"), 0)


def _set_names(editor: Reconciler, block: Block, wanted: list[str], owner: str, ours: bool) -> None:
    """Ours: these names in this order. Another's: at least these names."""
    if not wanted:
        return
    there = [at for at, each in enumerate(block.body) if each.name == "server_name"]
    if not ours:
        said = said_in(block, "server_name", editor.includes)
        held = {one for each, _at in said for name in each.args for one in name_keys(name)}
        wanted = [name for name in wanted if not name_keys(name) <= held]
        if not wanted:
            return
    if not there:
        insert(block, _behind_listens(block), simple("server_name", wanted), editor.style, owner=owner)
        return
    names = [name.lower() for at in there for name in block.body[at].args]
    if not ours:
        target = block.body[there[-1]]
        set_args(target, target.words[1:] + [(" ", quote(name)) for name in wanted])
    elif names != [name.lower() for name in wanted]:
        for at in reversed(there[1:]):
            remove(block, at)
        words: list[Token] = [(" ", quote(name)) for name in wanted]
        set_args(block.body[there[0]], words)


def simple(name: str, values: list[str]) -> Statement:
    """Return a directive from values, quoted where needed."""
    return Statement([("", name), *((" ", quote(each)) for each in values)], ("", ";"), None)
